#!/usr/bin/env python3
"""audit_connect.t - mailguard audit --connect: MX hosts that greet, that do not, and that are not there, on loopback."""

import errno
import os
import re
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import audited  # noqa: E402
from audited import COMMAND  # noqa: E402
from tap import end, row, run, write  # noqa: E402

GREETING_MAX = 2048
HOSTS_MAX = 20
QUIT = b"QUIT\r\n"
STAYS, CLOSES = "stays", "closes"   # what a server does when it has said its words

# name: what the server says, in pieces that come one by one; what it does then
SERVERS = {
    "welcome": ([b"220 mx.example ESMTP\r\n"], STAYS),
    "welcome-bare-newline": ([b"220\n"], STAYS),
    "lines": ([b"220-mx.example\r\n", b"220-is\r\n220 here\r\n"], STAYS),
    "line-in-pieces": ([b"2", b"20", b" mx\r", b"\n"], STAYS),
    "first-line-alone": ([b"220-wait\r\n"], STAYS),
    "longest": ([b"220 " + b"x" * (GREETING_MAX - 5) + b"\n"], STAYS),
    "one-longer": ([b"220 " + b"x" * (GREETING_MAX - 4) + b"\n"], STAYS),
    "no": ([b"554 no mail here\r\n"], STAYS),
    "no-in-lines": ([b"554-no\r\n554 mail\r\n"], STAYS),
    "421": ([b"421 too busy\r\n"], CLOSES),
    "four-digits": ([b"2200 mx\r\n"], STAYS),
    "no-space": ([b"220mx\r\n"], STAYS),
    "half-a-code": ([b"22"], CLOSES),
    "http": ([b"HTTP/1.1 400 Bad Request\r\n"], STAYS),
    "escapes": ([b"\x1b]0;x\x07\x00\xff\"\\ 220\r\n"], STAYS),
    "escapes-behind-a-code": ([b"550 \x1b[2J\xc3\xa9\r\n"], STAYS),
    "long-words": ([b"550 " + b"y" * 300 + b"\r\n"], STAYS),
    "hangs-up": ([], CLOSES),
    "silent": ([], STAYS),
    "half-a-line": ([b"220 mx"], STAYS),
}
ADDRESSES = {name: "127.0.0.%d" % (11 + i) for i, name in enumerate(SERVERS)}
ADDRESSES["refuses"] = "127.0.0.99"


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
        return True
    except OSError:
        return False


def listen():
    """Listeners on the same port of each address."""
    while True:
        listeners, port = {}, 0
        try:
            for name in SERVERS:
                address = ADDRESSES[name]
                listeners[name] = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
                listeners[name].bind((address, port))
                listeners[name].listen(4)
                port = listeners[name].getsockname()[1]
            return listeners, port
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            for listener in listeners.values():
                listener.close()


def serve(name, listener):
    words, then = SERVERS[name]
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in words:
                connection.sendall(piece)
            octets = then == STAYS
            while octets:
                octets = connection.recv(100)
                heard[name] += octets
        except OSError:
            pass   # a client that leaves with octets unread
        connection.close()
        is_over[name].set()


if has_ipv6():
    SERVERS["ipv6"] = ([b"220 mx\r\n"], STAYS)
    ADDRESSES["ipv6"] = "::1"
heard = {name: b"" for name in SERVERS}
is_over = {name: threading.Event() for name in SERVERS}
listeners, port = listen()
for name in SERVERS:
    threading.Thread(target=serve, args=(name, listeners[name]), daemon=True).start()


def hears(name):
    """All that one connection has brought."""
    is_over[name].wait(60)
    return heard[name]


def hosts(domain, names):
    """MX hosts with ten addresses each."""
    lines = []
    for i in range(0, len(names), 10):
        lines.append("%s IN MX 10 mx%d.%s." % (domain, i, domain))
        lines += ["mx%d.%s IN A %s" % (i, domain, ADDRESSES[name]) for name in names[i:i + 10]]
    return lines


