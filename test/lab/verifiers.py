#!/usr/bin/env python3
"""verifiers.py PROGRAM [ARGUMENT]... - inside the lab (lab.sh), Exim and Postfix verify recipients as mailguard does: each is started
as it comes and at its best, and PROGRAM, test/bench/bench_verify, is run with their addresses. They end with it."""

import subprocess
import sys

from servers import LAB, Exim, Failure, Postfix, end_all

BACKEND_PORT = 2500   # on 127.0.0.1; PROGRAM is the backend


class EximVerifier(Exim):
    files = {"exim-verifier.conf": "exim.conf"}

    def __init__(self, name, host, how):
        self.name, self.host = name, host
        self.words = {"PORT": str(BACKEND_PORT), "HOW": how}
        super().__init__()


class PostfixVerifier(Postfix):
    files = {"postfix-verifier.cf": "main.cf", "postfix-verifier.master.cf": "master.cf"}

    def __init__(self, name, host, how=""):
        self.name, self.host = name, host
        self.words = {"PORT": str(BACKEND_PORT), "HOW": how}
        super().__init__()

    def addresses(self):
        return [self.address]


# A client is told to come again instead of waiting for whole seconds; nothing holds probes up: not the number of processes, nor how
# many may be under way to one destination, nor that mail comes in faster than it goes out. Connections are used again.
POSTFIX_AT_ITS_BEST = """
address_verify_poll_count = 1
address_verify_pending_request_limit = 20000
default_process_limit = 200
initial_destination_concurrency = 50
default_destination_concurrency_limit = 50
smtp_destination_concurrency_limit = 50
smtp_connection_cache_destinations = [127.0.0.1]:%d
in_flow_delay = 0
""" % BACKEND_PORT


def main(command):
    if not LAB:
        sys.exit("verifiers.py: this is not the lab; lab.sh makes it")
    servers = [
        EximVerifier("exim", "192.0.2.12", "use_sender"),
        EximVerifier("exim-hold", "192.0.2.11", "use_sender,hold,no_cache"),
        PostfixVerifier("postfix", "192.0.2.13"),
        PostfixVerifier("postfix-tuned", "192.0.2.14", POSTFIX_AT_ITS_BEST),
    ]
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.ready()
        return subprocess.call([command[0], "-p", str(BACKEND_PORT), *command[1:]]
                               + ["%s=%s:%d" % (server.name, *server.address) for server in servers])
    except Failure as failure:
        return str(failure)
    finally:
        end_all(servers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
