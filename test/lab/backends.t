#!/usr/bin/env python3
"""backends.t - mail servers behind us as they are: what each says about recipients, and what "mailguard rcpt" makes of it.
Runs in the lab (lab.sh). The first half needs no mailguard: it is what the second half rests on."""

import json
import os
import smtplib
import subprocess
import sys
import threading
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")]
from lab import enter  # noqa: E402
from tap import BUILD, end, row, run, write  # noqa: E402

enter()
from servers import Dovecot, Exim, OpenSMTPD, Postfix, connect, end_all, start_all  # noqa: E402

COMMAND = os.path.join(BUILD, "mailguard")
HELO = "mx1.example.net"
WAIT_S = 30          # for anything: far over what it takes
ASKER_MAX_S = 120    # of one mailguard

EXISTS, UNKNOWN, DOWN = ("accept", "rcpt.exists"), ("reject", "rcpt.unknown"), ("defer", "rcpt.backend-down")
ACCEPTED, REJECTED = ("accept", None), ("reject", None)   # for whatever reason
CATCH_ALL, GREYLISTED = ("accept", "rcpt.catch-all"), ("defer", "rcpt.temporary")

# Domain, and the server behind it; then what is asked about: Local-part, how the server's reply begins, and what mailguard is to
# make of it. postmaster is let through without asking.
BACKENDS = [
    ("opensmtpd.example", OpenSMTPD, [
        ("existing", "ana", "250 2.1.5 ", EXISTS),
        ("unknown", "nobody", "550 Invalid recipient", UNKNOWN),
        ("sub-address", "ana+list", "250 2.1.5 ", EXISTS),
        ("sub-address of nobody", "nobody+list", "550 Invalid recipient", UNKNOWN),
        ("upper case", "ANA", "250 2.1.5 ", EXISTS),
        ("quoted", '"user19"', "501 5.1.3 ", REJECTED),   # the form is refused, not the mailbox:
        ("the same, not quoted", "user19", "250 2.1.5 ", EXISTS),
        ("postmaster", "postmaster", "250 2.1.5 ", ACCEPTED),
    ]),
    ("exim.example", Exim, [
        ("existing", "ana", "250 Accepted", EXISTS),
        ("unknown", "nobody", "550 Unrouteable address", UNKNOWN),
        ("sub-address", "ana+list", "250 Accepted", EXISTS),
        ("sub-address of nobody", "nobody+list", "550 Unrouteable address", UNKNOWN),
        ("upper case", "ANA", "250 Accepted", EXISTS),
        ("quoted", '"ana"', "250 Accepted", EXISTS),
        ("quoted, with a space", '"no body"', "550 Unrouteable address", UNKNOWN),
        ("postmaster", "postmaster", "250 Accepted", ACCEPTED),
    ]),
    ("postfix.example", Postfix, [
        ("existing", "ana", "250 2.1.5 ", EXISTS),
        ("unknown", "nobody", "550 5.1.1 ", UNKNOWN),
        ("sub-address", "ana+list", "250 2.1.5 ", EXISTS),
        ("sub-address of nobody", "nobody+list", "550 5.1.1 ", UNKNOWN),
        ("upper case", "ANA", "250 2.1.5 ", EXISTS),
        ("quoted", '"ana"', "250 2.1.5 ", EXISTS),
        ("quoted, with a space", '"no body"', "550 5.1.1 ", UNKNOWN),
        ("postmaster", "postmaster", "250 2.1.5 ", ACCEPTED),
    ]),
    ("broken.example", Postfix, [
        ("existing", "ana", "451 4.3.0 ", DOWN),
        ("unknown", "nobody", "451 4.3.0 ", DOWN),
        ("postmaster", "postmaster", "451 4.3.0 ", ACCEPTED),
    ]),
    ("dovecot.example", Dovecot, [
        ("existing", "ana", "250 2.1.5 ", EXISTS),
        ("unknown", "nobody", "550 5.1.1 ", UNKNOWN),
        ("sub-address", "ana+list", "250 2.1.5 ", EXISTS),
        ("sub-address of nobody", "nobody+list", "550 5.1.1 ", UNKNOWN),
        ("upper case", "ANA", "250 2.1.5 ", EXISTS),
        ("quoted", '"ana"', "250 2.1.5 ", EXISTS),
        ("quoted, with a space", '"no body"', "550 5.1.1 ", UNKNOWN),
        ("postmaster", "postmaster", "250 2.1.5 ", ACCEPTED),
    ]),
    ("socket.example", Dovecot, [
        ("existing", "ana", "250 2.1.5 ", EXISTS),
        ("unknown", "nobody", "550 5.1.1 ", UNKNOWN),
        ("sub-address", "ana+list", "250 2.1.5 ", EXISTS),
        ("upper case", "ANA", "250 2.1.5 ", EXISTS),
        ("quoted", '"ana"', "250 2.1.5 ", EXISTS),
        ("postmaster", "postmaster", "250 2.1.5 ", ACCEPTED),
    ]),
    ("catch-all.example", Exim, [
        ("existing", "ana", "250 Accepted", ACCEPTED),   # of the first nobody knows yet that all are
        ("unknown", "nobody", "250 Accepted", CATCH_ALL),
        ("quoted, with a space", '"no body"', "250 Accepted", CATCH_ALL),
        ("postmaster", "postmaster", "250 Accepted", ACCEPTED),
    ]),
]

