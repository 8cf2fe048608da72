#!/usr/bin/env python3
"""cli.t - the command as a person or a script uses it: output, exit codes, bad input."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import BUILD, SCRATCH, SOURCE, end, row, run, write  # noqa: E402

COMMAND = os.path.join(BUILD, "mailguard")
POLICY = """[mailguard]
hostname = mx1.example.net
[dns]
servers = 127.0.0.1:9
local-zone = world
[domains]
local = example.net
[zone servers]
networks = 10.1.2.3
owner = ana
[grant servers]
zone = servers
owner = ana
[grant users]
auth = any
owner = ana
[deny senders]
senders = @denied.example
[sender]
own-domain = flag
[relay]
reject-text = {client-ip} may not send to {recipient} ({reason} on {hostname})
"""
KEYS = ["stage", "rcpt", "action", "code", "enhanced", "text", "reason", "final", "pending", "flags", "results", "trace"]


write("world", "$ORIGIN .\n@ 300 IN SOA ns.example. host.example. 1 2 3 4 300\n")     # a world without names: nothing is asked of any network
config = write("mailguard.conf", POLICY)


def check(*arguments, config=config):
    return run(COMMAND, "check", "--config", config, *arguments)


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


# ---- check ----

done = check("--ip", "198.51.100.7", "--helo", "host.example", "--from", "a@c.example", "--rcpt", "user@example.net",
             "--rcpt", "user@foreign.example", "--json")
answers = objects(done)
row("exit 1 when a recipient is rejected", done.returncode == 1, done.stdout, done.stderr)
row("a stage and recipient a line", [answer["stage"] for answer in answers]
    == ["connect", "helo", "mail", "rcpt", "rcpt", "data"], done.stdout)
row("every object has every key", all(list(answer) == KEYS for answer in answers), done.stdout)
row("rcpt names the recipient", [answer["rcpt"] for answer in answers]
    == [None, None, None, "user@example.net", "user@foreign.example", None], done.stdout)
row("the refusal", {key: answers[4][key] for key in ("action", "code", "enhanced", "reason", "final", "pending")}
    == {"action": "reject", "code": 550, "enhanced": "5.7.1", "reason": "relay.denied", "final": True, "pending": None},
    answers[4])
row("its text is the policy's", answers[4]["text"]
    == "198.51.100.7 may not send to user@foreign.example (relay.denied on mx1.example.net)", answers[4])
row("its results", answers[4]["results"] == {"spf-helo": "none", "spf": "none", "ptr": "missing", "helo": "unknown-suffix",
                                             "sender": "no-domain", "relay": "denied"}, answers[4])
row("its trace prints the order", "relay: order is host, sender, recipient, pair, grant, own domains, denial"
    in answers[4]["trace"], answers[4])

done = check("--ip", "198.51.100.7", "--helo", "x", "--from", "a@denied.example", "--json")
answers = objects(done)
row("exit is by the last stage where there is no recipient", done.returncode == 0, done.stdout)
row("a refusal that waits is pending", answers[2]["pending"] == {"action": "reject", "reason": "deny.sender"}
    and answers[2]["final"] is False, answers[2])
done = check("--ip", "198.51.100.7", "--from", "a@example.net", "--rcpt", "user@example.net", "--json")
row("flags are told", objects(done)[2]["flags"]
    == ["ptr.missing", "helo.missing", "sender.no-domain", "sender.own-domain"] and done.returncode == 0, done.stdout)

done = check("--ip", "10.1.2.3", "--helo", "x", "--from", "<a@c.example>", "--rcpt", "<user@foreign.example>")
row("exit 0 when all recipients are accepted, brackets or not", done.returncode == 0, done.stdout)
row("for people: action, reply, reason, trace", re.search(
    r"^rcpt <<user@foreign.example>>: accept\n  reply   250 2.0.0 Ok\n  reason  relay.granted\n  trace ", done.stdout, re.M),
    done.stdout)
row("authenticated", check("--ip", "198.51.100.7", "--auth", "bob", "--rcpt", "user@foreign.example").returncode == 0)
row("no --from is the null reverse-path", objects(check("--ip", "10.1.2.3", "--rcpt", "u@d.example", "--json"))[1]["action"]
    == "accept")
row("--helo more than once", [answer["stage"] for answer in objects(
    check("--ip", "10.1.2.3", "--helo", "a", "--helo", "b", "--json"))] == ["connect", "helo", "helo"])
deferring = write("defer.conf", POLICY.replace("[relay]\n", "[relay]\ndenied = defer\n"))
row("exit 2 when a recipient is deferred", check("--ip", "198.51.100.7", "--rcpt", "u@d.example",
                                                  config=deferring).returncode == 2)
row("exit 1 when one is deferred and one rejected", check("--ip", "198.51.100.7", "--rcpt", "u@d.example", "--rcpt", "u u",
                                                          config=deferring).returncode == 1)
lost = write("lost.conf", POLICY + "[zone lost]\nnetworks = @lost\n[grant lost]\nzone = lost\n")
done = check("--ip", "198.51.100.7", "--rcpt", "u@d.example", "--json", config=lost)
row("a list that cannot be read defers", done.returncode == 2 and objects(done)[2]["code"] == 450, done.stdout)
row("and is told", "lost cannot be opened" in done.stderr, done.stderr)

# ---- what a client could send is judged ----

for name, recipient in (("bell", "u\a@example.net"), ("escape", "\x1b[2Ju@example.net"), ("cr-lf", "u\r\n@example.net"),
                        ("64-kib", "u" * 65536 + "@example.net"), ("8-bit", "u\udcff@example.net"), ("empty", "")):
    done = check("--ip", "198.51.100.7", "--from", "a@c.example", "--rcpt", recipient)
    row("recipient with %s is a verdict, 501" % name, done.returncode == 1 and "reply   501 5.1.3" in done.stdout, done.stdout)
    row("%s does not reach the terminal" % name, not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stdout), repr(done.stdout[:300]))
    done = check("--ip", "198.51.100.7", "--from", "a@c.example", "--rcpt", recipient, "--json")
    row("%s is valid JSON" % name, objects(done)[2]["code"] == 501, done.stdout[:300])
row("--smtputf8", check("--ip", "198.51.100.7", "--smtputf8", "--rcpt", "j\xf6rg@example.net").returncode == 0)

# ---- wrong use ----

for name, arguments in (("no command", []), ("unknown command", ["chek"]), ("no --config", ["check", "--ip", "10.1.2.3"]),
                        ("no --ip", ["check", "--config", config]),
                        ("--ip that is no address", ["check", "--config", config, "--ip", "10.1.2"]),
                        ("--ip with a zone id", ["check", "--config", config, "--ip", "fe80::1%eth0"]),
                        ("--ip of 64 KiB", ["check", "--config", config, "--ip", "1" * 65536]),
                        ("--peer that is no address", ["check", "--config", config, "--ip", "10.1.2.3", "--peer", "x"]),
                        ("--server-ip that is no address", ["check", "--config", config, "--ip", "10.1.2.3", "--server-ip", "x"]),
                        ("--tls-fingerprint that is none", ["check", "--config", config, "--ip", "10.1.2.3", "--tls-fingerprint", "x"]),
                        ("unknown option", ["check", "--config", config, "--ip", "10.1.2.3", "--colour"]),
                        ("stray word", ["check", "--config", config, "--ip", "10.1.2.3", "u@example.net"]),
                        ("lint without a file", ["lint"]), ("lint of two files", ["lint", config, config]),
                        ("relay-matrix without a file", ["relay-matrix"])):
    done = run(COMMAND, *arguments)
    row("exit 64: " + name, done.returncode == 64 and done.stderr and not done.stdout, done.returncode, done.stderr)
    row("told in short lines: " + name, all(len(line) < 420 for line in done.stderr.splitlines()), done.stderr[:1000])
row("--socket is a later release's", run(COMMAND, "check", "--socket", "/x", "--ip", "10.1.2.3").returncode == 69)
row("exit 74 when the output cannot be written", run("sh", "-c", '"$0" check --config "$1" --ip 10.1.2.3 >/dev/full', COMMAND,
                                                     config).returncode == 74)

# ---- bad configuration ----

done = run(COMMAND, "lint", write("second.conf", POLICY + "[spf]\nengine = libspf2\n"))
row("lint warns of an engine that a mail server refuses", done.returncode == 1 and "[spf-engine]" in done.stdout, done.stdout)
for name, text, told in (("unknown key", "[mailguard]\nmod = monitor\n", "the nearest is 'mode'"),
                         ("bad CIDR", "[zone z]\nnetworks = 10.1.2.3/8\n", "has host bits set; the network is 10.0.0.0/8"),
                         ("contradiction", "[grant g]\nzone = z\n", "there is no [zone z]")):
    bad = write("bad.conf", text)
    done = run(COMMAND, "lint", bad)
    row("lint, %s: exit 78, file and line" % name, done.returncode == 78
        and re.search(r"^%s:[12]: error: .*%s.* \[[a-z-]+\]$" % (re.escape(bad), re.escape(told)), done.stdout, re.M), done.stdout)
    done = run(COMMAND, "check", "--config", bad, "--ip", "10.1.2.3")
    row("check, %s: exit 78, told on standard error" % name, done.returncode == 78 and told in done.stderr, done.stderr)
    row("relay-matrix, %s: exit 78" % name, run(COMMAND, "relay-matrix", "--config", bad).returncode == 78)
for name, path in (("missing", "/nonexistent/mailguard.conf"), ("a directory", SCRATCH),
                   ("writable by all", write("open.conf", POLICY, 0o666))):
    done = run(COMMAND, "lint", path)
    row("lint, file %s: exit 78" % name, done.returncode == 78 and path in done.stdout, done.stdout)

# ---- lint and relay-matrix ----

clean = write("clean.conf", POLICY)
done = run(COMMAND, "lint", clean)
row("lint: exit 0 when there is nothing to say", done.returncode == 0 and not done.stdout, done.stdout)
warned = write("warned.conf", POLICY + "[zone wide]\nnetworks = 10.0.0.0/8\n")
done = run(COMMAND, "lint", warned)
row("lint: exit 1 on warnings", done.returncode == 1 and "warning: 10.0.0.0/8 in zone wide" in done.stdout, done.stdout)
row("lint: a list that cannot be read is an error", run(COMMAND, "lint", lost).returncode == 78)
done = run(COMMAND, "relay-matrix", "--config", config)
row("relay-matrix: exit 0, closed", done.returncode == 0 and re.search(r"^outside +any +foreign +no +relay.denied", done.stdout,
                                                                       re.M), done.stdout)
opened = write("opened.conf", POLICY + "[zone all]\nnetworks = 0.0.0.0/0\nopen-relay = i-understand\n[grant all]\nzone = all\n")
done = run(COMMAND, "relay-matrix", "--config", opened)
row("relay-matrix: exit 1, open", done.returncode == 1 and "open: zone all, sender" in done.stdout, done.stdout)

# ---- the man page ----

with open(os.path.join(SOURCE, "adapters/cli/mailguard.1")) as file:
    man = file.read()
with open(os.path.join(SOURCE, "adapters/cli/check.c")) as file:
    options = re.findall(r'\{ "([a-z0-9-]+)", (?:required|no)_argument', file.read())
row("some options", len(options) > 10, options)
for option in options:
    row("mailguard(1) has --" + option, re.search(r"^\.It Fl -%s( |$)" % option, man, re.M))
rules = set()
for directory in ("plugin/policy", "plugin"):
    for name in os.listdir(os.path.join(SOURCE, directory)):
        if name.endswith(".c"):
            with open(os.path.join(SOURCE, directory, name)) as file:
                rules |= set(re.findall(r'(?:findings_add|loader_fail|loader_warn)\([^;]*?"([a-z]+(?:-[a-z]+)*)",\s', file.read()))
row("some rules", len(rules) > 20, rules)
described = set(re.findall(r"\b([a-z]+(?:-[a-z]+)*)\b", " ".join(re.findall(r"^\.It Cm (.*)$", man, re.M))))
row("mailguard(1) has every rule of lint", rules <= described, rules - described)

done = run(COMMAND, "--version")
row("--version", re.match(r"mailguard \d+\.\d+\.\d+\n$", done.stdout), done.stdout)

# ---- what RCPT accepted, DATA does not refuse ----

lifted = write("lifted.conf", "[mailguard]\nhostname = mx1.example.net\n[dns]\nservers = 127.0.0.1:9\n[domains]\nlocal = example.net\n"
               "[sender]\nown-domain = reject\n[helo]\nnot-fqdn = reject\n[zone z]\nnetworks = 198.51.100.7\n[grant g]\nzone = z\n")
for name, ip, rcpt, expected in (
        ("by a grant", "198.51.100.7", "u@foreign.example", ["accept", "accept"]),
        ("by a role address", "198.51.100.9", "postmaster@example.net", ["accept", "accept"]),
        ("by nothing", "198.51.100.9", "u@example.net", ["reject", "reject"])):
    done = run(COMMAND, "check", "--config", lifted, "--ip", ip, "--helo", "pc", "--from", "a@example.net", "--rcpt", rcpt, "--json")
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    row("lifted %s: RCPT and DATA agree" % name,
        [verdict["action"] for verdict in verdicts if verdict["stage"] in ("rcpt", "data")] == expected, done.stdout)

end()
