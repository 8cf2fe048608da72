#!/usr/bin/env python3
"""spf_command.t - mailguard spf: one question, a record to try, many at once, and beside libspf2. DNS is a zone file, or a
server of ours on loopback."""

import json
import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import BUILD, end, row, run, write  # noqa: E402

COMMAND = os.path.join(BUILD, "mailguard")
CLIENT = "198.51.100.7"
ZONE = """$ORIGIN .
$TTL 300
@ IN SOA ns.example. host.example. 1 2 3 4 300
pass.example   IN TXT "v=spf1 ip4:198.51.100.0/24 -all"
fail.example   IN TXT "v=spf1 exp=why.example -all"
why.example    IN TXT "%{i} is none of ours"
deep.example   IN TXT "v=spf1 a:void.example include:deep1.example -all"
deep1.example  IN TXT "v=spf1 redirect=pass.example"
bad.example    IN TXT "v=spf1 nonsense -all"
many.example   IN TXT "v=spf1 a:a.example a:b.example a:c.example -all"
parts.example  IN TXT "v=spf1 ip4:0.0.0.0/0 -all"
quote.example  IN TXT "v=spf1 exists:%{l}.quote.example -all"
"""


zone = write("zone", ZONE)
OFFLINE = ["--server", "127.0.0.1:9", "--zone", zone]


def ask(*arguments, ip=CLIENT):
    """The JSON object and the exit status."""
    done = run(COMMAND, "spf", "--ip", ip, "--json", *OFFLINE, *arguments)
    return (json.loads(done.stdout) if done.stdout else {"error": done.stderr}), done.returncode


def expect(name, arguments, status, ip=CLIENT, **expected):
    got, code = ask(*arguments, ip=ip)
    seen = {key: got.get(key) for key in expected}
    return row(name, seen == expected and code == status, code, got)


def refuse(name, status, words, *arguments):
    done = run(COMMAND, "spf", *arguments)
    return row(name, done.returncode == status and words in done.stderr and done.stdout == "", done.returncode, done.stderr)


# ---- one ----

expect("pass", ["--from", "u@pass.example"], 0, result="pass", reason="spf.pass", action="accept", identity="mailfrom",
       domain="pass.example", matched="ip4:198.51.100.0/24", record="v=spf1 ip4:198.51.100.0/24 -all", explanation=None,
       lookups=0, voids=0, queries=1, rounds=0, breadth=8, record_breadth=8, ttl_s=300, dnssec="no", engine="mailguard", skipped=None)
expect("fail-with-its-explanation", ["--from", "u@fail.example"], 1, result="fail", reason="spf.fail", action="reject",
       matched="-all", explanation="198.51.100.7 is none of ours", breadth=None)
expect("term-path-and-counts", ["--from", "u@deep.example"], 0, result="pass", lookups=3, voids=1, queries=4,
       matched="include:deep1.example > redirect=pass.example > ip4:198.51.100.0/24")
expect("none", ["--from", "u@none.example"], 0, result="none", reason="spf.none", record=None, matched=None)
expect("permerror-names-the-term", ["--from", "u@bad.example"], 0, result="permerror", reason="spf.permerror",
       problem="record of bad.example: nonsense: no such mechanism (RFC 7208 4.6.1)")
expect("void-limit", ["--from", "u@many.example"], 0, result="permerror", voids=3)
expect("null-reverse-path-is-postmaster-at-helo", ["--from", "", "--helo", "pass.example"], 0, result="pass",
       domain="pass.example", mail_from="", helo="pass.example")
expect("angle-brackets", ["--from", "<u@pass.example>"], 0, result="pass")
expect("helo-identity", ["--helo", "fail.example"], 1, result="fail", reason="spf-helo.fail", identity="helo", mail_from=None)
expect("ipv6", ["--from", "u@pass.example"], 1, ip="2001:db8::7", result="fail")
expect("mapped-ipv6-is-ipv4", ["--from", "u@pass.example"], 0, ip="::ffff:198.51.100.7", result="pass")
expect("private-clients-are-judged", ["--from", "u@fail.example"], 1, ip="10.0.0.1", result="fail", skipped=None)
expect("no-path", ["--from", "no path"], 0, result="none", reason="spf.skipped", skipped="the reverse-path is none")
expect("wide", ["--from", "u@parts.example"], 0, result="pass", breadth=32)
got, _ = ask("--from", '"a b\\"c"@quote.example')
row("hostile-local-part-is-json", got.get("result") == "fail", got)
got, _ = ask("--from", "u@deep.example")
row("trace-has-a-line-for-every-term", sum("deep" in line or "ip4" in line for line in got.get("trace", [])) >= 5, got)

