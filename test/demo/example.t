#!/usr/bin/env python3
"""example.t - the example server from outside: what clients may do to it, one row each.

In:    BUILD   where "example" and "engine.so" are (build)
Out:   TAP. A row that fails says what was expected and what came.
Rules: loopback only, a port that the kernel chooses. Nothing is measured in time: WAIT_S is how long a reply may take
       before the row is given up. Every server is ended by its pid, whatever happens."""

import base64
import contextlib
import os
import random
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.environ.get("BUILD", "build")
WAIT_S = 60
CLIENTS_MAX = 200       # of the server
LINE_MAX = 1000         # octets of a line with its CR LF

POLICY = b"""\
[domains]
local = example.net
[zone servers]
networks = 127.0.0.2
owner = ana
[grant servers]
zone = servers
owner = ana
[grant users]
auth = any
owner = ana
[deny hosts]
hosts = 127.0.0.66
reply = 554 5.7.1 No mail from {client-ip}
"""

OWN, FOREIGN = b"info@example.net", b"victim@example.org"

# For whole dialogues in one write.
BEGINNING = b"EHLO mail.example.com\r\nMAIL FROM:<>\r\n"
RCPT = b"RCPT TO:<%s>\r\n"


class Failure(Exception):
    pass


def equal(found, expected):
    if found != expected:
        raise Failure("expected: %r\nfound:    %r" % (expected, found))


def wait_until(holds, what):
    give_up = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > give_up:
            raise Failure("never: " + what)
        time.sleep(0.01)


# ---- the server ----

class Server:
    def __init__(self, *options, policy=POLICY, address="127.0.0.1", n_descriptors=None):
        self.directory = tempfile.mkdtemp()
        self.config = os.path.join(self.directory, "mailguard.conf")
        self.log_path = os.path.join(self.directory, "log")
        self.write_policy(policy)

        def limit():
            if n_descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (n_descriptors, n_descriptors))

        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [os.path.join(BUILD, "example"), "-c", self.config, "-e", os.path.join(BUILD, "engine.so"),
                 "-l", ("[%s]:0" if ":" in address else "%s:0") % address, *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, preexec_fn=limit)
        self.host = address
        self.first_line = b""
        if select.select([self.process.stdout], [], [], WAIT_S)[0]:
            self.first_line = self.process.stdout.readline()
        found = re.search(rb":(\d+)\n", self.first_line)
        self.port = int(found.group(1)) if found else None

    def write_policy(self, policy):
        with open(self.config, "wb") as file:
            file.write(policy)
        os.chmod(self.config, 0o600)

    def log(self):
        with open(self.log_path, encoding="ascii") as log:
            return log.read()

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def is_alive(self):
        return self.process.poll() is None

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        try:
            return self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            raise Failure("it does not end")

    def clean(self):
        if self.is_alive():
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.directory)


@contextlib.contextmanager
def serving(*options, ends=True, **wishes):
    """A server that must not end before it is told to, and has nothing to complain of."""
    server = Server(*options, **wishes)
    try:
        if server.port is None:
            raise Failure("the server does not start:\n" + server.log())
        yield server
        if ends:
            if not server.is_alive():
                raise Failure("the server has ended: %d\n%s" % (server.process.returncode, server.log()))
            equal(server.stop(), 0)
        equal([line for line in server.log().splitlines() if not line.startswith("verdict ")
               and not line.startswith("policy.loaded ")], [])
    finally:
        server.clean()


