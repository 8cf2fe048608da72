"""smtp_backend.py - a mail server behind us, as the scripts of the tests want it: whom it knows, and how it misbehaves."""

import socket
import threading


class Backend:
    """Serves on loopback until stop(). `knows` are Local-parts that exist; `replies` gives the whole reply to RCPT for others.
    Everything said to it is kept in `commands`, connections are counted in `n_connections`."""

    def __init__(self, knows=(), replies=None, unknown="550 5.1.1 no such user", banner="220 backend.example ESMTP",
                 keywords=("PIPELINING", "ENHANCEDSTATUSCODES"), mail="250 2.1.0 ok", port=0):
        self.knows = {"postmaster", *knows}
        self.replies = replies or {}
        self.unknown = unknown
        self.banner = banner
        self.keywords = keywords
        self.mail = mail
        self.commands = []
        self.n_connections = 0
        self._stopped = False
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def recipients(self):
        """Mailboxes asked about, canaries among them."""
        return [command[9:-1] for command in self.commands if command.upper().startswith("RCPT TO:<")]

    def stop(self):
        self._stopped = True
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while not self._stopped:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.n_connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _reply_to_rcpt(self, command):
        local = command[9:].rsplit("@", 1)[0].strip('"')
        if local in self.replies:
            return self.replies[local]
        return "250 2.1.5 ok" if local.lower() in self.knows else self.unknown

    def _serve(self, connection):
        try:
            stream = connection.makefile("rwb", buffering=0)
            self._say(stream, self.banner)
            for line in stream:
                command = line.decode("utf-8", "replace").rstrip("\r\n")
                self.commands.append(command)
                word = command.split(":")[0].split(" ")[0].upper()
                if word in ("EHLO", "LHLO"):
                    rows = ["backend.example", *self.keywords]
                    for i, row in enumerate(rows):
                        self._say(stream, "250%s%s" % ("-" if i + 1 < len(rows) else " ", row))
                elif word == "MAIL":
                    self._say(stream, self.mail)
                elif word == "RCPT":
                    self._say(stream, self._reply_to_rcpt(command))
                elif word == "QUIT":
                    self._say(stream, "221 2.0.0 bye")
                    break
                else:
                    self._say(stream, "250 2.0.0 ok")
        except OSError:
            pass
        finally:
            connection.close()

    @staticmethod
    def _say(stream, text):
        if text is not None:
            stream.write(text.encode() + b"\r\n")
