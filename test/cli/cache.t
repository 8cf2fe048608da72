#!/usr/bin/env python3
"""cache.t - what is remembered of recipients: listed, counted, kept over a restart, forgotten by all who share it. The backend is a
server of the test's own on loopback."""

import json
import os
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from smtp_backend import Backend  # noqa: E402
from tap import BUILD, SCRATCH, end, row, run, write  # noqa: E402

COMMAND = os.path.join(BUILD, "mailguard")
CACHE = os.path.join(SCRATCH, "cache.db")
NOBODY = 65534
STATS = ["entries", "valid", "unknown", "unverifiable", "full", "blocked_now", "bad_syntax", "doubted", "stale", "domains", "newest_s",
         "oldest_s", "octets", "stale_share"]

backend = Backend(knows=["ana", "bo", "j\u00f6rg"], replies={"full": "552 5.2.2 over quota"})


def config(cache=CACHE, more=""):
    return write("mailguard.conf", """[mailguard]
hostname = mx1.example.net
[dns]
servers = 127.0.0.1:9
[domains]
relay-to = example.org example.com
[backend corp]
domains = example.org example.com
server = smtp://127.0.0.1:%d
tls = off
recipient-delimiter = +
[recipients]
cache = %s
%s""" % (backend.port, cache, more))


def cache(*arguments, **options):
    return run(COMMAND, "cache", *arguments, "--config", options.pop("config", None) or config(), **options)


def listed(**options):
    done = cache("list", "--json", **options)
    return {entry["address"]: entry for entry in map(json.loads, done.stdout.splitlines())}


