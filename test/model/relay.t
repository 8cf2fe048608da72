#!/usr/bin/env python3
"""relay.t - the library's relay decision against the model's, over generated policies and cases.

In:    BUILD   where the driver is, as $BUILD/test/relay_driver (build)
       CASES   how many cases (100,000), over a policy for each 500
       SEED    of the generator (20261121)
Out:   TAP. First the model against answers derived by hand, then the library against the model: a row for each
       kind of forward-path, and a row for each reason, that the cases did lead to it. Differences are shown with
       the policy and the facts; the rest is counted by what the two answered.
Rules: mailguard.conf(5), by relay_model.py. One run of the driver; no network, no fixed paths."""

import collections
import os
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True      # the source tree stays as it is

from relay_cases import Generator
from relay_model import Case, Policy, decide

CASES = int(os.environ.get("CASES", "100000"))
SEED = int(os.environ.get("SEED", "20261121"))
BUILD = os.environ.get("BUILD", "build")

CASES_PER_POLICY = 500
DRIVER_TIME_MAX_S = 900
SHOWN_MAX = 5           # differences shown in full

REASONS = ["relay.granted", "relay.own-domain", "relay.denied", "relay.expired", "relay.address-form",
           "address.syntax", "deny.host", "deny.sender", "deny.recipient", "deny.pair"]