done = run(COMMAND, "spf", "--ip", CLIENT, "--from", "u@deep.example", *OFFLINE)
row("text", done.returncode == 0 and done.stdout.startswith("pass: MAIL FROM identity, domain deep.example, client 198.51.100.7\n")
    and "lookups     3 of 10\n" in done.stdout and "voids       1 of 2\n" in done.stdout
    and "term lets   2^8 addresses\n" in done.stdout, done.stdout)

# ---- a record to try ----

expect("record/in-place-of-none", ["--from", "u@new.example", "--record", "v=spf1 ip4:198.51.100.7 -all"], 0, result="pass",
       record="v=spf1 ip4:198.51.100.7 -all")
expect("record/in-place-of-its-own", ["--from", "u@fail.example", "--record", "v=spf1 include:pass.example ~all"], 0,
       result="pass")
expect("record/other-names-keep-theirs", ["--from", "u@deep1.example", "--record", "v=spf1 include:fail.example ~all"], 0,
       result="softfail")
expect("record/that-is-none", ["--from", "u@new.example", "--record", "v=spf10 -all"], 0, result="none")
expect("record/hostile", ["--from", "u@new.example", "--record", "v=spf1 \x01\xff -all"], 0, result="permerror")

# ---- a policy ----

config = write("mailguard.conf", "[mailguard]\nhostname = mx.example.net\n[domains]\nlocal = example.net\n"
               "[spf]\nfail = defer\nvoid-limit = 3\n[spf trusted]\ndomains = pass.example\n")
expect("config/action", ["--from", "u@fail.example", "--config", config], 2, ip="192.0.2.1", result="fail", action="defer",
       explanation=None)
expect("config/limits", ["--from", "u@many.example", "--config", config], 2, ip="192.0.2.1", result="fail", voids=3)
expect("config/skips", ["--from", "u@fail.example", "--config", config], 0, ip="10.0.0.1", result="none",
       reason="spf.skipped", skipped="the client is in skip-networks")
expect("config/trusts", ["--from", "u@fail.example", "--config", config], 0, result="none", reason="spf.skipped",
       skipped="the client is trusted: SPF of pass.example lets it pass")

# ---- libspf2 ----

expect("libspf2/pass", ["--from", "u@deep.example", "--engine", "libspf2"], 0, result="pass", engine="libspf2", matched=None)
expect("libspf2/never-sees-what-we-refuse", ["--from", "u@bad.example", "--engine", "libspf2"], 0, result="permerror",
       problem="record of bad.example: nonsense: no such mechanism (RFC 7208 4.6.1)")
expect("libspf2/refuses-a-prefix-of-0", ["--from", "u@parts.example", "--engine", "libspf2"], 0, result="permerror")
done = run(COMMAND, "spf", "--ip", CLIENT, "--from", "u@parts.example", "--compare", *OFFLINE)
row("compare/they-part", done.returncode == 0 and done.stdout.endswith("they part: mailguard says pass, libspf2 permerror\n"),
    done.stdout)
done = run(COMMAND, "spf", "--ip", CLIENT, "--from", "u@fail.example", "--compare", *OFFLINE)
row("compare/both-say", done.returncode == 1 and done.stdout.endswith("both say fail\n"), done.stdout)
done = run(COMMAND, "spf", "--ip", CLIENT, "--from", "u@parts.example", "--compare", "--json", *OFFLINE)
row("compare/json", [json.loads(line)["engine"] for line in done.stdout.splitlines()] == ["mailguard", "libspf2"], done.stdout)

# ---- many ----


def batch(text, *arguments):
    done = run(COMMAND, "spf", "--batch", *OFFLINE, *arguments, input=text)
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode, done.stderr


names = ["pass", "fail", "deep", "none", "bad"]
results = {"pass": "pass", "fail": "fail", "deep": "pass", "none": "none", "bad": "permerror"}
asked = [names[i % 5] for i in range(20000)]
got, code, _ = batch("".join("%s\th%d.example\tu%d@%s.example\n" % (CLIENT, i, i, name) for i, name in enumerate(asked)))
row("batch/20000-in-order", code == 0 and [each["result"] for each in got] == [results[name] for name in asked]
    and [each["helo"] for each in got] == ["h%d.example" % i for i in range(20000)], code, len(got))
