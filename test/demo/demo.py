#!/usr/bin/env python3
"""demo.py - what "make demo" shows: SMTP dialogues with the example server, and why each reply was given.

In:    the build directory, as argument, in BUILD, or "build"; mailguard.conf and zone beside this script
Out:   a table, a row for each reply; REASON is taken from the server's log, where the library says it.
       A row that is not as expected has a "!" in front. Exit 0 if all are, else 1.
Rules: loopback only. The clients are loopback addresses, so that the policy can tell them apart. The server ends
       with this script, by its pid, whatever happens; nothing lasts longer than TIME_MAX_S."""

import base64
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from smtp_backend import Backend  # noqa: E402

TIME_MAX_S = 60
WAIT_S = 20             # for one reply

USER, PASSWORD = "bert", "secret"

OUTSIDER, SERVER, FIREWALL, OLD_SERVER, DENIED = "127.0.0.9", "127.0.0.2", "127.0.0.3", "127.0.0.5", "127.0.0.66"
STRICT = "127.0.0.20"   # the only host that may send for strict.example
NAMELESS, MISNAMED = "127.0.0.30", "127.0.0.31"   # hosts that DNS has no name for, and one that leads elsewhere

# A dialogue: client, HELO, user who authenticates, sender, and for each recipient the reply and the reason expected.
# With no recipient, they are those of the connection. Octets are written as they are sent.
DIALOGUES = [
    # Anybody may write to the domain that is here, and to its postmaster ...
    (OUTSIDER, "mail.example.com", None, b"anna@example.com", [
        (b"info@example.net", "250", "relay.own-domain"),
        (b"postmaster@example.net", "250", "relay.own-domain"),
        (b"Postmaster", "250", "relay.own-domain"),
    ]),
    # ... and through us to nobody, however it is written. The last three: a NUL, a line feed that begins no new
    # command, a full-width percent sign.
    (OUTSIDER, "mail.example.com", None, b"anna@example.com", [
        (b"victim@example.org", "550 5.7.1", "relay.denied"),
        (b"victim%example.org@example.net", "550 5.7.1", "relay.address-form"),
        (b"example.org!victim@example.net", "550 5.7.1", "relay.address-form"),
        (b"@example.net:victim@example.org", "550 5.7.1", "relay.address-form"),
        (b'"victim@example.org"@example.net', "550 5.7.1", "relay.address-form"),
        (b"victim@example.org@example.net", "550 5.7.1", "relay.address-form"),
        (b"victim@[203.0.113.9]", "550 5.7.1", "relay.address-form"),
        (b"victim@example.org\0@example.net", "501 5.1.3", "address.syntax"),
        (b"info@example.net\nRCPT TO:<v@example.org", "501 5.1.3", "address.syntax"),
        ("victim\uff05example.org@example.net".encode(), "550 5.7.1", "relay.address-form"),
    ]),
    # The same under the name of our own domain: a sender proves nothing. Nor does the null one.
    (OUTSIDER, "mail.example.net", None, b"info@example.net", [
        (b"victim@example.org", "550 5.7.1", "relay.denied"),
    ]),
    (OUTSIDER, "mail.example.com", None, b"", [
        (b"victim@example.org", "550 5.7.1", "relay.denied"),
    ]),
    # A server inside has a grant.
    (SERVER, "app.example.net", None, b"app@example.net", [
        (b"victim@example.org", "250", "relay.granted"),
    ]),
    # Behind the firewall's address only the printer has one, and for one partner.
    (FIREWALL, "printer.example.net", None, b"scans@example.net", [
        (b"archive@partner.example", "250", "relay.granted"),
        (b"victim@example.org", "550 5.7.1", "relay.denied"),
    ]),
    (FIREWALL, "pc7.example.net", None, b"scans@example.net", [
        (b"archive@partner.example", "550 5.7.1", "relay.denied"),
    ]),
    # A grant that has ended.
    (OLD_SERVER, "old.example.net", None, b"app@example.net", [
        (b"victim@example.org", "550 5.7.1", "relay.expired"),
    ]),
    # A user, from anywhere: authenticated, and with a wrong password.
    (OUTSIDER, "laptop.example.com", PASSWORD, b"bert@example.net", [
        (b"victim@example.org", "250", "relay.granted"),
    ]),
    (OUTSIDER, "laptop.example.com", "wrong", b"bert@example.net", [
        (b"victim@example.org", "550 5.7.1", "relay.denied"),
    ]),
    # ... and as somebody else, which no permission covers.
    (OUTSIDER, "laptop.example.com", PASSWORD, b"boss@example.net", [
        (b"victim@example.org", "550 5.7.1", "sender-logins.not-owner"),
        (b"info@example.net", "550 5.7.1", "sender-logins.not-owner"),
    ]),
    # SPF: a domain that names its hosts; the same at HELO; one that is not sure; one whose record nobody can read, which is no
    # reason to refuse; and a user of ours, who is not judged.
    (OUTSIDER, "mail.example.com", None, b"anna@strict.example", [
        (b"info@example.net", "550 5.7.23", "spf.fail"),
    ]),
    (STRICT, "mail.example.com", None, b"anna@strict.example", [
        (b"info@example.net", "250", "relay.own-domain"),
    ]),
    (OUTSIDER, "strict.example", None, b"anna@example.com", [
        (b"info@example.net", "550 5.7.23", "spf-helo.fail"),
    ]),
    (OUTSIDER, "mail.example.com", None, b"anna@soft.example", [
        (b"info@example.net", "250", "relay.own-domain"),
    ]),
    (OUTSIDER, "mail.example.com", None, b"anna@broken.example", [
        (b"info@example.net", "250", "relay.own-domain"),
    ]),
    (OUTSIDER, "laptop.example.com", PASSWORD, b"bert@strict.example", [
        (b"victim@example.org", "250", "relay.granted"),
    ]),
    # HELO: a stranger under our own name or address; a word that is no host's name. What does not verify is no reason to refuse.
    (OUTSIDER, "mail.example.net", None, b"anna@example.com", [
        (b"info@example.net", "550 5.7.1", "helo.own-name"),
    ]),
    (OUTSIDER, "[192.0.2.1]", None, b"anna@example.com", [
        (b"info@example.net", "550 5.7.1", "helo.own-address"),
    ]),
    (OUTSIDER, "pc7", None, b"anna@example.com", [
        (b"info@example.net", "250", "relay.own-domain"),
    ]),
    (OUTSIDER, "nowhere.example.com", None, b"anna@example.com", [
        (b"info@example.net", "250", "relay.own-domain"),
    ]),
    (NAMELESS, "[127.0.0.30]", None, b"anna@example.com", [
        (b"info@example.net", "250", "relay.own-domain"),
    ]),
    (MISNAMED, "[127.0.0.31]", None, b"anna@example.com", [
        (b"info@example.net", "250", "relay.own-domain"),
    ]),
    # Both together are too much.
    (NAMELESS, "nowhere.example.com", None, b"anna@example.com", [
        (b"info@example.net", "450 4.7.1", "score.reached"),
    ]),
    # The sender's domain: one that takes no mail, so that nobody could answer; one that is not there.
    (OUTSIDER, "mail.example.com", None, b"anna@silent.example", [
        (b"info@example.net", "550 5.7.27", "sender.null-mx"),
    ]),
    (OUTSIDER, "mail.example.com", None, b"anna@nowhere.example", [
        (b"info@example.net", "250", "relay.own-domain"),
    ]),
    # Recipients: the server inside is asked, and its "no" is believed, for it knows its postmaster and nobody whom we made up. What
    # it does not say now is no "no", nor is silence.
    (OUTSIDER, "mail.example.com", None, b"anna@example.com", [
        (b"ana@inner.example.net", "250", "relay.own-domain"),
        (b"ana+lists@inner.example.net", "250", "relay.own-domain"),
        (b"ghost@inner.example.net", "550 5.1.1", "rcpt.unknown"),
        (b"full@inner.example.net", "452 4.2.2", "rcpt.full"),
        (b"grey@inner.example.net", "451 4.7.1", "rcpt.temporary"),
        (b"ana@off.example.net", "451 4.4.3", "rcpt.backend-down"),
        (b"announce@lists.example.net", "250", "relay.own-domain"),
        (b"ghost@lists.example.net", "550 5.1.1", "rcpt.unknown"),
    ]),
    # Deny lists: a sender (the refusal waits for the recipient), and a host, which does not come to HELO.
    (OUTSIDER, "mail.example.com", None, b"win@spam.example", [
        (b"info@example.net", "550 5.7.1", "deny.sender"),
    ]),
    (DENIED, None, None, None, [
        (None, "554 5.7.1", "deny.host"),
    ]),
]

