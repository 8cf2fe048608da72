#!/usr/bin/env python3
"""install.t - the installed tree: an embedder builds against it with pkg-config alone, and it goes away whole."""

import glob
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import BUILD, SOURCE, end, row, run  # noqa: E402

environment = {name: value for name, value in os.environ.items()
               if name not in ("BUILD", "MAILGUARD_ENGINE", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


def make(target, *variables):
    return run("make", "-s", "-C", SOURCE, "BUILD=" + os.path.join(BUILD, "installed"), "CFLAGS=-O1", target, *variables,
               env=environment)


with tempfile.TemporaryDirectory() as scratch:
    prefix = os.path.join(scratch, "prefix")
    done = make("install", "PREFIX=" + prefix)
    row("make install", done.returncode == 0, done.stderr)
    for path in ("bin/mailguard", "lib/libmailguard.so.0", "lib/libmailguard.so", "lib/mailguard/engine.so", "lib/mailguard/tls-openssl.so",
                 "lib/pkgconfig/mailguard.pc", "include/mailguard.h", "include/mailguard/guard.h",
                 "share/man/man1/mailguard.1", "share/man/man3/libmailguard.3", "share/man/man5/mailguard.conf.5"):
        row("installs " + path, os.path.exists(os.path.join(prefix, path)))

    # What an embedder has: its source, and pkg-config.
    environment["PKG_CONFIG_PATH"] = os.path.join(prefix, "lib/pkgconfig")
    flags = run("pkg-config", "--cflags", "--libs", "mailguard", env=environment).stdout.split()
    row("pkg-config knows it", "-lmailguard" in flags, flags)
    row("pkg-config names nothing else", [flag for flag in flags if flag.startswith("-l")] == ["-lmailguard"], flags)
    example = os.path.join(scratch, "example")
    sources = sorted(glob.glob(os.path.join(SOURCE, "adapters/example/*.c")))
    done = run("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", example, *sources, *flags, env=environment)
    row("the example builds with pkg-config alone", done.returncode == 0, done.stderr)

    config = os.path.join(scratch, "mailguard.conf")
    with open(config, "w") as file:
        file.write("[domains]\nlocal = example.net\n")
    os.chmod(config, 0o644)
    done = run(os.path.join(prefix, "bin/mailguard"), "check", "--config", config, "--ip", "198.51.100.7",
               "--rcpt", "user@example.net", env=environment)
    row("the installed command finds the installed library and engine", done.returncode == 0, done.stdout + done.stderr)
    done = run(os.path.join(prefix, "bin/mailguard"), "check", "--config", config, "--ip", "198.51.100.7",
               "--rcpt", "user@foreign.example", env=environment)
    row("and refuses to relay", done.returncode == 1, done.stdout + done.stderr)

    staged = os.path.join(scratch, "staged")
    done = make("install", "PREFIX=/usr", "libdir=/usr/lib/somewhere", "DESTDIR=" + staged)
    row("DESTDIR and libdir", os.path.exists(staged + "/usr/lib/somewhere/mailguard/engine.so"), done.stderr)
    with open(staged + "/usr/lib/somewhere/libmailguard.so.0", "rb") as file:
        row("the library looks where libdir says", b"/usr/lib/somewhere/mailguard/engine.so" in file.read())

    done = make("uninstall", "PREFIX=" + prefix)
    left = [os.path.join(where, name) for where, _, names in os.walk(prefix) for name in names]
    row("make uninstall leaves no file", done.returncode == 0 and not left, left, done.stderr)

end()
