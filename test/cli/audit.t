#!/usr/bin/env python3
"""audit.t - mailguard audit: a domain that keeps every rule, and for each rule one that breaks it. DNS is a zone file."""

import functools
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import audited  # noqa: E402
from audited import COMMAND, broken  # noqa: E402
from tap import end, row, run, write  # noqa: E402

MX = "mx.good.example"
IPV4 = "8.8.4.4"
IPV6 = "2001:4860::1"
IPV6_PTR = "1." + "0." * 19 + "0.0.0.0.0.6.8.4.1.0.0.2.ip6.arpa"
NARROW = '"v=spf1 mx -all"'


def soa(domain, contact="postmaster.good.example"):
    return "%s IN SOA ns.good.example. %s. 1 2 3 4 300" % (domain, contact)


def domain(name, mx="10 %s." % MX, spf=NARROW, contact="postmaster.good.example"):
    """A domain that is good but for what is said."""
    lines = [soa(name, contact), '_dmarc.%s IN TXT "v=DMARC1; p=none"' % name]
    lines += ["%s IN MX %s" % (name, mx)] if mx else []
    lines += ["%s IN TXT %s" % (name, spf)] if spf else []
    return lines


ZONE = "\n".join(
    ["$TTL 300", "$ORIGIN .", "@ IN SOA ns.example. host.example. 1 2 3 4 300"]
    + domain("good.example")
    + ["%s IN A %s" % (MX, IPV4), "%s IN AAAA %s" % (MX, IPV6), "4.4.8.8.in-addr.arpa IN PTR %s." % MX, IPV6_PTR + " IN PTR %s." % MX]
    # MX
    + domain("no-mx.example", mx=None)
    + domain("null-mx.example", mx="0 .", spf='"v=spf1 -all"')
    + domain("mx-address.example", mx="10 8.8.4.4.")
    + domain("mx-nowhere.example", mx="10 nowhere.example.")
    + domain("mx-alias.example", mx="10 alias.example.") + ["alias.example IN CNAME %s." % MX]
    + domain("mx-inside.example", mx="10 inside.example.") + ["inside.example IN A 10.1.2.3", "3.2.1.10.in-addr.arpa IN PTR inside.example."]
    + domain("mx-ipv4.example", mx="10 ipv4.example.") + ["ipv4.example IN A 9.9.9.1", "1.9.9.9.in-addr.arpa IN PTR ipv4.example."]
    # PTR
    + ["2.9.9.9.in-addr.arpa IN PTR two-a.example.", "2.9.9.9.in-addr.arpa IN PTR two-b.example.", "two-b.example IN A 9.9.9.2"]
    + ["3.9.9.9.in-addr.arpa IN PTR elsewhere.example.", "elsewhere.example IN A 9.9.9.4"]
    # SPF
    + domain("no-spf.example", spf=None)
    + domain("two-spf.example") + ['two-spf.example IN TXT "v=spf1 -all"']
    + domain("bad-spf.example", spf='"v=spf1 nonsense -all"')
    + domain("voids.example", spf='"v=spf1 a:v1.example a:v2.example a:v3.example -all"')
    + domain("lookups.example", spf='"v=spf1 %s -all"' % " ".join("a:%s" % MX for _ in range(11)))
    + domain("limits.example", spf='"v=spf1 %s a:v1.example a:v2.example -all"' % " ".join("a:%s" % MX for _ in range(8)))
    + domain("ptr-spf.example", spf='"v=spf1 ptr -all"')
    + domain("everybody.example", spf='"v=spf1 mx +all"')
    + domain("neutral.example", spf='"v=spf1 mx ?all"')
    + domain("endless.example", spf='"v=spf1 mx"')
    + domain("redirect.example", spf='"v=spf1 redirect=good.example"')
    + domain("narrow.example", spf='"v=spf1 ip4:9.9.9.0/24 -all"')
    + domain("wider.example", spf='"v=spf1 ip4:9.9.8.0/23 -all"')
    + domain("parts.example", spf='"v=spf1 ip4:9.0.0.0/8 -all"')
    + domain("hostile.example", spf='"v=spf1 \\001\\255\\"{}\\\\ -all"')
    # SOA, DMARC, HELO
    + domain("contact.example", contact="host.nowhere.example")
    + domain("root-contact.example", contact="postmaster")
    + domain("hostmaster.example", contact="hostmaster.good.example")
    + [soa("no-dmarc.example"), "no-dmarc.example IN MX 10 %s." % MX, "no-dmarc.example IN TXT %s" % NARROW]
    + ["stranger.example IN A 9.9.9.9"]
) + "\n"
zone = write("zone", ZONE)
audit = functools.partial(audited.audit, zone)


def expect(name, status, *expected, of=None, options=()):
    return audited.expect(name, status, *expected, found=audit(of or name, *options))


# ---- what is good ----

good, code = audit("good.example", "--ip", IPV4, "--helo", MX)
row("good/every-rule-is-kept", broken(good) == [] and code == 0, good, code)
row("good/rules", [finding["rule"] for finding in good] ==
    ["helo-fqdn", "helo-exists", "helo-host", "mx", "mx-address", "ptr", "ptr-confirmed", "ptr", "ptr-confirmed", "spf", "spf-end",
     "spf-sound", "ptr", "ptr-confirmed", "spf-passes", "soa-contact", "dmarc"], good)
