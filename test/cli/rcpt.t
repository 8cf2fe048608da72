#!/usr/bin/env python3
"""rcpt.t - does the recipient exist: tables, a backend, its canaries, and what becomes of doubt. The backend is a server of the
test's own on loopback."""

import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from smtp_backend import Backend  # noqa: E402
from tap import BUILD, end, row, run, write  # noqa: E402

COMMAND = os.path.join(BUILD, "mailguard")
BASE = """[mailguard]
hostname = mx1.example.net
[dns]
servers = 127.0.0.1:9
[domains]
relay-to = example.org .wide.example tables.example hosted.tables.example both.example
"""


def config(more):
    return write("mailguard.conf", BASE + more)


def backend_section(port, more="", domains="example.org .wide.example both.example"):
    return "[backend corp]\ndomains = %s\nserver = smtp://127.0.0.1:%d\ntls = off\n%s" % (domains, port, more)


def ask(policy, address):
    done = run(COMMAND, "rcpt", address, "--config", config(policy), "--json")
    try:
        told = json.loads(done.stdout)
    except ValueError:
        told = {}
    told["exit"] = done.returncode
    told["errors"] = done.stderr
    return told


def ask_many(policy, addresses):
    done = subprocess.run([COMMAND, "rcpt", "--batch", "--config", config(policy)], input="".join(a + "\n" for a in addresses),
                          capture_output=True, text=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


def expect(name, told, **expected):
    got = {key: told.get(key) for key in expected}
    return row(name, got == expected, "got  %s" % got, "want %s" % expected, told)


# ---- a backend that tells recipients apart ----

backend = Backend(knows=["ana", "user"], replies={
    "full": "552 5.2.2 over quota", "grey": "450 4.7.1 greylisted", "later": "451 4.3.2 later", "blocked": "550 5.7.1 go away",
    "bare": "550 no such user", "bare-policy": "550 relaying denied", "size": "552 5.2.3 too large", "moved": "551 5.1.6 moved away",
    "blind": "252 2.5.0 cannot say", "refused-now": "450 4.2.1 try again later", "sender": "550 5.1.8 bad sender",
    "escape": "550 5.1.1 \x1b[2J\x07 no"})
POLICY = backend_section(backend.port)
for address, reason, action, code, enhanced, exit_code in (
        ("ana@example.org", "rcpt.exists", "accept", 250, "2.0.0", 0),
        ("ANA@EXAMPLE.ORG", "rcpt.exists", "accept", 250, "2.0.0", 0),
        ("<ana@example.org>", "rcpt.exists", "accept", 250, "2.0.0", 0),
        ("nobody@example.org", "rcpt.unknown", "reject", 550, "5.1.1", 1),
        ("bare@example.org", "rcpt.unknown", "reject", 550, "5.1.1", 1),
        ("moved@example.org", "rcpt.unknown", "reject", 550, "5.1.1", 1),
        ("full@example.org", "rcpt.full", "defer", 452, "4.2.2", 2),
        ("size@example.org", "rcpt.exists", "accept", 250, "2.0.0", 0),
        ("blind@example.org", "rcpt.unverifiable", "accept", 250, "2.0.0", 0),
        ("grey@example.org", "rcpt.temporary", "defer", 451, "4.7.1", 2),
        ("later@example.org", "rcpt.backend-down", "defer", 451, "4.4.3", 2),
        ("refused-now@example.org", "rcpt.temporary", "defer", 450, "4.2.1", 2),
        ("blocked@example.org", "rcpt.temporary", "defer", 451, "4.4.3", 2),
        ("bare-policy@example.org", "rcpt.temporary", "defer", 451, "4.4.3", 2),
        ("sender@example.org", "rcpt.temporary", "defer", 451, "4.4.3", 2),
        ("ana@host.wide.example", "rcpt.exists", "accept", 250, "2.0.0", 0),
        ("ana@elsewhere.example", "none", "accept", 250, "2.0.0", 0),
        ("postmaster@example.org", "none", "accept", 250, "2.0.0", 0)):
    expect("%s: %s" % (address, reason), ask(POLICY, address), reason=reason, action=action, code=code, enhanced=enhanced,
           exit=exit_code)
told = ask(POLICY, "nobody@example.org")
expect("a refusal is explained", told, source="probe", backend="corp", endpoint="smtp://127.0.0.1:%d" % backend.port, said_code=550,
       said="no such user", domain_class="discriminating", canary_age_s=0)
row("what the backend says is escaped", "\x1b" not in json.dumps(ask(POLICY, "escape@example.org"), ensure_ascii=False),
    ask(POLICY, "escape@example.org"))
row("nothing but MAIL, RCPT and RSET is said", {c.split(":")[0].split(" ")[0] for c in backend.commands}
    <= {"EHLO", "MAIL", "RCPT", "RSET", "QUIT"}, set(backend.commands))
row("the sender is null", all(c == "MAIL FROM:<>" for c in backend.commands if c.startswith("MAIL")), set(backend.commands))

# ---- many at once ----

crowd = Backend(knows=["ana", "user"])   # one that nobody has asked yet
answers = ask_many(backend_section(crowd.port), ["ana@example.org"] * 50 + ["user@example.org", "not an address", "nobody@example.org"] * 2)
row("a batch answers each line in its place", [answer.get("reason") for answer in answers] ==
    ["rcpt.exists"] * 50 + ["rcpt.exists", "none", "rcpt.unknown"] * 2, [answer.get("reason") for answer in answers])
asked = [recipient for recipient in crowd.recipients() if recipient.startswith(("ana@", "user@", "nobody@"))]
row("one address is asked about once", sorted(asked) == ["ana@example.org", "nobody@example.org", "user@example.org"], asked)
row("two canaries are", len(crowd.recipients()) == 5, crowd.recipients())
crowd.stop()

# ---- sub-addresses, case ----

TAGGED = backend_section(backend.port, "recipient-delimiter = +\n")
backend.commands.clear()
expect("a sub-address is as good as its address", ask(TAGGED, "ana+lists@example.org"), reason="rcpt.exists", asked="ana@example.org")
backend.replies["odd+one"] = "250 2.1.5 ok"
expect("before one is refused it is asked about as it stands", ask(TAGGED, "odd+one@example.org"), reason="rcpt.exists",
       asked="odd+one@example.org")
expect("and refused if that does not exist either", ask(TAGGED, "nobody+x@example.org"), reason="rcpt.unknown")
expect("without a delimiter a tag is part of the name", ask(POLICY, "ana+lists@example.org"), reason="rcpt.unknown")
expect("a quoted Local-part is sent as it came", ask(POLICY, '"ana"@example.org'), reason="rcpt.exists", asked='\\x22ana\\x22@example.org')

# ---- tables ----

write("recipients", "# those that exist\nanna@tables.example\n@hosted.tables.example\nboss@\nonly@both.example\n")
TABLES = ("[recipients]\ntables = @recipients\ndeny = gone@tables.example ana@both.example\n")
expect("a table has it", ask(TABLES, "anna@tables.example"), reason="rcpt.exists", source="table")
expect("a table has the domain, not it", ask(TABLES, "ana@tables.example"), reason="rcpt.unknown", code=550, source="table")
expect("a whole domain", ask(TABLES, "anybody@hosted.tables.example"), reason="rcpt.exists", source="table")
expect("a Local-part of every domain", ask(TABLES, "boss@tables.example"), reason="rcpt.exists")
expect("deny comes first", ask(TABLES, "gone@tables.example"), reason="rcpt.unknown")
expect("nobody knows of the domain", ask(TABLES, "ana@example.org"), reason="none", action="accept")
BOTH = TABLES + POLICY
backend.commands.clear()
expect("with a backend a hit is enough", ask(BOTH, "only@both.example"), reason="rcpt.exists", source="table")
row("and nobody is asked", backend.commands == [], backend.commands)
expect("a miss asks", ask(BOTH, "user@both.example"), reason="rcpt.exists", source="probe")
expect("deny needs no backend", ask(BOTH, "ana@both.example"), reason="rcpt.unknown", source="table")
backend.stop()

# ---- backends whose "no" is worth nothing ----

catch_all = Backend(unknown="250 2.1.5 ok")
expect("everybody exists", ask(backend_section(catch_all.port), "ana@example.org"), reason="rcpt.catch-all", action="accept")
answers = ask_many(backend_section(catch_all.port), ["ana@example.org"] + ["bob%d@example.org" % i for i in range(20)])
row("a catch-all domain is accepted", all(answer["action"] == "accept" for answer in answers), answers)
catch_all.stop()
amnesiac = Backend(knows=["ana"])
amnesiac.knows.discard("postmaster")
expect("its postmaster is unknown: no refusal is believed", ask(backend_section(amnesiac.port), "bob@example.org"),
       reason="rcpt.untrusted", action="defer", code=451)
expect("another canary mends that", ask(backend_section(amnesiac.port, "canary = ana\n"), "bob@example.org"), reason="rcpt.unknown")
amnesiac.stop()
blocking = Backend(unknown="554 5.7.1 you are blocked")
blocking.knows.clear()
expect("it refuses us, not the recipient", ask(backend_section(blocking.port), "ana@example.org"), action="defer", code=451)
blocking.stop()

# ---- trouble, and what on-failure makes of it ----

for name, options in (("banner 554", {"banner": "554 5.3.2 no service"}), ("banner 421", {"banner": "421 4.3.2 later"}),
                      ("MAIL 451", {"mail": "451 4.3.0 later"}), ("MAIL 550 for the null sender", {"mail": "550 5.7.1 no bounces"}),
                      ("no banner but garbage", {"banner": "hello"})):
    troubled = Backend(**options)
    expect("%s: deferred" % name, ask(backend_section(troubled.port), "ana@example.org"), action="defer", code=451)
    troubled.stop()
dead = Backend()
dead.stop()
for outage, role, action in (("defer", "gateway", "defer"), ("stale-only", "gateway", "defer"), ("accept", "backup-mx", "accept")):
    expect("nobody listens, on-failure = %s: %s" % (outage, action),
           ask(backend_section(dead.port, "role = %s\non-failure = %s\n" % (role, outage)), "ana@example.org"),
           reason="rcpt.backend-down", action=action)
second = Backend(knows=["ana"])
both = backend_section(dead.port).replace("server = ", "server = smtp://127.0.0.1:%d " % dead.port).replace(
    "smtp://127.0.0.1:%d\ntls" % dead.port, "smtp://127.0.0.1:%d\ntls" % second.port)
expect("the second server answers for the first", ask(both, "ana@example.org"), reason="rcpt.exists",
       endpoint="smtp://127.0.0.1:%d" % second.port)
sender = Backend(knows=["ana"], mail="250 2.1.0 ok")

# ---- no more than forty guesses at once: who waits for one is not overtaken ----

class Slow(Backend):
    def _reply_to_rcpt(self, command):
        time.sleep(0.01)
        return super()._reply_to_rcpt(command)


names = ["u%d" % n for n in range(120)]
slow = Slow(knows=names)
batch = subprocess.Popen([COMMAND, "rcpt", "--batch", "--config", config(backend_section(slow.port, "max-connections = 1\n"))],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
batch.stdin.write("".join(name + "@example.org\n" for name in names[:60]))
reasons = []
for name in names[60:]:   # one more for each that is answered
    reasons.append(json.loads(batch.stdout.readline())["reason"])
    batch.stdin.write(name + "@example.org\n")
batch.stdin.close()
reasons += [json.loads(line)["reason"] for line in batch.stdout]
batch.wait()
asked = [mailbox.split("@")[0] for mailbox in slow.recipients()]
row("who waits for a guess is not overtaken", [name for name in asked if name in names] == names, asked)
row("and is answered", reasons == ["rcpt.exists"] * len(names), reasons)
slow.stop()

# ---- for a person ----

told = run(COMMAND, "rcpt", "bob@example.org", "--config", config(backend_section(second.port)))
row("the transcript is told", all(line in told.stdout for line in
    ("  > EHLO mx1.example.net", "  > RCPT TO:<bob@example.org>", "  < 550 5.1.1 no such user", "  > RSET"))
    and told.returncode == 1 and told.stderr == "", told.stdout, told.stderr)
many = Backend(unknown="250 2.1.5 ok", keywords=())
SERVERS = backend_section(second.port).replace("tls = off", "smtp://127.0.0.1:%d" % dead.port).replace("\nsmtp", " smtp") + \
    "tls = off\n[backend other]\ndomains = tables.example\ntls = off\nserver = smtp://127.0.0.1:%d\n" % many.port
done = run(COMMAND, "backend", "--config", config(SERVERS), "--json")
tried = [json.loads(line) for line in done.stdout.splitlines()]
row("each server is tried", [(t["backend"], t["reached"], t["class"], t["pipelining"], t["problem"]) for t in tried] ==
    [("corp", "yes", "discriminating", "yes", None), ("corp", "no", "undetermined", "no", "refused"),
     ("other", "yes", "catch-all", "no", None)] and done.returncode == 1, done.stdout, done.stderr)
done = run(COMMAND, "backend", "--config", config(backend_section(second.port)))
row("all is well: exit 0", done.returncode == 0 and ": discriminating\n" in done.stdout, done.stdout, done.stderr)
done = run(COMMAND, "backend", "--config", config(""))
row("no backend: a clear error", done.returncode == 78 and "has no [backend NAME]" in done.stderr, done.stderr)
many.stop()

# ---- in a session ----


def check(policy, *arguments):
    done = run(COMMAND, "check", "--config", config(policy), "--ip", "198.51.100.7", *arguments, "--json")
    return [json.loads(line) for line in done.stdout.splitlines()]


SESSION = backend_section(sender.port) + "[helo]\nno-address = off\n"
verdicts = check(SESSION, "--helo", "mx.example.com", "--from", "", "--rcpt", "ana@example.org", "--rcpt", "bob@example.org")
row("RCPT by RCPT", [(v["reason"], v["code"]) for v in verdicts if v["stage"] == "rcpt"] ==
    [("relay.own-domain", 250), ("rcpt.unknown", 550)], verdicts)
row("the reply is one text for all", [v["text"] for v in verdicts if v["stage"] == "rcpt"][1:] == ["No such recipient here"], verdicts)
sender.commands.clear()
verdicts = check(SESSION + "[deny hosts]\nhosts = 198.51.100.0/24\n", "--helo", "mx.example.com", "--from", "", "--rcpt",
                 "bob@example.org")
row("who is refused already costs no probe", sender.commands == [], sender.commands, verdicts)
verdicts = check(SESSION, "--helo", "mx.example.com", "--from", "", "--rcpt", "postmaster@example.org", "--rcpt", "u%x@example.org",
                 "--rcpt", "u@foreign.example")
row("nor do role addresses, routes and what is not ours", sender.recipients() == [], sender.commands, verdicts)
sender.stop()
second.stop()

# ---- mistakes ----

for name, arguments, code in (("no address", ["rcpt", "--config", config("")], 64), ("no config", ["rcpt", "a@b.example"], 64),
                              ("an address too many", ["rcpt", "a@b.example", "c@d.example", "--config", config("")], 64),
                              ("batch and an address", ["rcpt", "--batch", "a@b.example", "--config", config("")], 64),
                              ("a config that is not there", ["rcpt", "a@b.example", "--config", "/nonexistent"], 78)):
    done = run(COMMAND, *arguments)
    row("%s: exit %d" % (name, code), done.returncode == code and done.stderr.startswith("mailguard: "), done.returncode, done.stderr)
end()
