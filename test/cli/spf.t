#!/usr/bin/env python3
"""spf.t - what SPF results lead to: each result, both identities, lists, exemptions, replies. DNS is a local zone."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import BUILD, end, row, run, write  # noqa: E402

COMMAND = os.path.join(BUILD, "mailguard")
ZONE = """$ORIGIN .
$TTL 300
@ IN SOA ns.example. host.example. 1 2 3 4 300
pass.example      IN TXT "v=spf1 ip4:198.51.100.7 -all"
fail.example      IN TXT "v=spf1 -all"
softfail.example  IN TXT "v=spf1 ~all"
neutral.example   IN TXT "v=spf1 ?all"
permerror.example IN TXT "v=spf1 nonsense -all"
two.example       IN TXT "v=spf1 -all"
two.example       IN TXT "v=spf1 +all"
exp.example       IN TXT "v=spf1 exp=why.example -all"
why.example       IN TXT "Only our own hosts, not %{i}"
wide.example      IN TXT "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"
helo.example      IN TXT "v=spf1 a -all"
helo.example      IN A   198.51.100.7
void.example      IN TXT "v=spf1 a:n1.example a:n2.example a:n3.example ip4:198.51.100.7 -all"
deep.example      IN TXT "v=spf1 include:deep1.example -all"
deep1.example     IN TXT "v=spf1 redirect=pass.example"
"""
BASE = """[mailguard]
hostname = mx1.example.net
[domains]
local = example.net
[dns]
servers = 127.0.0.1:9
local-zone = world
[exempt all]
networks = 0.0.0.0/1 128.0.0.0/1
checks = helo ptr sender
"""


def ask(policy, sender, *arguments, helo=None, ip="198.51.100.7", base=BASE):
    """The verdict at RCPT."""
    config = write("mailguard.conf", base + policy)
    helo_arguments = [] if helo is None else ["--helo", helo]
    done = run(COMMAND, "check", "--config", config, "--ip", ip, *helo_arguments, "--from", sender, "--rcpt", "user@example.net",
               "--json", *arguments)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    found = [verdict for verdict in verdicts if verdict["stage"] == "rcpt"]
    return found[0] if found else {"error": done.stderr, "results": {}, "trace": []}


def expect(name, verdict, **expected):
    got = {key: verdict.get(key) if key != "spf" else verdict["results"].get("spf") for key in expected}
    return row(name, got == expected, got, verdict)


write("world", ZONE)

# ---- each result, by default ----

for sender, result, action, code, enhanced in (
        ("a@pass.example", "pass", "accept", 250, "2.0.0"), ("a@fail.example", "fail", "reject", 550, "5.7.23"),
        ("a@softfail.example", "softfail", "accept", 250, "2.0.0"), ("a@neutral.example", "neutral", "accept", 250, "2.0.0"),
        ("a@nothing.example", "none", "accept", 250, "2.0.0"), ("a@permerror.example", "permerror", "accept", 250, "2.0.0"),
        ("a@two.example", "permerror", "accept", 250, "2.0.0"), ("a@deep.example", "pass", "accept", 250, "2.0.0"),
        ("a@void.example", "permerror", "accept", 250, "2.0.0")):
    expect("%s: %s, %s" % (sender, result, action), ask("", sender), spf=result, action=action, code=code, enhanced=enhanced)
expect("softfail is flagged", ask("", "a@softfail.example"), flags=["spf.softfail"])
expect("a server that is not there: temperror, no refusal", ask("", "a@pass.example", base=BASE.replace("local-zone = world\n", "")),
       spf="temperror", action="accept")
expect("temperror can defer", ask("[spf]\ntemperror = defer\n", "a@pass.example", base=BASE.replace("local-zone = world\n", "")),
       action="defer", code=451, enhanced="4.4.3", reason="spf.temperror")
expect("permerror can reject", ask("[spf]\npermerror = reject\n", "a@permerror.example"), code=550, enhanced="5.7.24",
       reason="spf.permerror")

# ---- actions, presets, texts ----

expect("fail = flag", ask("[spf]\nfail = flag\n", "a@fail.example"), action="accept", flags=["spf.fail"])
expect("none = reject", ask("[spf]\nnone = reject\n", "a@nothing.example"), action="reject", reason="spf.none")
expect("preset imsva defers softfail", ask("[spf]\npreset = imsva\n", "a@softfail.example"), action="defer", code=451)
expect("monitor mode", ask("", "a@fail.example", base=BASE.replace("[mailguard]\n", "[mailguard]\nmode = monitor\n")),
       action="accept", spf="fail")
expect("safe-mode", ask("", "a@fail.example", base=BASE.replace("[mailguard]\n", "[mailguard]\nsafe-mode = yes\n")),
       action="defer", code=451)
expect("text", ask("[spf]\nreject-text = {client-ip} {domain} {sender} {result} {reason} {hostname}\n", "a@fail.example"),
       text="198.51.100.7 fail.example a@fail.example fail spf.fail mx1.example.net")
expect("decided at RCPT: a granted client is not refused", ask("[zone z]\nnetworks = 198.51.100.7\n[grant g]\nzone = z\n",
                                                               "a@fail.example"), action="accept", reason="relay.granted")
expect("role addresses stay reachable", ask("[domains]\n", "a@fail.example", "--rcpt", "postmaster@example.net",
                                            base=BASE.replace("[domains]\nlocal = example.net\n", "")) and
       json.loads(run(COMMAND, "check", "--config", write("role.conf", BASE), "--ip", "198.51.100.7", "--from", "a@fail.example",
                      "--rcpt", "postmaster@example.net", "--json").stdout.splitlines()[2]), action="accept", spf="fail")

# ---- who is not judged ----

for name, policy, ip, arguments in (("authenticated", "", "198.51.100.7", ["--auth", "ana"]), ("loopback", "", "127.0.0.1", []),
                                    ("private", "", "10.1.2.3", []), ("private IPv6", "", "fd00::1", []),
                                    ("listed", "[spf]\nskip-networks = 198.51.100.0/24\n", "198.51.100.7", []),
                                    ("trusted network", "[spf trusted]\nnetworks = 198.51.100.7\n", "198.51.100.7", []),
                                    ("trusted name", "[spf trusted]\nhosts = .relay.example\n", "198.51.100.7",
                                     ["--ptr", "a.relay.example"])):
    expect("%s: skipped, never pass" % name, ask(policy, "a@fail.example", *arguments, ip=ip), spf="skipped", action="accept")
expect("empty skip-networks: loopback is judged", ask("[spf]\nskip-networks =\n", "a@fail.example", ip="127.0.0.1"), spf="fail")
expect("a name that is not trusted", ask("[spf trusted]\nhosts = .relay.example\n", "a@fail.example", "--ptr",
                                         "a.norelay.example"), spf="fail")
expect("IPv4-mapped is IPv4", ask("", "a@pass.example", ip="::ffff:198.51.100.7"), spf="pass")

# ---- listed domains ----

listed = "[spf listed]\ndomains = softfail.example .sub.example\nsoftfail = reject\n"
expect("listed: stricter", ask(listed, "a@softfail.example"), action="reject", reason="spf.softfail", code=550, enhanced="5.7.23")
expect("listed: what is not written is as in [spf]", ask("[spf listed]\ndomains = fail.example\nsoftfail = reject\n[spf]\n"
                                                         "fail = flag\n", "a@fail.example"), action="accept", flags=["spf.fail"])
expect("not listed", ask(listed, "a@neutral.example"), action="accept")

# ---- two identities ----

verdict = ask("", "a@pass.example", helo="fail.example")
row("HELO fails, MAIL FROM passes: two results", verdict["results"].get("spf-helo") == "fail"
    and verdict["results"].get("spf") == "pass" and verdict["reason"] == "spf-helo.fail", verdict)
verdict = ask("", "<>", helo="helo.example")
row("null reverse-path: postmaster at the HELO name", verdict["results"].get("spf") == "pass", verdict)
verdict = ask("", "<>", helo="helo.example", ip="198.51.100.8")
row("null reverse-path: fail", verdict["results"].get("spf") == "fail" and verdict["action"] == "reject", verdict)
verdict = ask("", "a@pass.example", helo="[198.51.100.7]")
row("HELO that is no name: none", verdict["results"].get("spf-helo") == "none", verdict)

# ---- explanation ----

verdict = ask("[spf]\nexplanation = yes\n", "a@exp.example")
row("explanation: sent, marked as the domain's words", verdict["text"].endswith(
    "; exp.example explains: Only our own hosts, not 198.51.100.7"), verdict)
row("no explanation unless asked", "Only our own hosts" not in ask("", "a@exp.example")["text"])

# ---- evidence ----

trace = "\n".join(ask("", "a@deep.example")["trace"])
row("the trace shows terms, lookups and limits", "include:deep1.example" in trace and "terms" in trace and "voids" in trace, trace)
expect("voids counted by term", ask("[spf]\nvoid-limit = 3\n", "a@void.example"), spf="pass")
expect("void-limit 0", ask("[spf]\nvoid-limit = 0\n", "a@void.example"), spf="permerror")

end()