row("good/without-a-host", [f["rule"] for f in audit("good.example")[0]] ==
    ["mx", "mx-address", "ptr", "ptr-confirmed", "ptr", "ptr-confirmed", "spf", "spf-end", "spf-sound", "soa-contact", "dmarc"])
expect("good/upper-case", 0, of="GOOD.Example")

# ---- MX ----

expect("no-mx.example", 1, ("mx", "error"))
expect("null-mx.example", 0, ("mx", "note"))
expect("mx-address.example", 1, ("mx-name", "error"))
expect("mx-nowhere.example", 1, ("mx-address", "error"))
expect("mx-alias.example", 1, ("mx-cname", "error"))
expect("mx-inside.example", 1, ("mx-public", "error"), ("mx-families", "note"))
expect("mx-ipv4.example", 0, ("mx-families", "note"))

# ---- PTR ----

expect("ptr/none", 1, ("ptr", "error"), ("spf-passes", "error"), of="good.example", options=("--ip", "9.9.9.9"))
expect("ptr/two", 1, ("ptr-one", "warning"), ("spf-passes", "error"), of="good.example", options=("--ip", "9.9.9.2"))
expect("ptr/leads-elsewhere", 1, ("ptr-confirmed", "error"), ("spf-passes", "error"), of="good.example",
       options=("--ip", "9.9.9.3"))
expect("ptr/ipv6", 0, of="good.example", options=("--ip", IPV6))

# ---- SPF ----

expect("no-spf.example", 1, ("spf", "warning"))
expect("two-spf.example", 1, ("spf", "error"))
expect("bad-spf.example", 1, ("spf-sound", "error"))
expect("voids.example", 1, ("spf-sound", "error"))
expect("lookups.example", 1, ("spf-sound", "error"))
expect("limits.example", 0)
expect("ptr-spf.example", 1, ("spf-ptr", "warning"))
expect("everybody.example", 1, ("spf-end", "error"), ("spf-narrow", "error"))
expect("neutral.example", 1, ("spf-end", "warning"))
expect("endless.example", 1, ("spf-end", "warning"))
expect("redirect.example", 0)
expect("narrow.example", 0)
expect("wider.example", 1, ("spf-narrow", "warning"))
expect("parts.example", 1, ("spf-narrow", "error"))
expect("hostile.example", 1, ("spf-sound", "error"))

# ---- HELO ----

expect("helo/one-label", 1, ("helo-fqdn", "error"), of="good.example", options=("--helo", "mail"))
expect("helo/literal", 1, ("helo-fqdn", "error"), of="good.example", options=("--helo", "[8.8.4.4]"))
expect("helo/hostile", 1, ("helo-fqdn", "error"), of="good.example", options=("--helo", "\x01\"\\{}%s%n"))
expect("helo/nowhere", 1, ("helo-exists", "error"), of="good.example", options=("--helo", "nowhere.example"))
expect("helo/stranger", 1, ("helo-host", "warning"), of="good.example", options=("--helo", "stranger.example"))

# ---- SOA, DMARC ----

expect("contact.example", 1, ("soa-contact", "warning"))
expect("root-contact.example", 1, ("soa-contact", "error"))
findings, code = audit("hostmaster.example")
row("hostmaster.example", code == 0 and any("is it read?" in f["found"] for f in findings if f["rule"] == "soa-contact"), findings)
expect("no-dmarc.example", 0, ("dmarc", "note"))

# ---- DNS is silent: nothing is held against the domain ----

done = run(COMMAND, "audit", "good.example", "--json", "--server", "127.0.0.1:9")
findings = [json.loads(line) for line in done.stdout.splitlines()]
row("silent/all-is-unknown", done.returncode == 75 and findings and all(f["severity"] == "unknown" for f in findings), findings,
    done.returncode, done.stderr)
row("silent/and-why", all(f["found"].rpartition(": ")[2] in ("unreachable", "timeout") for f in findings), findings)

# ---- wrong use ----


def refuse(name, status, words, *arguments):
    done = run(COMMAND, "audit", *arguments)
    return row("refused/" + name, done.returncode == status and words in done.stderr and done.stdout == "", done.returncode, done.stderr)


refuse("no-domain", 64, "one domain was expected")
refuse("two-domains", 64, "one domain was expected", "a.example", "b.example")
refuse("empty-domain", 64, "one domain was expected", "")
refuse("address", 64, "an IPv4 or IPv6 address was expected", "a.example", "--ip", "8.8.4")
refuse("zone", 64, "a file was expected", "a.example", "--zone", "/nowhere")
refuse("config", 78, "/nowhere", "a.example", "--config", "/nowhere")
expect("no-domain-but-octets", 1, ("domain", "error"), of="not a domain")
expect("name-of-254-octets", 1, ("domain", "error"), of="a." * 126 + "ab")
done = run(COMMAND, "audit", "no-mx.example", "--zone", zone, "--server", "127.0.0.1:9")
row("text/no-colour-in-a-file", done.returncode == 1 and "\033" not in done.stdout and "error    mx            no MX\n" in done.stdout
    and "expected: an MX record" in done.stdout and "mend:     publish the host" in done.stdout, done.stdout)
end()