class Client:
    def __init__(self, server, address=None, greeted=True):
        self.socket = socket.create_connection((server.host, server.port), WAIT_S, (address, 0) if address else None)
        self.file = self.socket.makefile("rb")
        if greeted:
            equal(self.code(), b"220")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def line(self):
        return self.file.readline()

    def reply(self):
        """All lines of the next reply; empty when the connection has ended."""
        lines = []
        while True:
            line = self.line()
            if line == b"" and not lines:
                return []
            if not re.fullmatch(rb"\d\d\d[ -][ -~]*\r\n", line):
                raise Failure("no reply line: %r" % line)
            lines.append(line[:-2])
            if line[3:4] == b" ":
                return lines

    def code(self):
        lines = self.reply()
        return lines[-1].split()[0] if lines else b"end"

    def codes(self, n):
        return b" ".join(self.code() for _ in range(n))

    def ask(self, command):
        self.send(command + b"\r\n")
        lines = self.reply()
        return b" ".join(lines[-1].split()[:2]) if lines else b"end"

    def begin(self, sender=b"anna@example.com"):
        self.send(b"EHLO mail.example.com\r\n")
        equal(self.code(), b"250")
        equal(self.ask(b"MAIL FROM:<" + sender + b">"), b"250 2.0.0")

    def rest(self):
        """What still comes, until the server closes."""
        return self.file.read()

    def abort(self):
        """A reset instead of a farewell."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()


# ---- the rows ----

ROWS = []


def row(name):
    def add(function):
        ROWS.append((name, function))
        return function
    return add


@row("EHLO: what is announced, AUTH only with users, PIPELINING never")
def ehlo():
    for options, last in ((), []), (("-u", "bert:secret"), [b"250-AUTH PLAIN"]):
        with serving(*options) as server, Client(server) as client:
            client.send(b"EHLO mail.example.com\r\n")
            equal(client.reply()[1:], [b"250-8BITMIME", b"250-SMTPUTF8"] + last + [b"250 ENHANCEDSTATUSCODES"])


@row("HELO: one line, and the words in any case")
def helo():
    with serving() as server, Client(server) as client:
        client.send(b"hElO mail.example.com\r\n")
        equal(len(client.reply()), 1)
        equal(client.ask(b"mail from:<anna@example.com>"), b"250 2.0.0")
        equal(client.ask(b"Rcpt To: <info@example.net>"), b"250 2.0.0")


@row("verdicts: own domain, foreign, granted")
def verdicts():
    with serving() as server:
        with Client(server) as client:
            client.begin()
            equal(client.ask(b"RCPT TO:<" + OWN + b">"), b"250 2.0.0")
            equal(client.ask(b"RCPT TO:<" + FOREIGN + b">"), b"550 5.7.1")
        with Client(server, "127.0.0.2") as client:
            client.begin()
            equal(client.ask(b"RCPT TO:<" + FOREIGN + b">"), b"250 2.0.0")


@row("a denied host is told at once and closed, another one is not")
def denied():
    with serving() as server, Client(server) as other:
        with Client(server, "127.0.0.66", greeted=False) as client:
            equal(client.rest(), b"554 5.7.1 No mail from 127.0.0.66\r\n")
        with Client(server, "127.0.0.66", greeted=False) as client:
            client.send(b"EHLO mail.example.com\r\nQUIT\r\n")     # unread, it must not take the reply away
            equal(client.rest(), b"554 5.7.1 No mail from 127.0.0.66\r\n")
        equal(other.ask(b"NOOP"), b"250 2.0.0")


@row("replies of the policy's own: 4xx is given as it is, 421 closes")
def own_replies():
    policy = POLICY + b"[deny recipients]\nrecipients = full@example.net\nreply = 452 4.2.2 Full\n" \
        b"[deny senders]\nsenders = flood@example.com\nreply = 421 4.7.0 Enough\n"
    with serving(policy=policy) as server:
        with Client(server) as client:
            client.begin()
            client.send(b"RCPT TO:<full@example.net>\r\nRCPT TO:<" + OWN + b">\r\n")
            equal(client.reply(), [b"452 4.2.2 Full"])
            equal(client.reply(), [b"250 2.0.0 Ok"])
        with Client(server) as client:
            client.begin(b"flood@example.com")
            client.send(b"RCPT TO:<" + OWN + b">\r\n" * 2)
            equal(client.rest(), b"421 4.7.0 Enough\r\n")


@row("order of commands: before their time 503")
def order():
    with serving() as server, Client(server) as client:
        for command in (b"MAIL FROM:<a@example.com>", b"RCPT TO:<" + OWN + b">", b"DATA"):
            equal(client.ask(command), b"503 5.5.1")
        client.send(b"EHLO mail.example.com\r\n")
        client.reply()
        for command in (b"RCPT TO:<" + OWN + b">", b"DATA"):
            equal(client.ask(command), b"503 5.5.1")
        equal(client.ask(b"MAIL FROM:<a@example.com>"), b"250 2.0.0")
        equal(client.ask(b"DATA"), b"503 5.5.1")
        equal(client.ask(b"MAIL FROM:<b@example.com>"), b"503 5.5.1")
        equal(client.ask(b"RCPT TO:<" + FOREIGN + b">"), b"550 5.7.1")
        equal(client.ask(b"DATA"), b"503 5.5.1")


@row("RSET and EHLO end a transaction")
def reset():
    with serving() as server, Client(server) as client:
        client.begin()
        equal(client.ask(b"RSET"), b"250 2.0.0")
        equal(client.ask(b"RCPT TO:<" + OWN + b">"), b"503 5.5.1")
        equal(client.ask(b"MAIL FROM:<>"), b"250 2.0.0")
        client.send(b"EHLO mail.example.com\r\n")
        client.reply()
        equal(client.ask(b"RCPT TO:<" + OWN + b">"), b"503 5.5.1")


@row("a refused MAIL begins no transaction")
def refused_mail():
    with serving() as server, Client(server) as client:
        equal(client.ask(b"HELO mail.example.com"), b"250 " + socket.gethostname().encode())
        equal(client.ask(b"MAIL FROM:<a..b@example.com>"), b"501 5.1.7")
        equal(client.ask(b"RCPT TO:<" + OWN + b">"), b"503 5.5.1")
        equal(client.ask(b"MAIL FROM:<>"), b"250 2.0.0")


@row("DATA is refused, and the dialogue goes on")
def data():
    with serving() as server, Client(server) as client:
        client.begin()
        equal(client.ask(b"RCPT TO:<" + OWN + b">"), b"250 2.0.0")
        equal(client.ask(b"DATA"), b"554 5.7.0")
        equal(client.ask(b"RCPT TO:<" + OWN + b">"), b"250 2.0.0")
        equal(client.ask(b"QUIT"), b"221 2.0.0")
        equal(client.rest(), b"")


@row("other commands: 252, 500, 502")
def other_commands():
    with serving() as server, Client(server) as client:
        for command, reply in ((b"NOOP", b"250 2.0.0"), (b"NOOP some words", b"250 2.0.0"),
                               (b"VRFY info", b"252 2.0.0"), (b"EXPN all", b"502 5.5.1"), (b"HELP", b"502 5.5.1"),
                               (b"STARTTLS", b"502 5.5.1"), (b"", b"500 5.5.2"), (b" NOOP", b"250 2.0.0"),
                               (b"NOO", b"500 5.5.2"), (b"NOOPS", b"500 5.5.2"), (b"NOOP\0", b"500 5.5.2"),
                               (b"\0NOOP", b"500 5.5.2"), (b"NOOP\t", b"500 5.5.2"), (b"\xff\xfe", b"500 5.5.2"),
                               (b"NOOP  ", b"250 2.0.0"), (b"EHLO", b"501 5.5.4"), (b"HELO  ", b"501 5.5.4")):
            equal((command, client.ask(command)), (command, reply))


@row("paths: where they end, what follows them")
def paths():
    with serving() as server, Client(server) as client:
        client.begin()
        for path, reply in ((b'<"a>b"@example.net>', b"250 2.0.0"), (b'<"a\\">b"@example.net>', b"250 2.0.0"),
                            (b"<info@example.net", b"501 5.5.4"), (b"info@example.net", b"501 5.5.4"),
                            (b'<"info@example.net>', b"501 5.5.4"), (b'<"info\\', b"501 5.5.4"), (b"", b"501 5.5.4"),
                            (b"<", b"501 5.5.4"), (b"<info@example.net>x", b"501 5.5.4"),
                            (b"<info@example.net> NOTIFY=NEVER", b"555 5.5.4"), (b"<info@example.net>  ", b"250 2.0.0"),
                            (b"<>", b"501 5.1.3"), (b"<Postmaster>", b"250 2.0.0"),
                            (b"<victim@example.org>@example.net>", b"501 5.5.4")):
            equal((path, client.ask(b"RCPT TO:" + path)), (path, reply))
        equal(client.ask(b"RCPT FROM:<info@example.net>"), b"501 5.5.4")
        equal(client.ask(b"RCPT"), b"501 5.5.4")


@row("parameters of MAIL")
def parameters():
    with serving() as server, Client(server) as client:
        equal(client.ask(b"HELO mail.example.com")[:3], b"250")
        for words, reply in ((b"BODY=8BITMIME smtputf8", b"250 2.0.0"), (b"SIZE=1", b"555 5.5.4"),
                             (b"BODY=BINARYMIME", b"555 5.5.4"), (b"AUTH=<>", b"555 5.5.4"),
                             (b"SMTPUTF8=1", b"555 5.5.4"), (b"SMTPUTF8\0", b"555 5.5.4")):
            equal((words, client.ask(b"MAIL FROM:<anna@example.com> " + words)), (words, reply))
            client.ask(b"RSET")


@row("NUL, CR, LF and octets over 127 reach the library with their length")
def octets():
    with serving("-v") as server, Client(server) as client:
        client.begin()
        for path in (b"info@example.net\0@example.org", b"\0info@example.net", b"info\0@example.net",
                     b"info@example.net\r", b"in\rfo@example.net", b"info@example.net\n", b"info\n@example.net",
                     b"info@example.net\nRCPT TO:<info@example.net", b"inf\xc3\xb3@example.net", b"\xff@example.net",
                     b"info@example.net\x7f", b"info@example.net\x1b[2J"):
            equal((path, client.ask(b"RCPT TO:<" + path + b">")), (path, b"501 5.1.3"))
        log = server.log()
        for text in ("to=info@example.net\\x00@example.org", "to=\\x00info@example.net", "to=inf\\xc3\\xb3@example.net",
                     "to=info@example.net\\x0d", "info@example.net\\x0aRCPT TO:<info@example.net"):
            if text not in log:
                raise Failure("not in the log: " + text)
        equal(client.ask(b"MAIL FROM:<>"), b"503 5.5.1")
        client.ask(b"RSET")
        equal(client.ask(b"MAIL FROM:<anna\0@example.com>"), b"501 5.1.7")


@row("SMTPUTF8 makes octets over 127 an address")
def smtputf8():
    with serving() as server, Client(server) as client:
        equal(client.ask(b"HELO mail.example.com")[:3], b"250")
        equal(client.ask(b"MAIL FROM:<j\xc3\xb3zef@example.com> SMTPUTF8"), b"250 2.0.0")
        equal(client.ask(b"RCPT TO:<inf\xc3\xb3@example.net>"), b"250 2.0.0")
        equal(client.ask(b"RCPT TO:<inf\xc3@example.net>"), b"501 5.1.3")
        equal(client.ask(b"RSET"), b"250 2.0.0")
        equal(client.ask(b"MAIL FROM:<j\xc3\xb3zef@example.com>"), b"501 5.1.7")


@row("a line ends at CR LF and nowhere else")
def line_ends():
    with serving() as server, Client(server) as client:
        client.send(b"NOOP\nNOOP\rNOOP\n\rNOOP\r\n")
        equal(client.code(), b"500")
        client.send(b"NOOP \r\r\nRSET\r\n")
        equal(client.codes(2), b"250 250")      # the first CR is a word of NOOP


def path_of_line(n):
    """A RCPT line of n octets with its CR LF: the path is too long for any server but reaches the library."""
    return b"RCPT TO:<" + b"a" * (n - 24) + b"@example.net>\r\n"


@row("a line of 1000 octets is taken, one of 1001 is not, and the next one is")
def line_limit():
    with serving() as server, Client(server) as client:
        client.begin()
        equal(len(path_of_line(LINE_MAX)), LINE_MAX)
        for n, code in ((LINE_MAX - 1, b"501"), (LINE_MAX, b"501"), (LINE_MAX + 1, b"500"), (LINE_MAX + 2, b"500"),
                        (2 * LINE_MAX - 1, b"500"), (2 * LINE_MAX, b"500"), (2 * LINE_MAX + 1, b"500")):
            client.send(path_of_line(n) + b"RCPT TO:<" + OWN + b">\r\n")
            equal((n, client.codes(2)), (n, code + b" 250"))


@row("overlong lines in pieces: any cut, one reply")
def line_pieces():
    with serving() as server, Client(server) as client:
        line = b"x" * 2500 + b"\r\n"
        for cut in (1, 998, 999, 1000, 1001, 1999, 2000, 2001, 2500, 2501):
            client.send(line[:cut])
            client.send(line[cut:] + b"NOOP\r\n")
            equal((cut, client.codes(2)), (cut, b"500 250"))
        client.send(b"\r" * 5000 + b"\n" + b"NOOP\r\n")
        equal(client.codes(2), b"500 250")
        client.send(b"\n" * 5000 + b"\r\n" + b"NOOP\r\n")
        equal(client.codes(2), b"500 250")


@row("a line of a million octets has one reply")
def line_endless():
    with serving() as server, Client(server) as client:
        client.send(b"\0" * 1000000 + b"\r\nNOOP\r\n")
        equal(client.codes(2), b"500 250")


@row("commands in one write are answered in order")
def pipelined():
    with serving() as server, Client(server) as client:
        client.send(b"EHLO mail.example.com\r\nMAIL FROM:<anna@example.com>\r\n"
                    + b"".join(RCPT % path for path in (OWN, FOREIGN, OWN, b"\0", FOREIGN))
                    + b"NOOP\r\nFOO\r\nDATA\r\nRSET\r\nDATA\r\nQUIT\r\n")
        equal(client.codes(13), b"250 250 250 550 250 501 550 250 500 554 250 503 221")
        equal(client.rest(), b"")


@row("nothing is answered after QUIT")
def after_quit():
    with serving() as server, Client(server) as client:
        client.send(b"QUIT\r\n" + b"NOOP\r\n" * 500)
        equal(client.code(), b"221")
        equal(client.rest(), b"")


@row("one octet at a time")
def octet_by_octet():
    with serving() as server, Client(server) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in BEGINNING + RCPT % OWN + RCPT % FOREIGN:
            client.send(bytes([octet]))
        equal(client.codes(4), b"250 250 250 550")


@row("who shuts his side down gets all replies")
def half_closed():
    with serving() as server, Client(server) as client:
        client.send(BEGINNING + RCPT % OWN + RCPT % FOREIGN + b"NOO")
        client.socket.shutdown(socket.SHUT_WR)
        equal(client.codes(4), b"250 250 250 550")
        equal(client.rest(), b"")


@row("5000 recipients, each answered for itself")
def many_recipients():
    with serving() as server, Client(server) as client:
        client.begin()
        expected = [b"250" if i % 3 else b"550" for i in range(5000)]
        lines = b"".join(RCPT % (b"u%d@example.%s" % (i, b"net" if i % 3 else b"org")) for i in range(5000))
        sender = threading.Thread(target=client.send, args=(lines,), daemon=True)
        sender.start()
        equal([client.code() for _ in range(5000)], expected)
        sender.join(WAIT_S)


@row("a client that does not read holds up nobody, and loses no reply")
def not_reading():
    n = 300000
    with serving() as server, Client(server) as client, Client(server) as other:
        sender = threading.Thread(target=client.send, args=(b"NOOP\r\n" * n,), daemon=True)
        sender.start()
        other.begin()
        for _ in range(100):
            equal(other.ask(b"RCPT TO:<" + OWN + b">"), b"250 2.0.0")
        for _ in range(n):
            if client.line() != b"250 2.0.0 Ok\r\n":
                raise Failure("a reply was lost or broken")
        sender.join(WAIT_S)
        equal(client.ask(b"NOOP"), b"250 2.0.0")


@row("100 clients at once, in step")
def at_once():
    with serving() as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server, "127.0.0.%d" % (2 if i % 2 else 9))) for i in range(100)]
        for step in (b"EHLO mail.example.com", b"MAIL FROM:<anna@example.com>"):
            for client in clients:
                client.send(step + b"\r\n")
            for client in clients:
                equal(client.code(), b"250")
        for client in clients:
            client.send(b"RCPT TO:<" + FOREIGN + b">\r\n")
        for i, client in enumerate(clients):
            equal((i, client.code()), (i, b"250" if i % 2 else b"550"))


@row("100 clients at once, each in a thread, with 50 recipients")
def in_threads():
    failures = []

    def talk(server, i):
        try:
            granted = i % 2 == 0
            with Client(server, "127.0.0.2" if granted else "127.0.0.9") as client:
                client.begin()
                client.send(b"".join(RCPT % (OWN if k % 2 else FOREIGN) for k in range(50)))
                equal(client.codes(50), b" ".join(b"250" if k % 2 or granted else b"550" for k in range(50)))
                equal(client.ask(b"QUIT"), b"221 2.0.0")
        except Exception as failure:
            failures.append("client %d: %s" % (i, failure))

    with serving() as server:
        threads = [threading.Thread(target=talk, args=(server, i), daemon=True) for i in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        equal(failures, [])


@row("421 when full; a place that is left is free again; 421 when it ends")
def full():
    with serving(ends=False) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server)) for _ in range(CLIENTS_MAX)]
        for _ in range(3):
            with Client(server, greeted=False) as late:
                equal(late.rest(), b"421 4.3.2 Too many connections\r\n")
        equal(clients[0].ask(b"QUIT"), b"221 2.0.0")
        clients[0].close()

        def is_free():
            with Client(server, greeted=False) as client:
                return client.code() == b"220"

        wait_until(is_free, "a free place")
        equal(clients[1].ask(b"NOOP"), b"250 2.0.0")
        equal(server.stop(), 0)
        for client in clients[1:]:
            equal(client.rest(), b"421 4.3.2 Service ends\r\n")


@row("clients that vanish while a question is under way")
def vanishing():
    with serving() as server, Client(server) as other:
        before = server.descriptors()
        chooser = random.Random(20261121)
        for i in range(300):
            client = Client(server, greeted=bool(i % 3))
            client.send(BEGINNING + RCPT % OWN * chooser.randrange(60))
            (client.abort if i % 2 else client.close)()
        wait_until(lambda: server.descriptors() == before, "%d descriptors again" % before)
        equal(other.ask(b"NOOP"), b"250 2.0.0")


@row("vanishing while it is stopped: all is there at once when it goes on")
def vanishing_at_once():
    with serving() as server:
        before = server.descriptors()
        for _ in range(10):
            clients = [Client(server) for _ in range(20)]
            server.process.send_signal(signal.SIGSTOP)
            for i, client in enumerate(clients):
                client.send(BEGINNING + RCPT % OWN)
                if i % 3 == 0:
                    client.abort()
                elif i % 3 == 1:
                    client.close()
            server.process.send_signal(signal.SIGCONT)
            for client in clients[2::3]:
                equal(client.codes(3), b"250 250 250")
                client.close()
        wait_until(lambda: server.descriptors() == before, "%d descriptors again" % before)


@row("garbage: 300 clients with random octets")
def garbage():
    chooser = random.Random(20261121)
    pieces = [b"EHLO ", b"MAIL FROM:<", b"RCPT TO:<", b">", b"\r\n", b"\r\n", b"\n", b"\r", b"\0", b'"', b"\\", b"@",
              b"%", b"!", b"example.net", b" SMTPUTF8", b"AUTH PLAIN ", b"=", b"AAAA", b"*", b"\xff", b"a" * 300,
              b"QUIT\r\n", b"DATA\r\n"]
    with serving("-u", "bert:secret") as server, Client(server) as other:
        for _ in range(300):
            with Client(server) as client:
                octets = b"EHLO mail.example.com\r\n"
                for _ in range(chooser.randrange(200)):
                    octets += chooser.choice(pieces) if chooser.randrange(8) else chooser.randbytes(3)
                client.send(octets + b"\r\n")
                client.socket.shutdown(socket.SHUT_WR)
                while client.reply():       # each is well formed
                    pass
        equal(other.ask(b"NOOP"), b"250 2.0.0")


def plain(text):
    return base64.b64encode(text)


@row("AUTH PLAIN: who is known relays")
def auth():
    with serving("-u", "bert:secret", "-u", "anna:a:b") as server:
        for response in (b"\0bert\0secret", b"bert\0bert\0secret", b"\0anna\0a:b"):
            with Client(server) as client:
                equal(client.ask(b"AUTH PLAIN " + plain(response)), b"503 5.5.1")
                equal(client.ask(b"HELO mail.example.com")[:3], b"250")
                equal(client.ask(b"auth plain " + plain(response)), b"235 2.7.0")
                equal(client.ask(b"AUTH PLAIN " + plain(response)), b"503 5.5.1")
                equal(client.ask(b"MAIL FROM:<bert@example.net> AUTH=<>"), b"250 2.0.0")
                equal(client.ask(b"RCPT TO:<" + FOREIGN + b">"), b"250 2.0.0")
        with Client(server) as client:      # the response on a line of its own
            client.begin()
            equal(client.ask(b"AUTH PLAIN"), b"503 5.5.1")
            client.ask(b"RSET")
            client.send(b"AUTH PLAIN\r\n")
            equal(client.line(), b"334 \r\n")
            equal(client.ask(plain(b"\0bert\0secret")), b"235 2.7.0")
            equal(client.ask(b"NOOP"), b"250 2.0.0")


@row("AUTH PLAIN: who is not known does not")
def auth_refused():
    with serving("-u", "bert:secret") as server, Client(server) as client:
        equal(client.ask(b"HELO mail.example.com")[:3], b"250")
        for response in (b"\0bert\0wrong", b"\0bert\0secret\0", b"\0bert\0secre", b"\0BERT\0secret",
                         b"anna\0bert\0secret", b"ber\0bert\0secret", b"bert\0secret", b"\0\0", b"\0", b"bert",
                         b"\0bert", b"\0bert\0"):
            equal((response, client.ask(b"AUTH PLAIN " + plain(response))), (response, b"535 5.7.8"))
        for text in (b"=", b"*", b"====", b"A===", b"AAA", b"AA=A", b"A\0AA", b"AAAA\xff", b"AAAA BBBB"):
            equal((text, client.ask(b"AUTH PLAIN " + text)), (text, b"501 5.5.2"))
        client.send(b"AUTH PLAIN\r\n")
        equal(client.line(), b"334 \r\n")
        equal(client.ask(b"*"), b"501 5.5.2")
        client.send(b"AUTH PLAIN\r\n")
        equal(client.line(), b"334 \r\n")
        equal(client.ask(b"A" * 2000), b"500 5.5.2")
        equal(client.ask(b"AUTH LOGIN"), b"504 5.5.4")
        equal(client.ask(b"MAIL FROM:<bert@example.net>"), b"250 2.0.0")
        equal(client.ask(b"RCPT TO:<" + FOREIGN + b">"), b"550 5.7.1")
    with serving() as server, Client(server) as client:
        equal(client.ask(b"HELO mail.example.com")[:3], b"250")
        equal(client.ask(b"AUTH PLAIN " + plain(b"\0bert\0secret")), b"502 5.5.1")


@row("-v logs each verdict with the session's name; without it only what is wrong")
def logging():
    with serving("-v") as server:
        for number in (1, 2):
            with Client(server) as client:
                client.begin()
                client.ask(b"RCPT TO:<" + FOREIGN + b">")
                wanted = r"^verdict id=c%d asked=rcpt .*reason=relay\.denied .*to=victim@example\.org " % number
                if not re.search(wanted, server.log(), re.MULTILINE):
                    raise Failure(server.log())
    with serving() as server, Client(server) as client:
        client.begin()
        equal(server.log(), "")


@row("SIGHUP reads the policy again; a bad one leaves the old one in force")
def reload():
    with serving() as server, Client(server) as client:
        client.begin()
        server.write_policy(POLICY.replace(b"example.net", b"example.org"))
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: client.ask(b"RCPT TO:<" + FOREIGN + b">") == b"250 2.0.0", "the new policy")
        equal(client.ask(b"RCPT TO:<" + OWN + b">"), b"550 5.7.1")
        server.write_policy(b"[nonsense]\n")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "policy.refused" in server.log() or not server.is_alive(), "a line about the bad one")
        equal(client.ask(b"RCPT TO:<" + FOREIGN + b">"), b"250 2.0.0")
        open(server.log_path, "w").close()      # serving() wants no complaints


@row("IPv6")
def ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return "no ::1 here"
    with serving("-v", address="::1") as server, Client(server) as client:
        if not re.fullmatch(rb"listening on \[::1\]:\d+\n", server.first_line):
            raise Failure(repr(server.first_line))
        client.begin()
        equal(client.ask(b"RCPT TO:<" + FOREIGN + b">"), b"550 5.7.1")
        if "client=::1 " not in server.log():
            raise Failure(server.log())
    with serving(address="::ffff:127.0.0.1") as server:     # IPv4 on an IPv6 socket is IPv4
        server.host = "127.0.0.1"
        with Client(server, "127.0.0.2") as client:
            client.begin()
            equal(client.ask(b"RCPT TO:<" + FOREIGN + b">"), b"250 2.0.0")
    return None


@row("out of descriptors: who cannot be accepted waits, and has his turn")
def few_descriptors():
    with serving(n_descriptors=32) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server, greeted=False)) for _ in range(60)]
        for client in clients:
            equal(client.code(), b"220")
            equal(client.ask(b"QUIT"), b"221 2.0.0")
            client.close()


@row("descriptors do not leak")
def leaks():
    with serving("-u", "bert:secret") as server:
        with Client(server) as client:
            client.begin()
        wait_until(lambda: server.descriptors() > 0, "descriptors")
        with Client(server):
            before = server.descriptors()
        for i in range(500):
            with Client(server, "127.0.0.66" if i % 5 == 0 else "127.0.0.9", greeted=i % 5 != 0) as client:
                client.send((b"QUIT\r\n", b"EHLO x\r\nMAIL FROM:<>\r\n", b"x" * 5000, b"AUTH PLAIN\r\n")[i % 4])
                if i % 2:
                    client.abort()
        wait_until(lambda: server.descriptors() == before - 1, "%d descriptors again" % (before - 1))


@row("SIGTERM and SIGINT end it with 0, idle and with clients")
def signals():
    for number in (signal.SIGTERM, signal.SIGINT):
        for n_clients in (0, 1, 100):
            with serving(ends=False) as server, contextlib.ExitStack() as stack:
                clients = [stack.enter_context(Client(server)) for _ in range(n_clients)]
                if n_clients > 1:
                    clients[1].send(BEGINNING + RCPT % OWN * 1000)
                equal((number, n_clients, server.stop(number)), (number, n_clients, 0))


@row("bad options and a bad policy: it does not start")
def bad_start():
    with tempfile.TemporaryDirectory() as directory, socket.create_server(("127.0.0.1", 0)) as taken:
        good, bad = os.path.join(directory, "good"), os.path.join(directory, "bad")
        for path, policy in (good, POLICY), (bad, b"[nonsense]\n"):
            with open(path, "wb") as file:
                file.write(policy)
            os.chmod(path, 0o600)
        engine = os.path.join(BUILD, "engine.so")
        usage, failure = 64, 1
        for code, options in (
                (usage, []), (usage, ["-c"]), (usage, ["-x"]), (usage, ["-c", good, "more"]),
                (usage, ["-c", good, "-u", "bert"]), (usage, ["-c", good, "-u", ":secret"]),
                (usage, ["-c", good] + ["-u", "bert:secret"] * 17),
                (failure, ["-c", bad, "-e", engine]), (failure, ["-c", directory + "/none", "-e", engine]),
                (failure, ["-c", good, "-e", directory + "/none"]),
                (failure, ["-c", good, "-e", engine, "-l", "127.0.0.1:%d" % taken.getsockname()[1]]),
                *((failure, ["-c", good, "-e", engine, "-l", address]) for address in (
                    "", ":", ":2525", "127.0.0.1", "127.0.0.1:", "127.0.0.1:smtp", "127.0.0.1:65536",
                    "127.0.0.1:99999999999", "127.0.0.1:-1", "127.0.0.1: 25", "mx1.example.net:2525", "[::1:2525",
                    "192.0.2.1:0"))):
            result = subprocess.run([os.path.join(BUILD, "example"), *options], stdin=subprocess.DEVNULL,
                                    capture_output=True, timeout=WAIT_S)
            equal((options, result.returncode, result.stdout), (options, code, b""))
            if not result.stderr:
                raise Failure("nothing is said of %r" % options)


def main():
    n_failed = 0
    print("1..%d" % len(ROWS), flush=True)
    for number, (name, function) in enumerate(ROWS, 1):
        try:
            skipped = function()
            print("ok %d - %s%s" % (number, name, " # SKIP " + skipped if skipped else ""), flush=True)
        except Exception as failure:        # a row that breaks does not take the others with it
            n_failed += 1
            print("not ok %d - %s" % (number, name))
            for line in ("%s: %s" % (type(failure).__name__, failure)).splitlines():
                print("# " + line, flush=True)
    return 1 if n_failed else 0


sys.exit(main())