URL = {domain: "smtp://" + server.host for domain, server, _ in BACKENDS}
URL.update({
    "broken.example": "smtp://" + Postfix.broken_host,
    "greylist.example": "smtp://" + Exim.host,
    "dovecot.example": "lmtp://%s:%d" % (Dovecot.host, Dovecot.port),
    "socket.example": "lmtp+unix:" + Dovecot().socket,
})

CROWD = 30
# Every third is unknown.
CROWD_IS_UNKNOWN = [n % 3 == 2 for n in range(CROWD)]
CROWD_LOCAL_PARTS = ["nobody%02d" % (n // 3) if unknown else "user%02d" % (n - n // 3 + 1)
                     for n, unknown in enumerate(CROWD_IS_UNKNOWN)]
CROWDED = ["opensmtpd.example", "exim.example", "postfix.example", "dovecot.example", "socket.example"]

# ---- the servers themselves ----


class Dialogue:
    """A client that says one thing after the other; the transaction is begun."""

    def __init__(self, domain):
        url = URL[domain]
        kind = smtplib.SMTP if url.startswith("smtp:") else smtplib.LMTP
        self.domain = domain
        self.connection = kind(local_hostname=HELO, timeout=WAIT_S)
        if url.startswith("lmtp+unix:"):
            self.connection.connect(url[len("lmtp+unix:"):])
        else:
            host, _, port = url.partition("://")[2].partition(":")
            self.connection.connect(host, int(port or 25))
        self.connection.ehlo()
        self.say("MAIL FROM:<>")

    def say(self, command):
        code, text = self.connection.docmd(command)
        return "%d %s" % (code, text.decode(errors="replace"))

    def rcpt(self, local_part):
        return self.say("RCPT TO:<%s@%s>" % (local_part, self.domain))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def try_servers():
    for domain, _, cases in BACKENDS:
        with Dialogue(domain) as dialogue:
            for name, local_part, said, _ in cases:
                got = dialogue.rcpt(local_part)
                row("%s: %s: %s" % (domain, name, said), got.startswith(said), got)
    with Dialogue("greylist.example") as dialogue:
        first, again, other = dialogue.rcpt("user20"), dialogue.rcpt("user20"), dialogue.rcpt("nobody20")
    row("greylist.example: at first sight", first.startswith("451 4.7.1 "), first)
    row("greylist.example: at second sight", again.startswith("250 "), again)
    row("greylist.example: unknown, at first sight", other.startswith("451 4.7.1 "), other)


def try_crowd_of_one(domain):
    with Dialogue(domain) as dialogue:
        replies = [dialogue.rcpt(local_part) for local_part in CROWD_LOCAL_PARTS]
    row("%s: %d in one transaction" % (domain, CROWD),
        [reply[:2] for reply in replies] == ["55" if unknown else "25" for unknown in CROWD_IS_UNKNOWN], *replies)


def greeting(address, timeout_s):
    try:
        with connect(address, timeout_s) as connection:
            return connection.recv(3).decode()
    except TimeoutError:
        return "silence"
    except ConnectionRefusedError:
        return "refused"


def try_faults_of_servers(servers):
    """That a stopped server takes connections and says nothing, and a killed one takes none."""
    addresses = [(server.name, address) for server in servers for address in server.addresses()]

    def expect(when, expected, timeout_s):
        for name, address in addresses:
            got = greeting(address, timeout_s)
            row("%s at %s: %s: %s" % (name, address, when, expected), got == expected, got)

    each(servers, "freeze")
    expect("frozen", "silence", 0.2)
    each(servers, "thaw")
    expect("thawed", "220", WAIT_S)
    each(servers, "kill")
    expect("killed", "refused", WAIT_S)
    each(servers, "start")
    each(servers, "ready")
    expect("started again", "220", WAIT_S)


def each(servers, method):
    for server in servers:
        getattr(server, method)()


def postfix_hangs_up(replies):
    """Runs beside the rest: Postfix takes a second for each error over ten."""
    with Dialogue("postfix.example") as dialogue:
        try:
            for n in range(25):
                replies.append(dialogue.rcpt("stranger%d" % n))
        except (OSError, smtplib.SMTPException):
            pass


def exim_hangs_up():
    """The replies to RSET of a client that says nothing else between transactions."""
    replies = []
    with Dialogue("exim.example") as dialogue:
        try:
            for _ in range(20):
                replies.append(dialogue.say("RSET"))
        except (OSError, smtplib.SMTPException):
            pass
    return replies


def try_limits(postfix_replies):
    row("postfix.example: hangs up at the 21st unknown", [reply[:4] for reply in postfix_replies] == ["550 "] * 20 + ["421 "],
        postfix_replies)
    replies = exim_hangs_up()
    row("exim.example: hangs up at RSET after RSET", len(replies) < 20 and "Too many nonmail" in replies[-1], replies)


# ---- what mailguard makes of them ----


def write_policy():
    text = "[mailguard]\nhostname = %s\nown-addresses = 192.0.2.1\n[dns]\nservers = 127.0.0.1:9\n" % HELO
    text += "[domains]\nrelay-to = %s\n" % " ".join(URL)
    for domain, url in URL.items():
        text += "[backend %s]\ndomains = %s\nserver = %s\ncanary = postmaster\ntls = off\n" % (domain.split(".")[0], domain, url)
    return write("mailguard.conf", text)


class Asker:
    """One process that answers one question after the other, or many at once; and nothing once it has ended."""

    def __init__(self, policy):
        self.process = subprocess.Popen([COMMAND, "rcpt", "--batch", "--config", policy], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.limit = threading.Timer(ASKER_MAX_S, self.process.kill)
        self.limit.daemon = True
        self.limit.start()

    def ask(self, *addresses):
        try:
            self.process.stdin.write("".join(address + "\n" for address in addresses))
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return [json.loads(self.process.stdout.readline() or "{}") for _ in addresses]

    def end(self):
        self.process.communicate()
        self.limit.cancel()
        return self.process.returncode


def is_as_expected(answer, expected):
    action, reason = expected
    return answer.get("action") == action and (reason is None or answer.get("reason") == reason)


def try_rcpt(policy):
    asker = Asker(policy)
    for domain, _, cases in BACKENDS:
        for name, local_part, said, expected in cases:
            answer, = asker.ask("%s@%s" % (local_part, domain))
            row("mailguard: %s: %s: %s" % (domain, name, expected[1] or expected[0]), is_as_expected(answer, expected), answer)
            if name == "existing" or expected == UNKNOWN:
                row("mailguard: %s: %s: and tells what was said, and where" % (domain, name),
                    answer.get("said_code") == int(said[:3]) and answer.get("endpoint") == URL[domain], answer)
    row("mailguard: ends well", asker.end() == 0)


def try_rcpt_once(policy):
    """The command as a person uses it: one address, and the exit status."""
    for address, expected, status in (("ana@postfix.example", EXISTS, 0), ("nobody@postfix.example", UNKNOWN, 1),
                                      ("ana@broken.example", DOWN, 2)):
        done = run(COMMAND, "rcpt", address, "--config", policy, "--json")
        answer = json.loads(done.stdout or "{}")
        row("mailguard: %s alone: exit %d" % (address, status), done.returncode == status and is_as_expected(answer, expected),
            done.returncode, answer, done.stderr)


def try_greylist(policy):
    asker = Asker(policy)
    answers = asker.ask("user01@greylist.example", "nobody@greylist.example")
    row("mailguard: greylist.example: at first sight nobody is known, or unknown",
        all(is_as_expected(answer, GREYLISTED) for answer in answers), *answers)
    asker.end()
    asker = Asker(policy)
    answer, = asker.ask("user01@greylist.example")
    row("mailguard: greylist.example: at second sight", is_as_expected(answer, EXISTS), answer)
    asker.end()


def refused_a_connection(postfix):
    """Recipients that Postfix refused, for each connection that has ended."""
    refused = []
    for line in postfix.log().splitlines():
        if ": disconnect from " in line:
            words = dict(word.split("=") for word in line.split() if "=" in word)
            accepted, _, asked = words.get("rcpt", "0").partition("/")
            refused.append(int(asked) - int(accepted) if asked else 0)
    return refused


ERRORS_MAX = 10        # of one client, before Postfix makes it wait
CONNECTIONS_MAX = 10   # of a crowd with ten unknown: at most four of those, a canary's too, on most connections


def try_crowd(policy, servers):
    """Each server still wants us afterwards, and was not connected to once for each."""
    opensmtpd, exim, postfix, dovecot = servers
    for domain, server in zip(CROWDED, (opensmtpd, exim, postfix, dovecot, dovecot)):
        before, refused_before = server.n_connections(), len(refused_a_connection(postfix))
        asker = Asker(policy)
        answers = asker.ask(*["%s@%s" % (local_part, domain) for local_part in CROWD_LOCAL_PARTS])
        asker.end()
        wrong = [answer for answer, unknown in zip(answers, CROWD_IS_UNKNOWN)
                 if not is_as_expected(answer, UNKNOWN if unknown else EXISTS)]
        row("mailguard: %s: %d at once" % (domain, CROWD), not wrong, *wrong)
        wait_until(lambda: server.n_connections() > before)
        n_connections = server.n_connections() - before
        row("mailguard: %s: %d at once take few connections" % (domain, CROWD), 1 <= n_connections <= CONNECTIONS_MAX,
            n_connections)
        if server is postfix:
            wait_until(lambda: len(refused_a_connection(postfix)) - refused_before >= n_connections)
            refused = refused_a_connection(postfix)[refused_before:]
            row("mailguard: postfix.example: never so many unknown that it slows down", max(refused, default=0) <= ERRORS_MAX,
                refused)


def wait_until(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


FAULTED = [domain for domain, _, _ in BACKENDS if domain not in ("broken.example", "catch-all.example")]


def ask_each(asker, local_part):
    return asker.ask(*["%s@%s" % (local_part, domain) for domain in FAULTED])


LATER = ("defer", None)


def try_faults(policy, servers):
    """In one process, over connections that are open, all servers at once: one address of each that was valid before, one that
    nobody has asked about, one that does not exist."""
    asker = Asker(policy)

    def expect(when, **by_local_part):
        """All at once, so that they are waited for together."""
        cases = [(domain, local_part, expected) for local_part, expected in by_local_part.items() for domain in FAULTED]
        answers = asker.ask(*["%s@%s" % (local_part, domain) for domain, local_part, _ in cases])
        for (domain, local_part, expected), answer in zip(cases, answers):
            row("mailguard: %s: %s: %s: %s" % (domain, when, local_part, expected[1] or expected[0]),
                is_as_expected(answer, expected), answer)

    def recovers(when, local_parts):
        """Within the time that the breaker stays open; each time an address is asked about that is not remembered."""
        missing = set(FAULTED)
        deadline = time.monotonic() + WAIT_S
        for local_part in local_parts:
            if not missing or time.monotonic() > deadline:
                break
            missing -= {domain for domain, answer in zip(FAULTED, ask_each(asker, local_part)) if is_as_expected(answer, EXISTS)}
            time.sleep(1 if missing else 0)
        row("mailguard: %s: all answer again" % when, not missing, *missing)

    expect("before", user01=EXISTS)
    each(servers, "freeze")
    expect("frozen", user01=EXISTS, user02=LATER, nobody02=LATER)
    each(servers, "thaw")
    recovers("thawed", ["user%02d" % n for n in range(3, 12)])
    each(servers, "kill")
    expect("killed", user01=EXISTS, user12=LATER, nobody12=LATER)
    each(servers, "start")
    each(servers, "ready")
    recovers("started again", ["user%02d" % n for n in range(13, 21)])
    expect("at the end", nobody20=UNKNOWN)
    row("mailguard: ends well after faults", asker.end() == 0)


def try_all(servers):
    postfix_replies = []
    beside = threading.Thread(target=postfix_hangs_up, args=(postfix_replies,))
    policy = write_policy()

    beside.start()
    try_servers()
    for domain in CROWDED:
        if domain != "postfix.example":
            try_crowd_of_one(domain)
    try_rcpt(policy)
    try_rcpt_once(policy)
    try_greylist(policy)
    beside.join()
    try_limits(postfix_replies)
    try_crowd_of_one("postfix.example")
    try_faults_of_servers(servers)
    try_crowd(policy, servers)
    try_faults(policy, servers)


started = time.monotonic()
servers = start_all()
try:
    print("# the servers took %.1f s to start" % (time.monotonic() - started))
    try_all(servers)
finally:
    end_all(servers)
end()
