#!/usr/bin/env python3
"""abi.t - what libmailguard promises to the programs that load it."""

import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import BUILD, SOURCE, end, row, run  # noqa: E402

HEADERS = ["mailguard.h"] + ["mailguard/%s.h" % name for name in ("names", "options", "verdict", "guard", "session")]
LIBRARY = os.path.join(BUILD, "libmailguard.so.0")
ENGINE = os.path.join(BUILD, "engine.so")
api = os.path.join(SOURCE, "api")


def read(path):
    with open(path) as file:
        return file.read()


# ---- headers ----

for header in HEADERS:
    for compiler, standard, name in (("cc", "c11", "C11"), ("c++", "c++17", "C++17")):
        with tempfile.NamedTemporaryFile("w", suffix=".c" if compiler == "cc" else ".cc") as source:
            source.write('#include <%s>\nmg_action action_of_a_test;\n' % header)
            source.flush()
            done = run(compiler, "-std=" + standard, "-pedantic", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-fsyntax-only",
                       "-I", api, source.name)
        row("%s alone in %s" % (header, name), done.returncode == 0, done.stderr)

for header in HEADERS[1:]:
    included = re.findall(r"#include <(.*?)>", read(os.path.join(api, header)))
    row("%s brings in nothing but the C library's own" % header, set(included) <= {"stddef.h", "stdint.h"}, included)

# ---- names ----

declared = set()
for header in HEADERS[1:]:
    declared |= set(re.findall(r"^MG_API [^;]*?\b(mg_\w+)\(", read(os.path.join(api, header)), re.M))
mapped = set(re.findall(r"^\t(mg_\w+);", read(os.path.join(api, "libmailguard.map")), re.M))
exported = set(re.findall(r" [TDBRVW] (\w+)", run("nm", "-D", "--defined-only", LIBRARY).stdout))
row("some names are declared", len(declared) > 50, declared)
row("names in the version map are those that headers mark MG_API", mapped == declared, mapped ^ declared)
row("names that the library exports are those of the map", exported == mapped, exported ^ mapped)
engine_names = set(re.findall(r" [TDBRVW] (\w+)", run("nm", "-D", "--defined-only", ENGINE).stdout))
row("the engine exports its table and nothing else", engine_names == {"mg_engine_functions_get"}, engine_names)

man = read(os.path.join(api, "libmailguard.3"))
for name in sorted(declared):
    comments = "".join(re.findall(r"/\*\*.*?\*/", "".join(read(os.path.join(api, h)) for h in HEADERS[1:]), re.S))
    row("%s is described in its header and named in libmailguard(3)" % name,
        re.search(r"\b%s\b" % name, comments) and re.search(r"\b%s\b" % name, man))
named = set(re.findall(r"\b(mg_\w+)\b", " ".join(re.findall(r"^\.Fn (.*)$", man, re.M))))
row("libmailguard(3) names no function that is not there", named <= declared, named - declared)

# ---- the file ----

dynamic = run("readelf", "-dW", LIBRARY).stdout
row("needs the C library only", re.findall(r"NEEDED.*\[(.*?)\]", dynamic) == ["libc.so.6"], dynamic)
row("is libmailguard.so.0", re.findall(r"SONAME.*\[(.*?)\]", dynamic) == ["libmailguard.so.0"], dynamic)
for path in (LIBRARY, ENGINE):
    name = os.path.basename(path)
    flags = run("readelf", "-dW", path).stdout
    segments = run("readelf", "-lW", path).stdout
    row("%s binds all names when it is loaded" % name, "BIND_NOW" in flags, flags)
    row("%s makes its tables read-only" % name, "GNU_RELRO" in segments, segments)
    row("%s has no executable stack" % name, re.search(r"GNU_STACK.*RW ", segments), segments)
    row("%s is never unloaded" % name, "NODELETE" in flags, flags)

# ---- a guest in the server's process ----

undefined = set(re.findall(r" U (\w+)", run("nm", "-D", LIBRARY).stdout))
unwanted = {"abort", "exit", "_exit", "printf", "fprintf", "puts", "putchar", "perror", "system", "popen", "signal", "sigaction",
            "alarm", "setlocale", "setenv", "putenv", "getenv", "getpwnam", "getpwuid", "pthread_create", "fork", "execve"}
row("calls nothing that a guest must not", not undefined & unwanted, undefined & unwanted)
sections = dict(re.findall(r"\[ *(\d+)\] (\S+)", run("readelf", "-SW", LIBRARY).stdout))
objects = re.findall(r" OBJECT +\w+ +\w+ +(\d+) (\S+)", run("readelf", "-sW", LIBRARY).stdout)
writable = {name for index, name in objects if sections[index] in (".data", ".bss")}
writable -= {"__dso_handle", "completed.0", "__TMC_END__"}     # the compiler's own
row("has no writable globals", not writable, writable)

# A server may bring an allocator of its own, by preload or linked in. This one ends the process when it is given
# memory that it did not allocate.
with tempfile.TemporaryDirectory() as scratch:
    config = os.path.join(scratch, "mailguard.conf")
    with open(config, "w") as file:
        file.write("[domains]\nlocal = b\u00fccher.example\n")
    os.chmod(config, 0o644)
    done = run(os.path.join(BUILD, "mailguard"), "check", "--config", config, "--ip", "198.51.100.7", "--smtputf8",
               "--rcpt", "j\u00f6rg@b\u00fccher.example",
               env=dict(os.environ, LD_PRELOAD=os.path.join(BUILD, "test/other_malloc.so")))
    row("works with an allocator of the server's own", done.returncode == 0, done.returncode, done.stdout, done.stderr)

end()
