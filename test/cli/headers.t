#!/usr/bin/env python3
"""headers.t - Authentication-Results of whole sessions (RFC 8601): iprev, and what the policy makes of HELO and sender. DNS is
a local zone."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import BUILD, end, row, run, write  # noqa: E402

COMMAND = os.path.join(BUILD, "mailguard")
ZONE = """$ORIGIN .
$TTL 300
@ IN SOA ns.example. host.example. 1 2 3 4 300
7.100.51.198.in-addr.arpa IN PTR mx.good.example
mx.good.example IN A 198.51.100.7
good.example    IN MX 10 mx.good.example
null.example    IN MX 0 .
refused.example IN MX 10 mx.bad.example
"""
POLICY = """[mailguard]
hostname = mx1.example.net
[domains]
local = example.net
[dns]
servers = 127.0.0.1:9
local-zone = world
[spf]
skip-networks = 0.0.0.0/1 128.0.0.0/1
[sender]
mx-bogon = off
"""


def told(helo, sender, policy="", ip="198.51.100.7"):
    """Authentication-Results at MAIL, without our name, and the rest of the output."""
    config = write("mailguard.conf", POLICY + policy)
    done = run(COMMAND, "check", "--config", config, "--ip", ip, "--helo", helo, "--from", sender, "--rcpt", "user@example.net")
    lines = [line.strip() for line in done.stdout.splitlines()]
    fields = [line for line in lines if line.startswith("header  Authentication-Results: mx1.example.net;")]
    return (fields[-1].split("; ", 1)[1] if fields else None), done.stdout + done.stderr


def expect(name, found, expected):
    return row(name, found[0] == expected, "got  " + str(found[0]), "want " + str(expected), found[1])


write("world", ZONE)
IPREV = "iprev=pass policy.iprev=198.51.100.7"

expect("nothing to say but iprev", told("mx.good.example", "u@good.example", "[helo]\nunknown-suffix = off\n"), IPREV)
expect("a name that is none of ours to check", told("localhost", "u@good.example"),
       IPREV + "; policy=fail (not-fqdn) smtp.helo=localhost")
expect("several words", told("mx.bad.example", "u@good.example"),
       IPREV + "; policy=fail (unknown-suffix no-address ptr-mismatch) smtp.helo=mx.bad.example")
expect("what is monitored is not told", told("localhost", "u@good.example", "[helo]\nnot-fqdn = monitor\n"), IPREV)
expect("HELO cannot write into the field", told("x;spf=pass smtp.mailfrom=bank.example", "u@good.example"),
       IPREV + '; policy=fail (syntax) smtp.helo="x\\;spf=pass smtp.mailfrom=bank.example"')
expect("the sender's domain", told("mx.good.example", "u@null.example", "[helo]\nunknown-suffix = off\n"),
       IPREV + "; policy=fail (null-mx) smtp.mailfrom=u@null.example")
expect("iprev of an address without a name", told("mx.good.example", "u@good.example",
       "[helo]\nunknown-suffix = off\nneighbour = off\n", ip="198.51.100.8"), "iprev=fail policy.iprev=198.51.100.8")

# ---- a reply that names the domain ----

DENY = "[deny dns]\nexchanges = .bad.example\nreply = 550 5.7.1 Not from {domain}, thank you\n"
row("a sender denied by its MX is named in the reply", "550 5.7.1 Not from refused.example, thank you" in
    told("mx.good.example", "u@refused.example", DENY)[1], told("mx.good.example", "u@refused.example", DENY)[1])
row("a HELO name so denied is not", "550 5.7.1 Not from refused.example" not in told("refused.example", "u@good.example", DENY)[1]
    and "550 5.7.1 Not from" in told("refused.example", "u@good.example", DENY)[1], told("refused.example", "u@good.example", DENY)[1])
end()
