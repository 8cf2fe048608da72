#!/usr/bin/env python3
"""recipient_memory.t - what is known of recipients after any probes, restarts and flushes, against a model.

In:    BUILD   where the driver is, as $BUILD/test/recipient_driver (build)
       STEPS   how many (100,000)
       SEED    of the generator (20261122)
Out:   TAP. The model against answers derived by hand, then the memory against the model at each step, and the promises
       that do not need a model: nobody is unknown without a probe that said so within 3 hours, nor, having been valid
       within 7 days, without two that are half a minute apart; mail to one address costs the backend no more probes than
       the times allow; and every kind of answer did occur.
Rules: RELIABILITY 4.4, 4.5; written from these tables, not from the code: the model keeps every probe of an address
       and judges from the whole history each time. One run of the driver; its one file is in a temporary directory."""

import os
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

STEPS = int(os.environ.get("STEPS", "100000"))
SEED = int(os.environ.get("SEED", "20261122"))
BUILD = os.environ.get("BUILD", "build")

MINUTE, HOUR, DAY = 60, 3600, 86400
ACCEPTED = {"valid", "size"}
DENIED = {"unknown", "moved", "suspect"}
BRIEF = {"full": ("full", 5 * MINUTE), "blocked": ("blocked-now", MINUTE), "unverifiable": ("unverifiable", 15 * MINUTE),
         "syntax": ("bad-syntax", 5 * MINUTE)}
TEMPORARY = ["grey", "temp", "transport", "backend-temp", "closing", "policy", "sender", "no-domain", "config", "protocol",
             "batch"]
NOTHING = ("nothing", "fresh", 0)

n_rows = n_failed = 0


def ok(holds, name, *notes):
    global n_rows, n_failed
    n_rows += 1
    n_failed += not holds
    print("%sok %d - %s" % ("" if holds else "not ", n_rows, name))
    for line in notes if not holds else ():
        print("# " + line)


def told(history, now):
    """(known, freshness, age) by all that was probed: a list of (time, class), in order; "refresh" is not told from "fresh"."""
    told_of = [(at, word) for at, word in history if word not in TEMPORARY]
    noes, doubt, valid, last = [], None, None, None
    previous = None
    for at, word in told_of:
        if previous is not None and at - previous >= 7 * DAY:
            noes, doubt, valid, last = [], None, None, None      # too long ago to have a part in it
        if word in DENIED:
            if doubt is not None:
                if at - doubt < 30:
                    continue                                     # no second opinion; the first goes on
                doubt, valid, noes, last = None, None, [at], ("unknown", at)
            elif last is not None and last[0] == "unknown":
                if at - noes[-1] < 30:
                    noes[-1] = at
                else:
                    noes.append(at)
                last = ("unknown", at)
            elif valid is not None and at - valid < 7 * DAY:
                doubt, last = at, ("doubt", at)
            else:
                noes, last, valid = [at], ("unknown", at), None
        else:
            noes, doubt = [], None
            if word in ACCEPTED:
                valid = at
            last = (word, at)
        previous = at
    if last is None or now - last[1] >= 7 * DAY:
        return NOTHING
    word, at = last
    if word == "doubt":
        return ("doubt", "stale" if now - at >= 30 else "fresh", now - at)
    if word == "unknown":
        holds = min(10 * MINUTE * 3 ** (len(noes) - 1), 3 * HOUR)
        return ("unknown", "fresh", now - at) if now - at < holds else NOTHING
    if word in BRIEF and now - at < BRIEF[word][1]:
        return (BRIEF[word][0], "fresh", now - at)
    if valid is None or now - valid >= 7 * DAY:
        return NOTHING
    return ("valid", "fresh" if now - valid < 12 * HOUR else "stale", now - valid)


def known_answers():
    for name, history, now, expected in [
            ("nothing", [], 0, NOTHING),
            ("valid", [(0, "valid")], 43199, ("valid", "fresh", 43199)),
            ("stale", [(0, "valid")], 43200, ("valid", "stale", 43200)),
            ("over", [(0, "valid")], 604800, NOTHING),
            ("unknown", [(0, "unknown")], 599, ("unknown", "fresh", 599)),
            ("unknown over", [(0, "unknown")], 600, NOTHING),
            ("confirmed", [(0, "unknown"), (600, "suspect")], 2399, ("unknown", "fresh", 1799)),
            ("doubt", [(0, "valid"), (50, "moved")], 70, ("doubt", "fresh", 20)),
            ("two noes", [(0, "valid"), (50, "unknown"), (60, "temp"), (80, "unknown")], 80, ("unknown", "fresh", 0)),
            ("full, then as before", [(0, "valid"), (50, "full")], 350, ("valid", "fresh", 350))]:
        ok(told(history, now) == expected, "by hand: " + name, repr(told(history, now)))


