"""audited.py - what the scripts about mailguard audit share: the command over a zone file, and what it finds."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import BUILD, row, run  # noqa: E402

COMMAND = os.path.join(BUILD, "mailguard")


def audit(zone, *arguments):
    """The findings, and the exit status. Names outside of the zone get no answer."""
    done = run(COMMAND, "audit", *arguments, "--json", "--zone", zone, "--server", "127.0.0.1:9")
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def broken(findings):
    return [(finding["rule"], finding["severity"]) for finding in findings if finding["severity"] != "good"]


def expect(name, status, *expected, found):
    """Just these rules are broken; each says what it found, what it expected and how to mend it."""
    findings, code = found
    told = all(finding["found"] and ((finding["expected"] and finding["mend"]) or finding["severity"] in ("good", "unknown"))
               for finding in findings)
    return row(name, broken(findings) == list(expected) and code == status and told, code, findings)