COLUMNS = "%-1s %-17s %-19s %-19s %-42s %-10s %s"


SIGNALS = (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Failure(Exception):
    pass


def on_signal(number, _):
    raise Failure("not done within %d s" % TIME_MAX_S if number == signal.SIGALRM else "ended by a signal")


# ---- the server ----

class Server:
    def __init__(self, build, directory, backend):
        # A policy must belong to its reader and be writable by nobody else, which a source tree need not hold.
        config = os.path.join(directory, "mailguard.conf")
        here = os.path.dirname(os.path.abspath(__file__))
        for name in ("mailguard.conf", "zone"):
            copy = os.path.join(directory, name)
            with open(os.path.join(here, name), encoding="ascii") as source, open(copy, "w", encoding="ascii") as target:
                target.write(source.read().replace("127.0.0.1:2600", "127.0.0.1:%d" % backend.port))
            os.chmod(copy, 0o600)
        self.log_path = os.path.join(directory, "log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [os.path.join(build, "example"), "-c", config, "-e", os.path.join(build, "engine.so"),
                 "-l", "127.0.0.1:0", "-u", "%s:%s" % (USER, PASSWORD), "-v"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        self.n_sessions = 0

    def port(self):
        line = b""
        if select.select([self.process.stdout], [], [], WAIT_S)[0]:
            line = self.process.stdout.readline()
        found = re.fullmatch(rb"listening on 127\.0\.0\.1:(\d+)\n", line)
        if found is None:
            raise Failure("the server does not start:\n" + self.log())
        return int(found.group(1))

    def log(self):
        with open(self.log_path, encoding="ascii", errors="replace") as log:
            return log.read()

    def verdict(self, session, stage, recipient):
        """The line of the log about it, as a dictionary. It is written before the reply is sent."""
        for line in reversed(self.log().splitlines()):
            event, _, rest = line.partition(" ")
            values = {key: unescape(value) for key, value in re.findall(r'([a-z-]+)=("[^"]*"|\S*)', rest)}
            if event == "verdict" and values.get("id") == session and values.get("asked") == stage:
                if recipient is None or values.get("to") == recipient:
                    return values
        return {}

    def end(self):
        for number in SIGNALS:      # nothing may come between the server and its end
            signal.signal(number, signal.SIG_IGN)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def unescape(value):
    """A value of the log as the octets that it stands for."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found.group(1), 16)]), value.strip('"').encode())


def escape(octets):
    """Octets for a terminal."""
    return "".join(chr(octet) if 32 <= octet < 127 else "\\x%02x" % octet for octet in octets)


# ---- the client ----

class Client:
    def __init__(self, address, port):
        self.socket = socket.create_connection(("127.0.0.1", port), WAIT_S, (address, 0))
        self.file = self.socket.makefile("rb")

    def reply(self):
        while True:
            line = self.file.readline()
            if not line.endswith(b"\r\n"):
                raise Failure("the server has gone in the middle of a dialogue")
            if line[3:4] != b"-":
                return line.decode("ascii").rstrip()

    def ask(self, command):
        self.socket.sendall(command + b"\r\n")
        return self.reply()

    def close(self):
        self.file.close()
        self.socket.close()


def play(server, port, dialogue):
    """Yields (sender or recipient, reply, verdict, expected reply, expected reason)."""
    address, helo, password, sender, recipients = dialogue
    client = Client(address, port)
    server.n_sessions += 1
    session = "c%d" % server.n_sessions     # the server counts as we do: there is no other client
    try:
        reply = client.reply()
        if sender is None:
            (_, code, reason), = recipients
            yield None, reply, server.verdict(session.encode(), b"connect", None), code, reason
            return
        client.ask(b"EHLO " + helo.encode())
        if password is not None:
            plain = "\0%s\0%s" % (USER, password)
            client.ask(b"AUTH PLAIN " + base64.b64encode(plain.encode()))
        utf8 = any(octet > 127 for recipient, _, _ in recipients for octet in recipient)
        client.ask(b"MAIL FROM:<" + sender + b">" + (b" SMTPUTF8" if utf8 else b""))
        for recipient, code, reason in recipients:
            reply = client.ask(b"RCPT TO:<" + recipient + b">")
            yield recipient, reply, server.verdict(session.encode(), b"rcpt", recipient), code, reason
        client.ask(b"QUIT")
    finally:
        client.close()


def show(server, port):
    """Prints the table; returns how many rows there are and how many are as expected."""
    n_rows = n_expected = 0
    print(COLUMNS % ("", "CLIENT", "HELO", "FROM", "TO", "REPLY", "REASON"))
    for dialogue in DIALOGUES:
        address, helo, password, sender, _ = dialogue
        user = "" if password is None else " " + (USER if password == PASSWORD else "(%s?)" % USER)
        for recipient, reply, verdict, code, reason in play(server, port, dialogue):
            found = verdict.get("reason", b"not in the log").decode()
            client = verdict.get("client", b"?").decode()
            flag = verdict.get("flag", b"").decode()
            good = (reply.startswith(code + " ") and found == reason and client == address
                    and verdict.get("code", b"").decode() == code[:3])
            print(COLUMNS % ("" if good else "!", client + user, helo or "-",
                             "-" if sender is None else escape(sender) or "<>",
                             "-" if recipient is None else escape(recipient),
                             " ".join(reply.split()[:2]), found + (", flagged " + flag if flag else "")), flush=True)
            if not good:
                print("  expected: %s %s %s" % (address, code, reason))
            n_rows += 1
            n_expected += good
    return n_rows, n_expected


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BUILD", "build")
    for number in SIGNALS:
        signal.signal(number, on_signal)
    signal.alarm(TIME_MAX_S)
    with tempfile.TemporaryDirectory() as directory:
        server = None
        backend = Backend(knows=["ana"], replies={"full": "452 4.2.2 mailbox full", "grey": "450 4.7.1 greylisted"})
        try:
            server = Server(build, directory, backend)
            n_rows, n_expected = show(server, server.port())
        except (Failure, OSError) as failure:
            print("demo: %s" % failure, file=sys.stderr)
            return 1
        finally:
            if server is not None:
                server.end()
            backend.stop()
    print("%d of %d replies were as expected" % (n_expected, n_rows))
    return 0 if n_expected == n_rows else 1


sys.exit(main())
