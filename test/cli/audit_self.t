#!/usr/bin/env python3
"""audit_self.t - mailguard audit --self: a host that keeps every rule, and for each rule one that breaks it."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import audited  # noqa: E402
from audited import COMMAND, broken  # noqa: E402
from tap import end, row, run, write  # noqa: E402

QUESTIONS_MAX = 130
OURS_MAX = QUESTIONS_MAX // 2
HOST, IPV4, IPV6 = "mx1.good.example", "8.8.4.4", "2001:4860::1"


def ptr(address, name):
    return "%s.in-addr.arpa IN PTR %s." % (".".join(reversed(address.split("."))), name)


zone = write("zone", "\n".join([
    "$TTL 300", "$ORIGIN .", "@ IN SOA ns.example. host.example. 1 2 3 4 300",
    "mx1.good.example IN A 8.8.4.4", "mx1.good.example IN AAAA 2001:4860::1", ptr("8.8.4.4", "MX1.good.example"),
    "1." + "0." * 23 + "0.6.8.4.1.0.0.2.ip6.arpa IN PTR mx1.good.example.",
    "mail.good.example IN CNAME mx1.good.example.",
    "astray.good.example IN A 9.9.9.9", "half.good.example IN A 9.9.9.9", "half.good.example IN A 8.8.4.4",
    "a_b.good.example IN A 8.8.4.4", "inside.good.example IN A 10.1.2.3",
    ptr("9.9.9.1", "stranger.example"), "stranger.example IN A 9.9.9.1",
    ptr("9.9.9.2", "mx1.good.example"), ptr("9.9.9.2", "two.below.example"), "two.below.example IN A 9.9.9.2",
    ptr("9.9.9.3", "mx1.good.example"),
    r"5.9.9.9.in-addr.arpa IN PTR \001\"\\\\\255.example.", r"\001\"\\\\\255.example IN A 9.9.9.5",
] + ["n%d.many.example IN A 8.8.4.4" % i for i in range(OURS_MAX + 5)]
  + [line for i in range(OURS_MAX + 5) for line in (ptr("9.9.8.%d" % i, HOST), HOST + " IN A 9.9.8.%d" % i)]) + "\n")
serial = 0


def config(hostname=HOST, names="", addresses=IPV4):
    global serial
    serial += 1
    return write("conf%d" % serial, "[mailguard]\nhostname = %s\nown-names = %s\nown-addresses = %s\n"
                 "[domains]\nlocal = nowhere.example\n" % (hostname, names, addresses))


def audit(*options, **ours):
    return audited.audit(zone, "--self", "--config", config(**ours), *options)


def expect(name, status, *expected, options=(), **ours):
    return audited.expect(name, status, *expected, found=audit(*options, **ours))


def told(findings, rule):
    return [finding["found"] for finding in findings if finding["rule"] == rule]


# ---- what is good ----

good, code = audit(names="mail.good.example", addresses=IPV4 + " " + IPV6)
row("good/every-rule-is-kept", broken(good) == [] and code == 0, code, good)
row("good/rules", [finding["rule"] for finding in good] == 2 * ["own-fqdn", "own-exists", "own-address"]
    + 2 * ["own-public", "ptr", "ptr-confirmed", "ptr-own"], good)
row("good/each-says-what-it-is-about", all(any(ours in finding["found"] for ours in (HOST, "mail.good.example", IPV4, IPV6))
                                           for finding in good), good)
row("good/no-domain-of-ours-is-audited", not any("nowhere" in finding["found"] for finding in good), good)
expect("good/one-address-of-two", 0, names="half.good.example")
expect("good/hostname-among-own-names", 0, names=HOST)
row("good/hostname-is-looked-at-once", len(told(audit(names=HOST)[0], "own-exists")) == 1)

# ---- names ----

expect("name/one-label", 1, ("own-fqdn", "error"), names="mail")
expect("name/hostname-of-one-label", 1, ("own-fqdn", "error"), ("ptr-own", "note"), hostname="mail")
expect("name/underscore", 1, ("own-fqdn", "error"), names="a_b.good.example")
expect("name/no-address", 1, ("own-exists", "error"), names="nothing.good.example")
expect("name/leads-elsewhere", 1, ("own-address", "error"), names="astray.good.example")
expect("name/below-is-no-name", 0, names=".good.example .nothing.example")
findings, _ = audit(names="astray.good.example")
row("name/is-told", told(findings, "own-address") == [HOST + " leads to an address of ours",
                                                      "astray.good.example leads to no address of ours"], findings)

# ---- addresses ----

expect("address/inside", 0, ("own-public", "note"), names="inside.good.example", addresses=IPV4 + " 10.1.2.3")
expect("address/loopback-ipv6", 0, ("own-public", "note"), addresses=IPV4 + " ::1")
expect("address/no-ptr", 1, ("ptr", "error"), addresses=IPV4 + " 9.9.9.9")
expect("address/two-names", 1, ("ptr-one", "warning"), addresses=IPV4 + " 9.9.9.2")
expect("address/not-confirmed", 1, ("ptr-confirmed", "error"), addresses=IPV4 + " 9.9.9.3")
expect("address/ptr-of-another", 0, ("ptr-own", "note"), addresses=IPV4 + " 9.9.9.1")
expect("address/name-below-one-of-ours", 0, names=".stranger.example .example", addresses=IPV4 + " 9.9.9.1")
expect("address/second-name-is-ours", 1, ("ptr-one", "warning"), hostname="two.below.example", addresses="9.9.9.2")
findings, code = audit(addresses=IPV4 + " 9.9.9.5")
row("address/hostile-ptr", code == 0 and broken(findings) == [("ptr-own", "note")]
    and all(0x20 <= ord(c) < 0x7f for finding in findings for c in finding["found"]), code, findings)

# ---- --ip ----

expect("ip/is-one-of-ours", 1, ("ptr", "error"), options=("--ip", "9.9.9.9"))
expect("ip/alone", 0, ("own-config", "note"), addresses="", options=("--ip", IPV4))
row("ip/is-looked-at-once", len(told(audit("--ip", IPV4)[0], "own-public")) == 1)
findings, code = audit("--ip", "9.9.9.9", names="astray.good.example")
row("ip/names-may-lead-there", broken(findings) == [("ptr", "error")] and "astray.good.example leads to an address of ours"
    in told(findings, "own-address"), findings)

# ---- what is not configured ----

expect("config/neither", 0, ("own-config", "note"), addresses="")
row("config/neither-hostname-is-audited", told(audit(addresses="")[0], "own-exists") == ["address of " + HOST])
expect("config/no-addresses", 0, ("own-config", "note"), names="mail.good.example", addresses="")
expect("config/no-addresses-but-ip", 0, names="mail.good.example", addresses="", options=("--ip", IPV4))
done = run(COMMAND, "audit", "--self", "--zone", zone, "--server", "127.0.0.1:9")
row("config/none-at-all", "neither own-names nor own-addresses" in done.stdout and "list them in [mailguard]" in done.stdout,
    done.stdout, done.stderr)

# ---- the budget of questions ----


def many(n):
    """hostname and @n further names."""
    return " ".join("n%d.many.example" % i for i in range(n))


findings, code = audit(names=many(OURS_MAX - 1), addresses="")
row("budget/as-many-names-as-fit", code == 0 and len(told(findings, "own-exists")) == OURS_MAX, code, broken(findings))
findings, code = audit(names=many(OURS_MAX), addresses="")
row("budget/one-name-more", code == 75 and broken(findings)[1:] == [("own-exists", "unknown")]
    and told(findings, "own-exists")[-1] == "over-budget: 1 more of own-names", code, broken(findings))
findings, code = audit(names=many(OURS_MAX - 1))
row("budget/no-question-is-left-for-the-address", code == 75 and broken(findings) == [("ptr", "unknown")]
    and told(findings, "ptr") == ["DNS does not say whether there is PTR for %s: over-budget" % IPV4], code, broken(findings))
findings, code = audit(names=many(OURS_MAX - 2))
row("budget/one-name-less-leaves-two", code == 0 and broken(findings) == [], code, broken(findings))
addresses = ["9.9.8.%d" % i for i in range(OURS_MAX + 1)]
findings, code = audit(addresses=" ".join(addresses[:OURS_MAX]))
row("budget/as-many-addresses-as-fit", code == 0 and len(told(findings, "ptr-own")) == OURS_MAX, code, broken(findings))
findings, code = audit(addresses=" ".join(addresses))
row("budget/one-address-more", code == 75 and broken(findings) == [("own-public", "unknown")]
    and told(findings, "own-public")[-1] == "over-budget: 1 more of own-addresses", code, broken(findings))

# ---- DNS is silent: nothing is held against us ----

done = run(COMMAND, "audit", "--self", "--config", config(), "--server", "127.0.0.1:9")
row("silent", done.returncode == 75 and "error" not in done.stdout and "no address" not in done.stdout
    and "DNS does not say whether there is address of " + HOST in done.stdout, done.returncode, done.stdout)

# ---- wrong use ----


def refuse(name, *arguments):
    done = run(COMMAND, "audit", *arguments)
    return row("refused/" + name, done.returncode == 64 and "--self takes no domain" in done.stderr and done.stdout == "",
               done.returncode, done.stderr)


refuse("domain", "--self", "good.example")
refuse("domain-first", "good.example", "--self")
refuse("helo", "--self", "--helo", HOST)
end()