def learn(*addresses):
    done = subprocess.run([COMMAND, "rcpt", "--batch", "--config", config()], input="".join(a + "\n" for a in addresses),
                          capture_output=True, text=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


def remove():
    for ending in ("", "-wal", "-shm", ".bad"):
        if os.path.lexists(CACHE + ending):
            os.unlink(CACHE + ending)


# ---- before anything is known ----

done = cache("list")
row("no file: nothing is listed", (done.returncode, done.stdout, done.stderr) == (0, "", ""), done)
told = json.loads(cache("stats", "--json").stdout)
row("no file: nothing is counted", list(told) == STATS and not any(told.values()) and told["newest_s"] is None, told)
done = cache("flush", "--all")
row("no file: nothing is forgotten", (done.returncode, done.stdout, done.stderr) == (0, "0 forgotten\n", ""), done)
row("and none is made", not os.path.exists(CACHE))

# ---- what was learned ----

ADDRESSES = ["ana@example.org", "Bo@Example.ORG", "nobody@example.org", "full@example.org", "ana@example.com", "no+tag@example.com",
             "postmaster@example.org"]
learn(*ADDRESSES)
entries = listed()
row("what rcpt learned is listed",
    {address: (entry["known"], entry["code"], entry["freshness"]) for address, entry in entries.items()} ==
    {"ana@example.org": ("valid", 250, "fresh"), "bo@example.org": ("valid", 250, "fresh"),
     "nobody@example.org": ("unknown", 550, "fresh"), "full@example.org": ("full", 552, "fresh"),
     "ana@example.com": ("valid", 250, "fresh"), "no@example.com": ("unknown", 550, "fresh"),
     "no+tag@example.com": ("unknown", 550, "fresh")}, entries)
row("ages are seconds", all(0 <= entry["age_s"] < 100 for entry in entries.values()), entries)
lines = cache("list").stdout.splitlines()
row("as text too", len(lines) == 7 and any(line.startswith("ana@example.org: valid, fresh, ") and line.endswith(" s old, by a 250")
                                           for line in lines), lines)
told = json.loads(cache("stats", "--json").stdout)
row("it is counted", list(told) == STATS and [told[key] for key in STATS[:10]] == [7, 3, 3, 0, 1, 0, 0, 0, 0, 2]
    and told["stale_share"] == 0 and 0 <= told["newest_s"] <= told["oldest_s"] < 100, told)
row("octets are the files'", told["octets"] >= os.path.getsize(CACHE) > 0, told, os.path.getsize(CACHE))
text = dict(line.rsplit(None, 1) for line in cache("stats").stdout.replace(" %", "").splitlines())
row("as text too", (text["entries"], text["valid"], text["domains"], text["stale share"]) == ("7", "3", "2", "0.0"), text)
backend.commands.clear()
answers = learn(*ADDRESSES)
row("it survives: who exists is not asked about again", [answers[i]["source"] for i in (0, 1, 3, 4)] == ["cache"] * 4
    and not [asked for asked in backend.recipients() if asked.split("@")[0] in ("ana", "Bo", "full")], answers, backend.recipients())

# ---- octets that a terminal must not see ----

learn('"a\\"b c"@example.org', "j\u00f6rg@example.org")
shown = cache("list").stdout
row("text is printable ASCII", all(" " <= c <= "~" or c == "\n" for c in shown), shown)
row("quotes and backslashes are escaped", "\\x22a\\x5c\\x22b c\\x22@example.org: " in shown, shown)
row("JSON keeps the octets", '"a\\"b c"@example.org' in listed(), listed())

# ---- forgetting ----

for name, arguments, n, gone in (
        ("one", ["ana@example.org"], 1, {"ana@example.org"}),
        ("the same again", ["ana@example.org"], 0, set()),
        ("one in angle brackets, in another case", ["<BO@EXAMPLE.ORG>"], 1, {"bo@example.org"}),
        ("one with a sub-address: what is known without it too", ["no+tag@example.com"], 2, {"no@example.com", "no+tag@example.com"}),
        ("one in quotes", ['"a\\"b c"@example.org'], 1, {'"a\\"b c"@example.org'}),
        ("negatives", ["--negatives"], 1, {"nobody@example.org"}),
        ("a domain", ["@Example.Com"], 1, {"ana@example.com"}),
        ("a domain of which nothing is known", ["@foreign.example"], 0, set())):
    before = set(listed())
    done = cache("flush", *arguments)
    after = set(listed())
    row("flush: " + name, (done.returncode, done.stdout, done.stderr) == (0, "%d forgotten\n" % n, "") and before - after == gone
        and after <= before, done, before - after)
left = len(listed())
done = cache("flush", "--all")
row("flush: all", left > 0 and done.stdout == "%d forgotten\n" % left and listed() == {}, left, done, listed())
backend.commands.clear()
learn("ana@example.org")
row("then the backend is asked again", "ana@example.org" in backend.recipients(), backend.recipients())

# ---- another process ----


class Asker:
    """rcpt --batch that stays open: one line in, one answer out."""

    def __init__(self):
        self.process = subprocess.Popen([COMMAND, "rcpt", "--batch", "--config", config()], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, address):
        self.process.stdin.write(address + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        return json.loads(self.process.stdout.readline()) if ready else {}

    def source(self, address):
        return self.ask(address).get("source")

    def close(self):
        self.process.stdin.close()
        return self.process.wait(timeout=30)


def within_5_s(holds):
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


remove()
asker = Asker()
first = [asker.source(address) for address in ("ana@example.org", "ana@example.com", "nobody@example.org")]
again = [asker.source(address) for address in ("ana@example.org", "ana@example.com", "nobody@example.org")]
row("a process answers from its memory", (first, again) == (["probe"] * 3, ["cache"] * 3), first, again)
row("which it shares", within_5_s(lambda: len(listed()) == 3), listed())
backend.commands.clear()
done = cache("flush", "ana@example.org")
row("another process forgets one", done.stdout == "1 forgotten\n", done)
row("and it asks the backend again", within_5_s(lambda: asker.source("ana@example.org") == "probe")
    and "ana@example.org" in backend.recipients(), backend.recipients())
row("about that one alone", asker.source("ana@example.com") == "cache" and asker.source("nobody@example.org") == "cache"
    and "ana@example.com" not in backend.recipients(), backend.recipients())
row("once", asker.source("ana@example.org") == "cache")
row("and tells what it learned then", within_5_s(lambda: "ana@example.org" in listed()), listed())
cache("flush", "--negatives")
row("so with negatives", within_5_s(lambda: asker.source("nobody@example.org") == "probe")
    and asker.source("ana@example.com") == "cache")
cache("flush", "@example.com")
row("and with a domain", within_5_s(lambda: asker.source("ana@example.com") == "probe") and asker.source("ana@example.org") == "cache")
cache("flush", "--all")
row("and with all", within_5_s(lambda: asker.source("ana@example.org") == "probe"))
row("it ends well", asker.close() == 0)

# ---- files in a bad way ----

with open(CACHE, "r+b") as file:
    file.seek(100)
    file.write(b"\xff" * 4000)
for ending in ("-wal", "-shm"):
    if os.path.exists(CACHE + ending):
        os.unlink(CACHE + ending)
done = cache("list")
row("a damaged file is set aside, and said to be", done.returncode == 69 and done.stdout == "" and "cache.set-aside" in done.stderr
    and os.path.exists(CACHE + ".bad"), done, os.listdir(SCRATCH))
row("then all is well", cache("list").returncode == 0 and learn("ana@example.org")[0]["source"] == "probe"
    and "ana@example.org" in listed())
letter = write("letter", "Dear Ana, this is no cache at all. " * 10, 0o600)
for arguments in (["list"], ["stats"], ["flush", "--all"]):
    done = cache(*arguments, config=config(letter))
    row("%s: another program's file is left alone" % arguments[0], done.returncode == 69 and "cache.off" in done.stderr
        and open(letter).read().startswith("Dear Ana"), done)
config()
if os.geteuid() == 0:
    as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    os.chmod(SCRATCH, 0o755)
    try:
        may = subprocess.run([COMMAND, "--version"], capture_output=True, **as_nobody).returncode == 0
    except OSError:
        may = False
else:
    as_nobody, may = {}, True
directory = os.path.join(SCRATCH, "directory")
os.mkdir(directory)
inside = os.path.join(directory, "cache.db")
with open(CACHE, "rb") as source, open(inside, "wb") as copy:
    copy.write(source.read())
if as_nobody:
    os.chown(inside, NOBODY, NOBODY)
os.chmod(inside, 0o600)
os.chmod(directory, 0o555)
if may:
    before = open(inside, "rb").read()
    done = cache("flush", "--all", config=config(inside), **as_nobody)
    row("an unwritable directory: nothing is forgotten", done.returncode == 69 and "cache.off" in done.stderr
        and open(inside, "rb").read() == before, done)
    done = cache("list", config=config(inside), **as_nobody)
    row("nor listed", done.returncode == 69 and done.stdout == "" and "cache.off" in done.stderr, done)
else:
    row("an unwritable directory # SKIP another user may not run the command", True)
os.chmod(directory, 0o755)

# ---- mistakes ----

NO_CACHE = write("plain.conf", "[mailguard]\nhostname = mx1.example.net\n")
BROKEN = write("broken.conf", "[mailgard]\n")
for name, arguments, code, why in (
        ("no task", ["--config", NO_CACHE], 64, "list, stats or flush"), ("another task", ["empty", "--config", NO_CACHE], 64, "list, stats"),
        ("list: no config", ["list"], 64, "--config"), ("flush: no config", ["flush", "--all"], 64, "--config"),
        ("list: an argument", ["list", "ana@example.org", "--config", NO_CACHE], 64, "was not expected"),
        ("flush: of what", ["flush", "--config", NO_CACHE], 64, "one of"),
        ("flush: of two", ["flush", "--all", "ana@example.org", "--config", NO_CACHE], 64, "one of"),
        ("flush: of a word", ["flush", "all", "--config", config()], 64, "an address"),
        ("flush: of no address", ["flush", "ana%x@example.org", "--config", config()], 64, "an address"),
        ("flush: of no domain", ["flush", "@", "--config", config()], 64, "an address"),
        ("flush: as JSON", ["flush", "--all", "--json", "--config", NO_CACHE], 64, "json"),
        ("list: no cache", ["list", "--config", NO_CACHE], 78, "no [recipients] cache"),
        ("stats: no cache", ["stats", "--json", "--config", NO_CACHE], 78, "no [recipients] cache"),
        ("flush: no cache", ["flush", "--all", "--config", NO_CACHE], 78, "no [recipients] cache"),
        ("list: no policy", ["list", "--config", BROKEN], 78, "mailgard"),
        ("flush: no policy", ["flush", "--all", "--config", BROKEN], 78, "mailgard"),
        ("flush: no file", ["flush", "--all", "--config", "/nonexistent"], 78, "/nonexistent")):
    done = run(COMMAND, "cache", *arguments)
    row("%s: exit %d" % (name, code), done.returncode == code and done.stdout == "" and why in done.stderr, done)
done = run(COMMAND, "cache", "list", "--config", config(), env=dict(os.environ, MAILGUARD_ENGINE="/nonexistent/engine.so"))
row("no engine: exit 69", done.returncode == 69 and done.stdout == "", done)
backend.stop()
end()