FAST = [name for name in SERVERS if name not in ("silent", "half-a-line", "first-line-alone", "ipv6")]
SLOW = ["silent", "half-a-line", "first-line-alone", "refuses"]
zone = write("zone", "\n".join(
    ["$TTL 300", "$ORIGIN .", "@ IN SOA ns.example. host.example. 1 2 3 4 300"]
    + hosts("fast.example", FAST) + hosts("slow.example", SLOW)
    + ["twenty.example IN MX 10 mx%d.twenty.example." % i for i in range(3)]
    + ["mx%d.twenty.example IN A 127.0.1.%d" % (i // 10, i) for i in range(HOSTS_MAX)]
    + ["more.example IN MX 10 mx%d.more.example." % i for i in range(3)]
    + ["mx%d.more.example IN A 127.0.1.%d" % (i // 10, i) for i in range(HOSTS_MAX + 1)]
    + ["ipv6.example IN MX 10 mx.ipv6.example.", "mx.ipv6.example IN AAAA ::1"]
    + ["link.example IN MX 10 mx.link.example.", "mx.link.example IN AAAA fe80::1"]
    + [r"odd.example IN MX 10 \027[31m\"x.odd.example.", r"\027[31m\"x.odd.example IN A %s" % ADDRESSES["refuses"]]
    + ["null.example IN MX 0 .", "literal.example IN MX 10 127.0.0.99."]) + "\n")


def answers(domain, *options):
    """What mx-answers says, by address; and the exit status."""
    findings, code = audited.audit(zone, domain, *options)
    told = [finding for finding in findings if finding["rule"] == "mx-answers"]
    return {(re.search(r"\((\S+)\)", finding["found"]) or [0, "all"])[1]: finding for finding in told}, code


def expect(told, name, severity, words):
    finding = told.get(ADDRESSES.get(name, name))
    is_sound = finding is not None and all((finding[key] is not None) == (severity == "error") for key in ("expected", "mend"))
    return row(name, is_sound and finding["severity"] == severity and finding["found"].endswith(words), finding)


# ---- what they say ----

told, code = answers("fast.example", "--connect=%d" % port)
row("each-has-a-row", sorted(told) == sorted(ADDRESSES[name] for name in FAST) and code == 1, code, told)
expect(told, "welcome", "good", "MX mx0.fast.example (%s) says 220" % ADDRESSES["welcome"])
for name in ("welcome-bare-newline", "lines", "line-in-pieces", "longest", "one-longer"):
    expect(told, name, "good", " says 220")
expect(told, "no", "error", ' says "554 no mail here"')
expect(told, "no-in-lines", "error", ' says "554-no"')
expect(told, "421", "error", ' says "421 too busy"')
expect(told, "four-digits", "error", ' says "2200 mx"')
expect(told, "no-space", "error", ' says "220mx"')
expect(told, "half-a-code", "error", ' says "22"')
expect(told, "http", "error", ' says "HTTP/1.1 400 Bad Request"')
expect(told, "escapes", "error", r' says "\x1b]0;x\x07\x00\xff\x22\x5c 220"')
expect(told, "escapes-behind-a-code", "error", r' says "550 \x1b[2J\xc3\xa9"')
expect(told, "long-words", "error", ' says "550 %s..."' % ("y" * 96))
expect(told, "hangs-up", "error", "hangs up without a greeting")

# ---- those that take their time, and what all of them hear ----

told, _ = answers("slow.example", "--connect=%d" % port)
expect(told, "silent", "unknown", "gives no greeting within 5 s")
expect(told, "half-a-line", "unknown", "gives no greeting within 5 s")
expect(told, "first-line-alone", "good", " says 220")
expect(told, "refuses", "error", "refuses the connection")
for name in ("welcome", "lines", "line-in-pieces", "longest", "no", "no-in-lines"):
    row("hears-quit/" + name, hears(name) == QUIT, heard[name])
for name in ("one-longer", "four-digits", "http", "escapes", "silent", "half-a-line", "first-line-alone"):
    row("hears-nothing/" + name, hears(name) == b"" and is_over[name].is_set(), heard[name])
if "ipv6" in SERVERS:
    told, _ = answers("ipv6.example", "--connect=%d" % port)
    expect(told, "ipv6", "good", "MX mx.ipv6.example (::1) says 220")
told, _ = answers("link.example", "--connect=%d" % port)
row("unreachable", told["fe80::1"]["severity"] == "unknown" and " cannot be reached from here: " in told["fe80::1"]["found"], told)

# ---- what is tried ----

told, _ = answers("fast.example", "--connect")
row("special/not-tried-on-port-25", len(told) == len(FAST) and all(
    finding["severity"] == "unknown" and finding["found"].endswith("not tried: no host of the Internet has that address")
    for finding in told.values()), told)
told, _ = answers("fast.example")
row("not-asked/not-tried", told == {}, told)
told, _ = answers("twenty.example", "--connect=%d" % port)
row("twenty/all-are-tried", len(told) == HOSTS_MAX and "all" not in told, told)
told, _ = answers("more.example", "--connect=%d" % port)
row("twenty-one/twenty-are-tried", len(told) == HOSTS_MAX + 1 and told["all"]["severity"] == "unknown"
    and told["all"]["found"] == "only 20 addresses are tried: 1 more were not", told)
for domain in ("null.example", "literal.example", "nothing.example"):
    told, _ = answers(domain, "--connect=%d" % port)
    row("no-host/" + domain, told == {}, told)

# ---- how it is told ----

for form in ((), ("--json",)):
    done = run(COMMAND, "audit", "fast.example", "--connect=%d" % port, "--zone", zone, "--server", "127.0.0.1:9", *form)
    row("printable/" + (form[0] if form else "text"), "mx-answers" in done.stdout
        and all(c == "\n" or " " <= c <= "~" for c in done.stdout), done.stdout.encode())
done = run(COMMAND, "audit", "odd.example", "--connect=%d" % port, "--zone", zone, "--server", "127.0.0.1:9")
row("printable/name", "refuses the connection" in done.stdout and all(c == "\n" or " " <= c <= "~" for c in done.stdout),
    done.stdout.encode())

# ---- wrong use ----

for value in ("0", "65536", "25x", "", "-1", "+25", " 25", "99999999999999999999"):
    done = run(COMMAND, "audit", "fast.example", "--connect=" + value, "--zone", zone)
    row("refused/port-%s" % value, done.returncode == 64 and "a port was expected" in done.stderr and done.stdout == "",
        done.returncode, done.stderr)
done = run(COMMAND, "audit", "fast.example", "--connect", str(port), "--zone", zone)
row("refused/port-as-a-word", done.returncode == 64 and "one domain was expected" in done.stderr, done.returncode, done.stderr)
done = run(COMMAND, "audit", "--self", "--connect")
row("refused/self", done.returncode == 64 and "--self takes no --connect" in done.stderr, done.returncode, done.stderr)
end()