got, code, _ = batch("%s\t\tu@pass.example\nnonsense\n999.1.1.1\th\tu@pass.example\na\tb\tc\td\n%s\th\tu@fail.example" % (CLIENT, CLIENT))
row("batch/bad-lines-are-told-and-the-rest-answered", code == 64 and [each.get("result", each.get("line")) for each in got]
    == ["pass", 2, 3, 4, "fail"], code, got)
got, code, _ = batch("")
row("batch/nothing", code == 0 and got == [], code, got)
got, code, _ = batch("x" * 40000 + "\n%s\th\tu@pass.example\n" % CLIENT)
row("batch/a-line-too-long", code == 64 and len(got) == 2 and got[0]["line"] == 1 and got[1]["result"] == "pass", code, got)
got, code, _ = batch("%s\th\tu@pass.example\0x\n" % CLIENT)
row("batch/nul", code == 64 and len(got) == 1 and "NUL" in got[0]["error"], code, got)
got, code, _ = batch("%s\th\tu@none.example\n" % CLIENT, "--record", "v=spf1 -all")
row("batch/record", [each["result"] for each in got] == ["fail"], got)

# ---- a server ----

RECORDS = {"deep.test": "v=spf1 include:deep1.test -all", "deep1.test": "v=spf1 include:deep2.test include:deep3.test -all",
           "deep2.test": "v=spf1 ip4:192.0.2.1 -all", "deep3.test": "v=spf1 ip4:%s -all" % CLIENT}
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))


def serve():
    while True:
        query, client = server.recvfrom(2000)
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        text = RECORDS.get(".".join(labels).lower(), "").encode()
        answer = struct.pack(">HHHLH", 0xc00c, 16, 1, 300, len(text) + 1) + bytes([len(text)]) + text if text else b""
        server.sendto(query[:2] + struct.pack(">HHHHH", 0x8180 if text else 0x8183, 1, 1 if text else 0, 0, 0)
                      + query[12:at + 5] + answer, client)


threading.Thread(target=serve, daemon=True).start()
done = run(COMMAND, "spf", "--ip", CLIENT, "--from", "u@deep.test", "--json", "--server", "127.0.0.1:%d" % server.getsockname()[1])
got = json.loads(done.stdout)
row("server/as-many-rounds-as-the-record-is-deep", (got["result"], got["rounds"], got["queries"]) == ("pass", 3, 4), got)
done = run(COMMAND, "spf", "--ip", CLIENT, "--from", "u@deep.test", "--compare", "--server", "127.0.0.1:%d" % server.getsockname()[1])
row("server/libspf2-over-the-same", done.stdout.endswith("both say pass\n"), done.stdout)

# ---- wrong use ----

refuse("use/no-ip", 64, "--ip A was expected", "--from", "u@pass.example")
refuse("use/no-identity", 64, "--from F or --helo H was expected", "--ip", CLIENT)
refuse("use/ip", 64, "an IPv4 or IPv6 address was expected", "--ip", "1.2.3", "--from", "u@pass.example", *OFFLINE)
refuse("use/ip-with-a-zone-id", 64, "an IPv4 or IPv6 address was expected", "--ip", "fe80::1%lo", "--from", "a@b", *OFFLINE)
refuse("use/no-such-zone", 64, "a file was expected", "--ip", CLIENT, "--from", "u@pass.example", "--zone", "/nonexistent")
refuse("use/server", 78, "servers", "--ip", CLIENT, "--from", "u@pass.example", "--server", "nowhere")
refuse("use/engine", 78, "mailguard or libspf2 was expected", "--ip", CLIENT, "--from", "a@b.example", "--engine", "other")
refuse("use/batch-with-ip", 64, "--batch takes clients", "--batch", "--ip", CLIENT)
refuse("use/batch-with-compare", 64, "does not compare", "--batch", "--compare")
refuse("use/compare-with-engine", 64, "--engine does not go with it", "--compare", "--engine", "libspf2", "--ip", CLIENT,
       "--from", "a@b.example")
refuse("use/argument", 64, "is no option", "--ip", CLIENT, "--from", "a@b.example", "extra")
refuse("use/zone-with-faults", 78, "zone", "--ip", CLIENT, "--from", "a@b.example", "--zone", write("broken", "what is this\n"))

end()
