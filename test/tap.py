"""tap.py - TAP for the test scripts: named rows, diagnostics, a plan at the end."""

import os
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

_rows = 0
_failed = 0


def row(name, passed, *diagnostics):
    """One row; diagnostics are shown when it failed."""
    global _rows, _failed
    _rows += 1
    print("%s %d - %s" % ("ok" if passed else "not ok", _rows, name))
    if not passed:
        _failed += 1
        for diagnostic in diagnostics:
            for line in str(diagnostic).splitlines():
                print("# " + line)
    sys.stdout.flush()
    return passed


def run(*command, **options):
    """The finished process, its output as text."""
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=600, **options)


_scratch = tempfile.TemporaryDirectory()
SCRATCH = _scratch.name   # a directory of this script alone, gone with it


def write(name, text, mode=0o644):
    """A file in SCRATCH; returns its path."""
    path = os.path.join(SCRATCH, name)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def end():
    print("1..%d" % _rows)
    sys.exit(1 if _failed else 0)