class World:
    """One file, and processes one after another, each with clocks of its own. Histories are in true time."""

    def __init__(self, rng):
        self.rng = rng
        self.true = 1000000
        self.mono, self.wall = 0, 1800000000 - self.true    # what the clocks show, less the true time
        self.histories = {}
        self.lines = ["begin %d %d" % (self.true + self.mono, self.true + self.wall)]
        self.asked = []          # (true time, local, history as it was, what was asked) for each line that is answered

    def now(self):
        return self.true + self.mono

    def step(self):
        rng = self.rng
        self.true += rng.choice([0, 0, 1, 5, 29, 30, 31, 60, 299, 300, 599, 600, 601, 1800, 3 * HOUR, 12 * HOUR, DAY] +
                                [rng.randrange(200)] * 12 + [rng.randrange(8 * DAY)])
        local = "user%d" % rng.randrange(6)
        what = rng.random()
        if what < 0.55:
            word = rng.choice(["valid"] * 6 + ["unknown"] * 9 + ["moved", "suspect", "size", "full", "blocked", "unverifiable",
                                                              "syntax"] + [rng.choice(TEMPORARY)] * 3)
            self.histories.setdefault(local, []).append((self.true, word))
            self.lines.append("probe %d %s %s" % (self.now(), local, word))
            self.ask(local)
        elif what < 0.97:
            self.lines.append("recall %d %s" % (self.now(), local))
            self.ask(local)
        elif what < 0.985:
            self.restart()
        else:
            self.forget(local)

    def ask(self, local):
        self.asked.append((self.true, local, list(self.histories.get(local, []))))

    def restart(self):
        rng = self.rng
        self.lines.append("end %d %d" % (self.now(), self.true + self.wall))
        self.true += rng.choice([0, 1, 30, 600, DAY, rng.randrange(8 * DAY)])
        self.mono = rng.choice([0, 12345, 10 ** 9]) - self.true
        self.lines.append("begin %d %d" % (self.now(), self.true + self.wall))

    def forget(self, local):
        kind = self.rng.choice(["address", "domain", "negatives", "all", "other"])
        domain, name, negatives = {"address": ("example.org", local, 0), "domain": ("example.org", "-", 0),
                                   "negatives": ("-", "-", 1), "all": ("-", "-", 0), "other": ("example.net", "-", 0)}[kind]
        self.true += 1      # what is learned within the second of a flush may go with it
        self.lines.append("forget %d %d %s %s %d" % (self.now(), self.true + self.wall, domain, name, negatives))
        self.true += 1
        for other in list(self.histories):
            if kind in ("domain", "all") or kind == "address" and other == local \
                    or kind == "negatives" and self.ends_in_no(other):
                del self.histories[other]

    def ends_in_no(self, local):
        told_of = [word for at, word in self.histories[local] if word not in TEMPORARY]
        return bool(told_of) and told_of[-1] in DENIED


def evidence(history, now):
    """Whether an address may be refused, from the probes alone."""
    valid = max((at for at, word in history if word in ACCEPTED), default=None)
    noes = [at for at, word in history if word in DENIED]
    if not noes or now - noes[-1] >= 3 * HOUR:
        return False
    if valid is None or noes[-1] - valid >= 7 * DAY:
        return True
    since = [at for at in noes if at >= valid]
    return since[-1] - since[0] >= 30 if since else False


def compare(world, answers):
    seen, wrong, baseless = {}, [], []
    for (true, local, history), line in zip(world.asked, answers):
        word, freshness, age = line.split()
        answer = (word, "fresh" if freshness == "refresh" else freshness, int(age))
        expected = told(history, true)
        seen[(word, freshness)] = seen.get((word, freshness), 0) + 1
        if answer != expected:
            wrong.append("%s at %d: %r, expected %r, of %r" % (local, true, answer, expected, history[-6:]))
        if freshness == "refresh" and not 0.675 * 12 * HOUR <= int(age) < 12 * HOUR:
            wrong.append("%s is to be refreshed after %s s" % (local, age))
        if word == "unknown" and not evidence(history, true):
            baseless.append("%s at %d, of %r" % (local, true, history[-6:]))
    ok(len(answers) == len(world.asked), "every question is answered")
    ok(not wrong, "%d answers are the model's" % len(answers), *wrong[:5])
    ok(not baseless, "nobody is unknown without evidence", *baseless[:5])
    for kind in [("nothing", "fresh"), ("valid", "fresh"), ("valid", "refresh"), ("valid", "stale"), ("unknown", "fresh"),
                 ("doubt", "fresh"), ("doubt", "stale"), ("full", "fresh"), ("blocked-now", "fresh"),
                 ("unverifiable", "fresh"), ("bad-syntax", "fresh")]:
        ok(seen.get(kind, 0) > 0, "%s %s occurred" % kind)


def run_driver(lines):
    with tempfile.TemporaryDirectory() as directory:
        run = subprocess.run([os.path.join(BUILD, "test", "recipient_driver"), directory], input="\n".join(lines) + "\n",
                             stdout=subprocess.PIPE, universal_newlines=True, timeout=900)
    ok(run.returncode == 0, "the driver ran to its end", "status %d" % run.returncode)
    return run.stdout.splitlines()


class Asker:
    """Mail to one address, which is asked about whenever what is known says that it must be: by the model, against which
    compare() has held the memory."""

    def __init__(self, answer):
        self.answer, self.history, self.n_probes = answer, [], 0

    def mail(self, now):
        word, freshness, _ = told(self.history[-12:], now)
        if word == "nothing" or freshness == "stale":
            self.history.append((now, self.answer(now)))
            self.n_probes += 1


def probes():
    """How many probes a day of mail each second costs at most."""
    for name, answer, least, most in [("valid", lambda now: "valid", 2, 3),
                                      ("unknown", lambda now: "unknown", 8, 12),
                                      ("unknown since noon", lambda now: "valid" if now < DAY // 2 else "unknown", 5, 10)]:
        asker = Asker(answer)
        for now in range(0, DAY):
            asker.mail(now)
        ok(least <= asker.n_probes <= most, "a day of mail to one that is %s: at most %d probes" % (name, most),
           "%d" % asker.n_probes)


def main():
    print("# SEED=%d STEPS=%d" % (SEED, STEPS))
    known_answers()
    world = World(random.Random(SEED))
    for _ in range(STEPS):
        world.step()
    compare(world, run_driver(world.lines))
    probes()
    print("1..%d" % n_rows)
    return 1 if n_failed else 0


sys.exit(main())