# In a run of 100,000; a shorter one owes as much less.
REASON_LEAST = max(1, 100 * min(CASES, 100000) // 100000)

# ---- answers derived by hand from the manual --------------------------------------------------------------------

KNOWN_POLICY = """\
[mailguard]
own-addresses = 192.0.2.1 2001:db8::1
proxies = 192.0.2.250

[domains]
local = ours.example
relay-to = .relay.example

[zone servers]
networks = 198.51.100.0/24 !198.51.100.128/25 198.51.100.200
[zone inner]
networks = 198.51.100.64/26
[zone roof]
networks = 198.51.100.192/26
[zone firewall]
networks = 203.0.113.7
shared-by-nat = yes
[zone named]
hosts = .named.example mta.named.example.
[zone farm]
hosts = .farm.named.example
[zone pipe]
local = yes

[grant users]
auth = any
[grant servers]
zone = servers named pipe
[grant inner]
zone = inner
to = @partner.example .partner.example
[grant printer]
zone = firewall
helo = printer?.ours.example
from = scans@ours.example
to = @partner.example
[grant roof]
zone = roof
until = 2001-01-31

[deny hosts]
hosts = 203.0.113.128/25 !203.0.113.130 .dialup.example
[deny senders]
senders = bad@spam.example @spam.test
reply = 450 4.7.1 not now
[deny recipients]
recipients = noone@ours.example secret@
[deny pairs]
pairs = @pair.example>list@ours.example
"""

GRANTED = ("accept", "relay.granted")
OWN = ("accept", "relay.own-domain")
DENIED = ("reject", "relay.denied")
EXPIRED = ("reject", "relay.expired")
FORM = ("reject", "relay.address-form")
SYNTAX = ("reject", "address.syntax")

OUTSIDER = {"client": "203.0.113.99"}
SERVER = {"client": "198.51.100.10"}
INNER = {"client": "198.51.100.65"}
ROOF = {"client": "198.51.100.201"}
PIPE = {"provenance": "local"}
USER = {"client": "203.0.113.99", "user": b"ana"}
PRINTER = {"client": "203.0.113.7", "helo": b"PRINTER1.ours.example", "reverse_path": b"scans@ours.example"}
UTF8 = {"client": "203.0.113.99", "reverse_path": b"", "smtputf8": True}
USER_UTF8 = dict(UTF8, user=b"ana")
NAMED = {"client": "203.0.113.99", "ptr": "h.named.example", "iprev": "pass"}

KNOWN = [
    # who the client is
    ("an outsider to us", OUTSIDER, "ana@ours.example", OWN),
    ("an outsider elsewhere", OUTSIDER, "ana@example.org", DENIED),
    ("loopback is no grant", {"client": "127.0.0.1"}, "ana@example.org", DENIED),
    ("a server elsewhere", SERVER, "ana@example.org", GRANTED),
    ("a server to us", SERVER, "ana@ours.example", GRANTED),
    ("IPv4-mapped", {"client": "::ffff:198.51.100.10"}, "ana@example.org", GRANTED),
    ("excepted", {"client": "198.51.100.129"}, "ana@example.org", DENIED),
    ("in again by a longer network", {"client": "198.51.100.200"}, "ana@example.org", GRANTED),
    ("excepted, so in the other zone", ROOF, "ana@example.org", EXPIRED),
    ("the longer network of two zones", INNER, "ana@example.org", DENIED),
    ("confirmed name", NAMED, "ana@example.org", GRANTED),
    ("confirmed name, itself listed", dict(NAMED, ptr="MTA.named.example"), "ana@example.org", GRANTED),
    ("the nearest parent", dict(NAMED, ptr="a.farm.named.example"), "ana@example.org", DENIED),
    ("not the parent itself, so the next", dict(NAMED, ptr="farm.named.example"), "ana@example.org", GRANTED),
    ("the parent is not below itself", dict(NAMED, ptr="named.example"), "ana@example.org", DENIED),
    ("a name that only ends alike", dict(NAMED, ptr="xnamed.example"), "ana@example.org", DENIED),
    ("unconfirmed name", dict(NAMED, iprev="fail"), "ana@example.org", DENIED),
    ("DNS failed", dict(NAMED, iprev="temperror"), "ana@example.org", DENIED),
    ("a network before a name", dict(NAMED, client="198.51.100.65"), "ana@example.org", DENIED),
    ("a pipe", PIPE, "ana@example.org", GRANTED),
    ("PROXY by a proxy", dict(SERVER, provenance="proxy", peer="192.0.2.250"), "ana@example.org", GRANTED),
    ("PROXY by anyone", dict(SERVER, provenance="proxy", peer="192.0.2.251"), "ana@example.org", DENIED),
    ("XCLIENT without a peer", dict(SERVER, provenance="xclient"), "ana@example.org", DENIED),
    ("the proxy itself", dict(NAMED, client="192.0.2.250"), "ana@example.org", DENIED),
    ("authenticated", USER, "ana@example.org", GRANTED),
    ("authenticated as nobody", dict(USER, user=b""), "ana@example.org", DENIED),
    ("an own domain as sender is no ticket", dict(OUTSIDER, reverse_path=b"ana@ours.example"), "b@example.org",
     DENIED),
    # grants with more terms
    ("all terms", PRINTER, "ana@partner.example", GRANTED),
    ("another HELO name", dict(PRINTER, helo=b"printer.ours.example"), "ana@partner.example", DENIED),
    ("HELO name with more behind a NUL", dict(PRINTER, helo=b"printer1.ours.example\0"), "a@partner.example",
     DENIED),
    ("another sender", dict(PRINTER, reverse_path=b"ana@ours.example"), "ana@partner.example", DENIED),
    ("the null sender", dict(PRINTER, reverse_path=b""), "ana@partner.example", DENIED),
    ("a sender with a form", dict(PRINTER, reverse_path=b"@ours.example:scans@ours.example"), "a@partner.example",
     DENIED),
    ("another recipient", PRINTER, "ana@example.org", DENIED),
    ("to: below", INNER, "ana@sub.partner.example", GRANTED),
    ("to: not below a name without a dot", PRINTER, "ana@sub.partner.example", DENIED),
    ("to: every layer", INNER, "ana%sub.partner.example@partner.example", GRANTED),
    ("to: a layer elsewhere", INNER, "ana%example.org@partner.example", FORM),
    ("to: a layer that is no domain", INNER, "ana%-partner.example@partner.example", FORM),
    ("to: hosts of a route", INNER, "@partner.example,@a.partner.example:ana@partner.example", GRANTED),
    ("to: a host elsewhere", INNER, "@example.org:ana@partner.example", FORM),
    ("to: two at signs cannot be delivered", INNER, "ana@partner.example@partner.example", SYNTAX),
    # where the mail would go
    ("below the domain that is relayed to", OUTSIDER, "ana@a.b.relay.example", OWN),
    ("not the domain itself", OUTSIDER, "ana@relay.example", DENIED),
    ("no domain below ours", OUTSIDER, "ana@sub.ours.example", DENIED),
    ("capitals", OUTSIDER, "Ana@OURS.Example", OWN),
    ("quotes that hide nothing", OUTSIDER, '"ana \\" b"@ours.example', OWN),
    ("percent", OUTSIDER, "ana%example.org@ours.example", FORM),
    ("percent, all ours", OUTSIDER, "ana%ours.example@ours.example", FORM),
    ("bang", OUTSIDER, "example.org!ana@ours.example", FORM),
    ("at sign in quotes", OUTSIDER, '"ana@example.org"@ours.example', FORM),
    ("escaped in quotes", OUTSIDER, '"ana\\%example.org"@ours.example', FORM),
    ("two at signs", OUTSIDER, "ana@example.org@ours.example", FORM),
    ("source route", OUTSIDER, "@ours.example:ana@ours.example", FORM),
    ("source route in quotes", OUTSIDER, '"@example.org:ana@example.net"@ours.example', FORM),
    ("look-alike percent", UTF8, "ana\uff05example.org@ours.example", FORM),
    ("look-alike at sign instead of one", UTF8, "ana\uff20ours.example", FORM),
    ("no domain", OUTSIDER, "ana", FORM),
    ("empty domain", OUTSIDER, "ana@", FORM),
    ("a route and no last domain", OUTSIDER, "ana@ours.example@", FORM),
    ("postmaster", OUTSIDER, "PostMaster", OWN),
    ("postmaster at our literal", OUTSIDER, "postmaster@[192.0.2.1]", OWN),
    ("postmaster at our IPv6 literal", OUTSIDER, "postmaster@[IPv6:2001:DB8:0::1]", OWN),
    ("postmaster at another literal", OUTSIDER, "postmaster@[192.0.2.2]", FORM),
    ("anyone else at our literal", OUTSIDER, "ana@[192.0.2.1]", FORM),
    ("U-label", UTF8, "ana@b\u00fccher.relay.example", OWN),
    ("granted, percent", USER, "ana%example.org@example.net", GRANTED),
    ("granted, literal", USER, "ana@[192.0.2.9]", GRANTED),
    ("granted, no domain", USER, "ana", SYNTAX),
    ("granted, two at signs", USER, "ana@example.org@example.net", SYNTAX),
    ("granted, postmaster", USER, "postmaster", GRANTED),
    ("ended grant, to us", ROOF, "ana@ours.example", OWN),
    ("ended grant, percent", ROOF, "ana%example.org@example.net", FORM),
    # syntax
    ("null", OUTSIDER, "", SYNTAX),
    ("two dots", USER, "a..b@example.org", SYNTAX),
    ("a dot first", OUTSIDER, ".a@ours.example", SYNTAX),
    ("trailing dot", USER, "ana@example.org.", SYNTAX),
    ("digits at the end", USER, "ana@192.0.2.1", SYNTAX),
    ("hyphen first", USER, "ana@-x.example.org", SYNTAX),
    ("underscore", USER, "ana@_x.example.org", GRANTED),
    ("space", USER, "a b@example.org", SYNTAX),
    ("NUL in quotes", USER, '"a\0b"@example.org', SYNTAX),
    ("quote inside", USER, 'a"b"@example.org', SYNTAX),
    ("bad literal", USER, "ana@[192.0.2.256]", SYNTAX),
    ("bad route", USER, "@example.org,ana@example.net", SYNTAX),
    ("8-bit without SMTPUTF8", USER, "j\u00f6rg@example.org", SYNTAX),
    ("8-bit with SMTPUTF8", USER_UTF8, "j\u00f6rg@example.org", GRANTED),
    ("bidirectional mark", USER_UTF8, "j\u202eorg@example.org", SYNTAX),
    ("look-alike at sign in the domain", USER_UTF8, "ana@x\uff20example.org", SYNTAX),
    ("look-alike dot in the domain", USER_UTF8, "ana@x\uff0eexample.org", SYNTAX),
    ("Local-part of 64", USER, "x" * 64 + "@example.org", GRANTED),
    ("Local-part of 65", USER, "x" * 65 + "@example.org", SYNTAX),
    ("label of 64", USER, "x@" + "y" * 64 + ".example.org", SYNTAX),
    ("path of 254", USER, "@%s:u@example.org" % ".".join(["y" * 47] * 5), GRANTED),
    ("path of 255", USER, "@%s:uu@example.org" % ".".join(["y" * 47] * 5), SYNTAX),
    ("16 layers", USER, "u" + "%b" * 15 + "@example.org", GRANTED),
    ("17 layers", USER, "u" + "%b" * 16 + "@example.org", SYNTAX),
    # deny lists, before everything else
    ("denied host", {"client": "203.0.113.200", "user": b"ana"}, "ana@ours.example", ("reject", "deny.host")),
    ("denied host, excepted", {"client": "203.0.113.130"}, "ana@ours.example", OWN),
    ("denied host as a peer", {"client": "198.51.100.10", "provenance": "proxy", "peer": "203.0.113.200"},
     "ana@ours.example", ("reject", "deny.host")),
    ("denied name", {"client": "203.0.113.9", "ptr": "p1.dialup.example", "iprev": "pass"}, "ana@ours.example",
     ("reject", "deny.host")),
    ("denied name, unconfirmed", {"client": "203.0.113.9", "ptr": "p1.dialup.example", "iprev": "fail"},
     "ana@ours.example", OWN),
    ("denied sender; the reply defers", dict(OUTSIDER, reverse_path=b"BAD@spam.example"), "ana@ours.example",
     ("defer", "deny.sender")),
    ("denied sender in a route form", dict(USER, reverse_path=b"u%spam.test@example.org"), "ana@ours.example",
     ("defer", "deny.sender")),
    ("denied recipient", SERVER, "noone@ours.example", ("reject", "deny.recipient")),
    ("denied recipient in a layer", SERVER, "noone%ours.example@example.org", ("reject", "deny.recipient")),
    ("denied Local-part, quoted", SERVER, '"SECRET"@example.org', ("reject", "deny.recipient")),
    ("denied pair", dict(SERVER, reverse_path=b"x@pair.example"), "list@ours.example", ("reject", "deny.pair")),
    ("half a pair", dict(SERVER, reverse_path=b"x@pair.example"), "ana@ours.example", GRANTED),
]


# ---- TAP --------------------------------------------------------------------------------------------------------

n_rows = 0
n_failed = 0


def row(passed, name):
    global n_rows, n_failed
    n_rows += 1
    n_failed += not passed
    print("%sok %d - %s" % ("" if passed else "not ", n_rows, name))
    return passed


def note(text):
    for line in text.split("\n"):
        print("# " + line)


# ---- a case as the driver reads it ------------------------------------------------------------------------------

def octets_field(octets):
    return "-" if octets is None else octets.hex()


def case_line(number, case):
    return "\t".join(["case", str(number), case.provenance, case.client or "-", case.peer or "-",
                      "-" if case.ptr is None else case.ptr, case.iprev or "-", octets_field(case.user),
                      case.tls_fingerprint or "-", octets_field(case.helo), octets_field(case.reverse_path),
                      "1" if case.smtputf8 else "0", case.forward_path.hex()])


def case_text(case):
    return "\n".join("  %s = %r" % item for item in case._asdict().items() if item[1] not in (None, False))


def policy_write(directory, name, text, files):
    """A directory for each policy, since relative list names start there. Returns the path of the policy."""
    directory = os.path.join(directory, name)
    os.mkdir(directory, 0o755)
    for file_name, file_text in {**files, "mailguard.conf": text}.items():
        path = os.path.join(directory, file_name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(file_text)
        os.chmod(path, 0o644)       # whatever the umask: one that others may write to is refused
    return os.path.join(directory, "mailguard.conf")


def policy_text(path):
    """The policy and then its lists, as a diagnostic."""
    directory = os.path.dirname(path)
    text = ""
    for name in sorted(os.listdir(directory), key=lambda name: (name != "mailguard.conf", name)):
        with open(os.path.join(directory, name), encoding="utf-8") as lines:
            text += "-- %s\n%s" % (name, lines.read())
    return text.rstrip("\n")


def driver_run(lines):
    driver = os.path.join(BUILD, "test", "relay_driver")
    if not os.access(driver, os.X_OK):
        print("Bail out! %s is not there" % driver)
        sys.exit(1)
    octets = "\n".join(lines).encode() + b"\n"
    try:
        return subprocess.run([driver], input=octets, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=DRIVER_TIME_MAX_S, check=False)
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess([driver], "late", late.stdout or b"", late.stderr or b"")


# ---- the run ----------------------------------------------------------------------------------------------------

class Run:
    """What was asked, in order, and what the model says."""

    def __init__(self):
        self.lines = []         # for the driver
        self.policies = []      # path of each, in order
        self.asked = []         # (kind, Case, index of its policy, the model's answer), by number

    def policy(self, path):
        self.lines.append("policy\t" + path)
        self.policies.append(path)

    def case(self, kind, case, answer):
        self.lines.append(case_line(len(self.asked), case))
        self.asked.append((kind, case, len(self.policies) - 1, answer))


def known_answers(run, directory):
    path = policy_write(directory, "known", KNOWN_POLICY, {})
    policy = Policy(path)
    run.policy(path)
    for name, facts, forward_path, expected in KNOWN:
        case = Case(forward_path=forward_path.encode(), **facts)
        answer = decide(policy, case)
        if not row(answer == expected, "model: " + name):
            note("%s\nexpected %s %s, model %s %s" % ((case_text(case),) + expected + answer))
        run.case("known", case, expected)


def generated(run, directory):
    generator = Generator(random.Random(SEED))
    n_policies = max(1, CASES // CASES_PER_POLICY)
    for n in range(n_policies):
        written = generator.policy()
        path = policy_write(directory, "policy%d" % n, written.text(), written.files)
        policy = Policy(path)
        run.policy(path)
        for _ in range(CASES // n_policies + (n < CASES % n_policies)):
            kind, case = generator.case(written)
            run.case(kind, case, decide(policy, case))


def compare(run, result):
    answers, loaded, doubled = {}, [], 0
    for line in result.stdout.decode("utf-8", "replace").splitlines():
        first, _, rest = line.partition("\t")
        if first == "policy":
            loaded.append(rest)
        else:
            doubled += first in answers
            answers[first] = tuple(rest.split("\t"))

    if not row(result.returncode == 0, "the driver ends well"):
        note("exit status %s" % result.returncode)
    refused = [path for path, word in zip(run.policies, loaded + [None] * len(run.policies)) if word != "ok"]
    if not row(not refused and len(loaded) == len(run.policies), "all %d policies are taken" % len(run.policies)):
        for path in refused[:2]:
            note("refused:\n" + policy_text(path))
    n_missing = sum(str(number) not in answers for number in range(len(run.asked)))
    if not row(n_missing == 0 and doubled == 0 and len(answers) == len(run.asked),
               "all %d cases have one answer" % len(run.asked)):
        note("%d without, %d with two" % (n_missing, doubled))
    if n_failed > 0:
        for line in result.stderr.decode("utf-8", "replace").splitlines()[:20]:
            note("stderr: " + line)

    differing, total, pairs, shown = collections.Counter(), collections.Counter(), collections.Counter(), []
    for number, (kind, _, _, expected) in enumerate(run.asked):
        total[kind] += 1
        answer = answers.get(str(number), ("no answer",))
        if answer != expected:
            differing[kind] += 1
            key = (kind, expected, answer)
            pairs[key] += 1
            # One of each sort tells more than five of the first.
            if pairs[key] == 1 and len(shown) < SHOWN_MAX:
                shown.append((number, answer))
    for kind in sorted(total):
        if not row(differing[kind] == 0, "library: %s, %d cases" % (kind.replace("_", " "), total[kind])):
            note("%d differ" % differing[kind])
    for (kind, expected, answer), count in pairs.most_common(40):
        note("%6d %s: model %s, library %s" % (count, kind, " ".join(expected), " ".join(answer)))
    for number, answer in shown:
        kind, case, n_policy, expected = run.asked[number]
        note("----\ncase %d, %s: model %s, library %s" % (number, kind, " ".join(expected), " ".join(answer)))
        note(case_text(case))
        note(policy_text(run.policies[n_policy]))


def coverage(run):
    """Where a reason hardly occurs, agreement on it says nothing."""
    counts = collections.Counter(answer[1] for _, _, _, answer in run.asked)
    for reason in REASONS:
        row(counts[reason] >= REASON_LEAST, "cases: %s %d times" % (reason, counts[reason]))
    deep = collections.Counter(answer[1] for kind, _, _, answer in run.asked if kind.startswith("nested"))
    row(deep["relay.granted"] >= REASON_LEAST and deep["relay.address-form"] >= REASON_LEAST,
        "cases: nested forms granted and refused")


def main():
    sys.stdout.reconfigure(encoding="utf-8")    # policies hold U-labels, whatever the locale
    note("SEED=%d CASES=%d" % (SEED, CASES))
    with tempfile.TemporaryDirectory() as directory:
        run = Run()
        known_answers(run, directory)
        generated(run, directory)
        coverage(run)
        compare(run, driver_run(run.lines))
    print("1..%d" % n_rows)
    return 1 if n_failed else 0


sys.exit(main())
