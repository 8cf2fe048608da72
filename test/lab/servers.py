#!/usr/bin/env python3
"""servers.py - the mail servers behind us, inside the lab (lab.sh): each in the foreground, with its files in a directory of
its own under LAB, at an address of its own. As a command: starts all, says where they are, and runs a shell or the command
given; they end with it.

Every one of them knows MAILBOXES and nobody else, in the domain of its name: exim.example and so on. Further domains: Exim
takes everybody at catch-all.example, and at greylist.example nobody at first sight; broken.example is Postfix with its table of
recipients lost; socket.example is Dovecot over its UNIX socket."""

import errno
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

LAB = os.environ.get("LAB", "")   # set by lab.sh: nothing of this runs elsewhere
HERE = os.path.dirname(os.path.abspath(__file__))
MAILBOXES = ["postmaster", "ana"] + ["user%02d" % n for n in range(1, 21)]
START_MAX_S = 30
END_MAX_S = 10


class Failure(Exception):
    """A server that does not come up; says what it wrote."""


def running():
    """Of every process, its state and its parent, by its id."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as stat:   # the name, in parentheses, may hold anything
                    state, parent = stat.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue   # it has ended
            found[int(entry)] = (state, int(parent))
    return found


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Server:
    """start(), ready(), then freeze(), thaw(), kill() or end() as one pleases. `address` is (host, port), or a path."""

    name = None
    files = {}        # of HERE -> of the server's directory; "@DIR@", "@ADDRESS@" and "@UID@" in them are filled in
    words = {}        # what else is filled in
    host, port = None, 25
    logs = ["output"]
    connected = None  # what it logs, once, for a connection

    def __init__(self):
        self.directory = os.path.join(LAB, self.name)
        self.address = (self.host, self.port)
        self.process = None

    # ---- what each of them has its own way with ----

    def command(self):
        raise NotImplementedError

    def prepare(self):
        """Files that it needs besides its configuration and mailboxes."""

    def mailbox(self, local_part):
        """A line of the table of mailboxes."""
        return local_part

    # ---- life ----

    def start(self):
        """Does not wait until it can be talked to: several may be started at once."""
        if not os.path.isdir(self.directory):
            self._write_all()
        with open(self.path("output"), "a") as output:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def ready(self):
        """Returns when every address greets."""
        for address in self.addresses():
            self._greeted(address, time.monotonic() + START_MAX_S)
        return self

    def addresses(self):
        return [self.address]

    def end(self):
        """In good order, if it will."""
        if self.process is None:
            return
        self.thaw()   # what is frozen cannot end by itself
        processes = self.processes()
        self.process.terminate()
        try:
            self.process.wait(END_MAX_S)
        except subprocess.TimeoutExpired:
            pass
        self._kill(processes)

    def kill(self):
        """At once, with all of its processes."""
        self.freeze()   # none can have another child meanwhile
        self._kill(self.processes())

    def freeze(self):
        """Until none is found that was not stopped: one may have had a child just before."""
        frozen = set()
        while new := set(self.processes()) - frozen:
            for pid in new:
                send(pid, signal.SIGSTOP)
            frozen |= new

    def thaw(self):
        for pid in self.processes():
            send(pid, signal.SIGCONT)

    def n_connections(self):
        """Since its files were made."""
        return self.log().count(self.connected)

    def processes(self):
        """It, its children, theirs; each one after its parent."""
        parents = {pid: parent for pid, (_, parent) in running().items()}
        found = [self.process.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def log(self):
        """What it wrote, all of it."""
        text = ""
        for name in self.logs:
            if os.path.exists(self.path(name)):
                with open(self.path(name), errors="replace") as file:
                    text += file.read()
        return text

    # ---- inside ----

    def _write_all(self):
        os.makedirs(self.path("mail"))
        vmail = pwd.getpwnam("vmail")
        os.chown(self.path("mail"), vmail.pw_uid, vmail.pw_gid)
        words = {"DIR": self.directory, "ADDRESS": self.host, "UID": str(vmail.pw_uid), **self.words}
        for template, name in self.files.items():
            with open(os.path.join(HERE, template)) as source:
                text = source.read()
            for word, value in words.items():
                text = text.replace("@%s@" % word, value)
            self.write(name, text)
        self.write("mailboxes", "".join(self.mailbox(local_part) + "\n" for local_part in MAILBOXES))
        self.prepare()

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(text)

    def _greeted(self, address, deadline):
        while True:
            try:
                with connect(address, 5) as connection:
                    if connection.recv(4).startswith(b"220"):
                        return
            except OSError as error:
                if error.errno not in (errno.ECONNREFUSED, errno.ENOENT, errno.ECONNRESET):
                    raise Failure("%s: %s\n%s" % (self.name, error, self.log()))
            if self.process.poll() is not None:
                raise Failure("%s ended with %d\n%s" % (self.name, self.process.returncode, self.log()))
            if time.monotonic() > deadline:
                raise Failure("%s does not answer\n%s" % (self.name, self.log()))
            time.sleep(0.01)

    def _kill(self, processes):
        """Returns when they are gone, and what they listened on."""
        for pid in processes:
            send(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        while any(state not in "ZX" for pid, (state, _) in running().items() if pid in processes):
            time.sleep(0.01)


class OpenSMTPD(Server):
    name, host = "opensmtpd", "192.0.2.11"
    connected = " smtp connected "
    files = {"opensmtpd.conf": "smtpd.conf"}

    def command(self):
        return ["/usr/sbin/smtpd", "-d", "-f", self.path("smtpd.conf")]

    def mailbox(self, local_part):
        vmail = pwd.getpwnam("vmail")
        return "%s %d:%d:%s" % (local_part, vmail.pw_uid, vmail.pw_gid, self.path("mail"))


class Exim(Server):
    name, host = "exim", "192.0.2.12"
    connected = "(TCP/IP connection count = "
    files = {"exim.conf": "exim.conf"}
    logs = ["output", "mainlog", "paniclog"]

    def command(self):
        return ["/usr/sbin/exim4", "-C", self.path("exim.conf"), "-bdf", "-oX", "%s.%d" % self.address, "-oP", self.path("pid")]

    def prepare(self):
        with sqlite3.connect(self.path("seen")) as seen:
            seen.execute("CREATE TABLE seen (local_part TEXT)")
        for path in (self.directory, self.path("seen")):
            shutil.chown(path, "Debian-exim", "Debian-exim")


class Postfix(Server):
    name, host = "postfix", "192.0.2.13"
    broken_host = "192.0.2.14"
    connected = ": connect from "
    files = {"postfix.cf": "main.cf", "postfix.master.cf": "master.cf"}
    words = {"BROKEN_ADDRESS": broken_host}
    logs = ["output", "maillog"]

    def command(self):
        return ["/usr/sbin/postfix", "-c", self.directory, "start-fg"]

    def addresses(self):
        return [self.address, (self.broken_host, self.port)]

    def mailbox(self, local_part):
        return "%s@postfix.example %s/" % (local_part, local_part)

    def prepare(self):
        for name in ("data", "spool"):
            os.makedirs(self.path(name))
        shutil.chown(self.path("data"), "postfix", "postfix")


class Dovecot(Server):
    name, host, port = "dovecot", "192.0.2.15", 24
    connected = ": Connect from "
    files = {"dovecot.conf": "dovecot.conf"}

    def command(self):
        return ["/usr/sbin/dovecot", "-F", "-c", self.path("dovecot.conf")]

    def addresses(self):
        return [self.address, self.socket]

    @property
    def socket(self):
        return self.path("lmtp")

    def mailbox(self, local_part):
        vmail = pwd.getpwnam("vmail")
        return "\n".join("%s@%s:{PLAIN}-:%d:%d::%s::" % (local_part, domain, vmail.pw_uid, vmail.pw_gid, self.path("mail"))
                         for domain in ("dovecot.example", "socket.example"))


def connect(address, timeout_s):
    """A connection to a host and port, or to a path."""
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout_s)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout_s)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def start_all():
    """All of them, answering; what has been started ends if one of them does not."""
    servers = [OpenSMTPD(), Exim(), Postfix(), Dovecot()]
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.ready()
    except BaseException:
        end_all(servers)
        raise
    return servers


def end_all(servers):
    for server in servers:
        server.end()


def main(command):
    if not LAB:
        sys.exit("servers.py: this is not the lab; lab.sh makes it")
    started = time.monotonic()
    servers = start_all()
    try:
        for server in servers:
            for address in server.addresses():
                print("%-10s %s" % (server.name, address if isinstance(address, str) else "%s:%d" % address))
        print("%.1f s; mailboxes %s; files in %s/NAME" % (time.monotonic() - started, " ".join(MAILBOXES), LAB), flush=True)
        return subprocess.call(command or [os.environ.get("SHELL", "/bin/sh")])
    finally:
        end_all(servers)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failure as failure:
        sys.exit(str(failure))
