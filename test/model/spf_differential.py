#!/usr/bin/python3
"""spf_differential.py RUN_SPF SUITES [CASES [SEED]] - generated zones, evaluated by pyspf and by us.

RUN_SPF is the program built from test/suites/run_spf.c, SUITES the directory that test/suites/fetch.sh filled, with
Debian's python3-spf in it. Records lean to the edges of the grammar: a quarter of them has an octet taken out, put in
or doubled. Our outcome must be pyspf's: result, and explanation of a fail. Exit 1 if it is not, and no rule explains it.

pyspf is brought in line where RFC 7208 leaves no doubt, so that what it would hide can be compared; each place below
names the section. What remains is told apart after the fact by EXPLAINED."""

import collections
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import zlib

CASES_PER_ZONE = 8
WILD = ".w.example.org"          # any name below it may exist; whether it does is in its hash
V4 = ["192.0.2.%d" % n for n in (1, 2, 3, 130)] + ["198.51.100.%d" % n for n in (1, 77)] + ["203.0.113.9"]
V6 = ["2001:db8::%x" % n for n in (1, 2, 0xffff)] + ["2001:db8:1::1", "2001:db8:ffff::cb01"]


# ---- pyspf, in line ----

TURNED = re.compile(r"%(?:[^{]|\{[A-Za-z][0-9]*R)")

def load_pyspf(suites):
    sys.path.insert(0, os.path.join(suites, "usr/lib/python3/dist-packages"))
    import spf

    match = spf.domainmatch

    class Names(list):
        """Validated names; their voids count if none of them matches, since 5.5 puts names in no order."""

    class Target(str):
        """5.2: an include of itself is in the grammar; equal only to itself, it is none when it is parsed."""
        __hash__ = str.__hash__

        def __eq__(self, other):
            return self is other

    class Exchanges:
        def __init__(self, names):
            self.names = names

    class Query(spf.query):
        has_p = False

        def quietly(self, function, *arguments):
            """What it returns, or a TempError; and how many lookups were void."""
            saved, self.void_lookups = self.void_lookups, -1000000
            try:
                found = function(*arguments)
            except spf.TempError as error:
                found = error
            voids, self.void_lookups = self.void_lookups + 1000000, saved
            return found, voids

        def commit(self, voids):
            self.void_lookups += voids
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("Void lookup limit exceeded")

        def validated(self):
            """5.5: trouble with PTR is no match, trouble with an address skips the name."""
            names, voids = self.quietly(self.dns_ptr, self.i)
            found = Names()
            if isinstance(names, list):
                for name in names[:spf.MAX_PTR]:
                    addresses, more = self.quietly(self.dns_a, name, self.A)
                    voids += more
                    if isinstance(addresses, list) and spf.query.cidrmatch(self, addresses, self.cidrmax):
                        found.append(name)
            found.query, found.voids = self, voids
            return found

        def validated_ptrs(self):
            return self.validated()

        def getp(self):
            """7.3: by the current <domain>; "unknown" whatever goes wrong. Its lookups are made once."""
            names = self.validated()
            if not self.has_p:
                self.has_p = True
                self.commit(names.voids)
            domain = self.d.lower()      # DNS compares without case; an include may be written in capitals
            same = [name for name in names if name.lower() == domain]
            below = [name for name in names if name.lower().endswith("." + domain)]
            self.p = (same + below + list(names) + ["unknown"])[0]
            return self.p

        def dns_mx(self, name):
            """5.4 puts the names in no order: one that matches may be the first."""
            exchanges = self.dns(name, "MX")
            if len(exchanges) > spf.MAX_MX:
                raise spf.PermError("More than %d MX records returned" % spf.MAX_MX)
            return Exchanges([exchange for _, exchange in exchanges])

        def cidrmatch(self, addresses, n):
            if not isinstance(addresses, Exchanges):
                return spf.query.cidrmatch(self, addresses, n)
            total, trouble = 0, None
            for name in addresses.names:
                found, voids = self.quietly(self.dns_a, name, self.A)
                total += voids
                if isinstance(found, spf.TempError):
                    trouble = found
                elif spf.query.cidrmatch(self, found, n):
                    return True
            if trouble:
                raise trouble
            self.commit(total)
            return False

        def check_lookups(self):
            """6.1: a redirect counts when it is followed, which dns_spf() below sees."""
            if not isinstance(sys._getframe(1).f_locals.get("m"), list):
                spf.query.check_lookups(self)

        def dns_spf(self, domain):
            caller = sys._getframe(1)
            if caller.f_code.co_name == "check0" and domain is caller.f_locals.get("redirect"):
                spf.query.check_lookups(self)
            return spf.query.dns_spf(self, domain)

        def expand_domain(self, text):
            """4.8: the current domain is no macro string, though "%" may be in it."""
            return text if text is self.d else Target(spf.query.expand_domain(self, text))

        def expand(self, text, stripdot=True):
            """7.3: labels go until the rest fits, and only in names. RFC 5234 2.3: "R" turns round as "r" does."""
            text = TURNED.sub(lambda match: match[0] if match[0][1] != "{" else match[0][:-1] + "r", text)
            if not stripdot:
                return spf.query.expand(self, text + "\0", stripdot)[:-1] if len(text) < 200 else ""
            expanded = spf.query.expand(self, text, stripdot)
            while len(expanded) > 253 and "." in expanded:
                expanded = expanded[expanded.index(".") + 1:]
            return expanded

    def domainmatch(names, suffix):
        """4.8: with a target that DNS cannot have there is nothing to match, and we look nothing up."""
        if not all(0 < len(label) < 64 for label in suffix.split(".")):
            return False
        matched = match(names, suffix)
        if not matched:
            names.query.commit(names.voids)
        return matched

    spf.domainmatch = domainmatch
    spf.JOINERS = dict.fromkeys("slodipvhcrt", ".")   # 7.3: all parts are rejoined with dots
    return spf, Query


# ---- zones ----

class Zone:
    def __init__(self):
        self.records = collections.defaultdict(list)
        self.trouble = set()

    def add(self, name, kind, value):
        self.records[name.lower()].append((kind, value))

    def wild(self, name):
        if not name.endswith(WILD) or name in self.records:
            return
        dice = zlib.crc32(name.encode("utf-8", "surrogateescape"))
        if dice % 3 == 0:
            self.add(name, "A", V4[dice // 3 % len(V4)])
        if dice % 5 == 0:
            self.add(name, "AAAA", V6[dice // 5 % len(V6)])
        if dice % 7 == 0:
            self.add(name, "TXT", random.Random(dice).choice(["v=spf1 +all", "v=spf1 ?all", "v=spf1 a -all", "x"]))
        if name not in self.records:
            self.records[name] = []

    def lookup(self, spf):
        def DNSLookup(name, kind, strict=True, timeout=None):
            name = name.lower().rstrip(".")
            self.wild(name)
            found = [value for of, value in self.records.get(name, ()) if of == kind]
            if not found and name in self.trouble:
                raise spf.TempError("DNS timeout")
            if kind == "TXT":
                found = [(value.encode("latin-1"),) for value in found]
            elif kind == "AAAA":
                found = [socket.inet_pton(socket.AF_INET6, value) for value in found]
            return [((name, kind), value) for value in found]
        return DNSLookup


def arpa(address):
    if ":" in address:
        nibbles = socket.inet_pton(socket.AF_INET6, address).hex()
        return ".".join(reversed(nibbles)) + ".ip6.arpa"
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa"


class Maker:
    """Draws zones; every draw goes through one generator, so that a seed is a run."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.policies = ["p%d.example.org" % n for n in range(7)]
        self.hosts = ["h%d.example.net" % n for n in range(8)] + ["h0.p0.example.org", "h1.p1.example.org"]

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def macro(self):
        pick = self.random.choice
        letter = pick("slodiphv" if self.chance(75) else "SLODIHV")
        digits = pick(["", "", "", "1", "2", "3", "9", "128"])
        delimiters = "".join(pick(".-+,/_=") for _ in range(pick([0, 0, 0, 1, 1, 2, 3])))
        return "%%{%s%s%s%s}" % (letter, digits, pick(["", "", "r"]), delimiters)

    def spec(self, names):
        pick = self.random.choice
        roll = self.random.random() * 100
        if roll < 55:
            name = pick(names)
            return pick([name, name, name + ".", name.upper(), name.replace("example", "%%{%s1r}x" % "o", 0)])
        if roll < 85:
            parts = [self.macro() if self.chance(60) else pick(["x", "a-b", "_s", "%%", "%_", "%-"])
                     for _ in range(pick([1, 1, 2, 3, 12]))]
            return pick([".", "-", "."]).join(parts) + pick([WILD, WILD, WILD + ".", "." + self.macro()])
        return pick(["%{d}", "%{o}", "h0.%{d}", "%{h}", "%{p}", "nx.%{d2}", "x.%{p}" + WILD, "a" * 64 + ".example.org",
                     "a..example.org", ".example.org", "192.0.2.1", "example", "a.b-", "a.-b", "a.1", "a.1-1", "a:b/c.example"])

    def prefix(self):
        return self.random.choice(["", "", "", "/24", "/32", "/0", "//64", "//0", "//128", "/24//64", "/8//32", "/25//127",
                                   "/33", "//129", "/024", "/", "//", "/24/24"] if self.chance(15)
                                  else ["", "", "/24", "/31", "//64", "//112", "/24//64", "/0", "//0"])

    def term(self):
        pick = self.random.choice
        qualifier = pick(["", "", "", "+", "-", "~", "?"])
        kind = pick(["a", "a", "mx", "mx", "ptr", "ip4", "ip4", "ip6", "ip6", "include", "include", "exists", "exists",
                     "all", "modifier", "redirect", "exp"])
        if kind in ("a", "mx"):
            return qualifier + kind + (":" + self.spec(self.hosts + self.policies) if self.chance(70) else "") + self.prefix()
        if kind == "ptr":
            return qualifier + kind + (":" + self.spec(["example.net", "example.org"] + self.hosts) if self.chance(60) else "")
        if kind == "ip4":
            return qualifier + "ip4:" + pick(V4) + pick(["", "", "/24", "/25", "/31", "/32", "/0", "/16"])
        if kind == "ip6":
            return qualifier + "ip6:" + pick(V6 + ["::", "::ffff:192.0.2.1", "2001:DB8::"]) + pick(
                ["", "", "/32", "/64", "/128", "/0", "/111"])
        if kind == "include":
            return qualifier + "include:" + self.spec(self.policies)
        if kind == "exists":
            return qualifier + "exists:" + self.spec(self.hosts)
        if kind == "all":
            return qualifier + "all"
        if kind == "redirect":
            return "redirect=" + self.spec(self.policies)
        if kind == "exp":
            return "exp=" + pick(["x0.example.net", "x1.example.net", "x2.example.net", "%{h}" + WILD])
        return "m%d=%s" % (self.random.randrange(1000000), pick(["", "x", self.macro(), "a:b/c", "%%%_"]))

    def record(self):
        pick = self.random.choice
        n = pick([0, 1, 2, 2, 3, 3, 4, 5, 6, 9, 10, 11, 12])
        terms = [self.term() for _ in range(n)] + ([pick(["-all", "~all", "?all"])] if self.chance(50) else [])
        text = pick(["v=spf1", "v=spf1", "V=SPF1"]) + "".join(pick([" ", " ", "  "]) + term for term in terms)
        if self.chance(25) and len(text) > 8:
            at = self.random.randrange(7, len(text))
            text = pick([text[:at] + text[at + 1:], text[:at] + text[at] + text[at:], text[:at] + pick(
                " :/%{}=.-+~?,_@0123456789aAmxrR\\\"\x80\xff") + text[at:]])
        return text

    def zone(self):
        pick = self.random.choice
        zone = Zone()
        for name in self.policies:
            if self.chance(93):
                zone.add(name, "TXT", self.record())
            if self.chance(4):
                zone.add(name, "TXT", pick(["v=spf1 -all", "other", "v=spf10"]))
            if self.chance(5):
                zone.trouble.add(name)
        for name in self.policies + self.hosts:
            for _ in range(pick([0, 1, 1, 1, 2, 3])):
                zone.add(name, "A", pick(V4))
            for _ in range(pick([0, 0, 1, 1, 2])):
                zone.add(name, "AAAA", pick(V6))
            for n in range(pick([0, 0, 1, 1, 2, 3, 10, 11])):
                zone.add(name, "MX", (n, pick(self.hosts + ["", "nx.example.net"]) if self.chance(30) else pick(self.hosts)))
            if self.chance(4):
                zone.trouble.add(name)
        for address in V4 + V6:
            for name in self.random.sample(self.hosts + self.policies + ["nx.example.net"], pick([0, 1, 1, 2, 3, 11])):
                zone.add(arpa(address), "PTR", name)
            if self.chance(5):
                zone.trouble.add(arpa(address))
        zone.add("x0.example.net", "TXT", "%{i} is not %{o}'s, says %{r}")
        zone.add("x1.example.net", "TXT", pick(["%{c} %{v} %{S} %{h} %% %_%-", "%{x}", "100%", "%{p} %{d2} %{l1r-}."]))
        zone.add("x2.example.net", "TXT", "one")
        zone.add("x2.example.net", "TXT", "two") if self.chance(50) else None
        return zone

    def case(self):
        pick = self.random.choice
        local = pick(["u", "strong-bad", "a.b.c", "a+b=c_d", "a--b-", "~j&k", "%{d}", "x" * 60, ""])
        return {"host": pick(V4 + V4 + V6), "mailfrom": local + "@" + pick(self.policies),
                "helo": pick(["mx.example.net", "h0.example.net", "localhost", "[192.0.2.1]", "d." * 60 + "example.org", "a_b-c.example"])}


# ---- both ----

MACRO = re.compile(r"%(?:[%_-]|\{[slodiphcrtvSLODIPHCRTV](?:0*[1-9][0-9]*)?r?[.\-+,/_=]*\})")

# What is left apart, by what pyspf says, what the records have, and what we say.
EXPLAINED = (
    ("7.1: pyspf takes other macros than the grammar",
     lambda said, texts, ours: "RFC 7208 7." in ours and "got permerror" in ours
     and any("%" in MACRO.sub("", text) for text in texts if text.lower().startswith("v=spf1"))),
    ("12: names of modifiers are of any case, for us",
     lambda said, texts, ours: any(re.search(r" (?!exp=|redirect=)(?i:exp|redirect)=", text) for text in texts)),
    ("6: only redirect and exp may not be given twice",
     lambda said, texts, ours: "MUST appear at most once" in said and "redirect" not in said and "exp=" not in said),
)


def field(text):
    return "".join(chr(c) if 0x20 <= c <= 0x7e and c != 0x5c else "\\x%02x" % c for c in text.encode("latin-1"))


def write_zone(out, zone):
    out.write("scenario\tz\n")
    for name, entries in zone.records.items():
        for kind, value in entries:
            value = ("%d" % value[0], value[1]) if kind == "MX" else (value,)
            out.write("\t".join(["record", field(name), kind] + [field(part) for part in value]) + "\n")
    for name in sorted(zone.trouble):
        out.write("trouble\t%s\ttimeout\n" % field(name))


def judge(spf, Query, case, voids_max):
    """pyspf's result, explanation or None, and what it said."""
    spf.MAX_VOID_LOOKUPS = voids_max
    sender = "postmaster" + case["mailfrom"] if case["mailfrom"].startswith("@") else case["mailfrom"]   # 4.3
    query = Query(i=case["host"], s=sender, h=case["helo"], receiver="mx.receiver.example")
    result, _, said = query.check()
    explanation = None
    if result == "fail" and said != spf.EXPLANATIONS["fail"]:
        explanation = "".join(c if " " <= c <= "~" else "?" for c in said)[:200] or None
    return result, explanation, said


def run(run_spf, path):
    """Of each case that fails, what we got."""
    done = subprocess.run([run_spf, path], capture_output=True, text=True, errors="replace",
                          env=dict(os.environ, G_MESSAGES_DEBUG=""), check=False)
    wrong, said, n = {}, [], 0
    for row in done.stdout.splitlines():
        found = re.match(r"(not )?ok \d+ \S+/(\d+)$", row)
        if not found:
            said.append(row)
            continue
        n += 1
        if found.group(1):
            wrong[int(found.group(2))] = [line for line in said if "got " in line or "ERROR" in line]
        said = []
    return wrong, n, done.stderr


def main():
    run_spf, suites = sys.argv[1:3]
    n_cases = int(sys.argv[3]) if len(sys.argv) > 3 else 20000
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    spf, Query = load_pyspf(suites)
    maker = Maker(seed)
    cases, results, dead = [], collections.Counter(), 0
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "differential.cases")
        with open(path, "w", encoding="ascii") as out:
            while len(cases) < n_cases:
                zone, lines = maker.zone(), []
                spf.DNSLookup = zone.lookup(spf)
                texts = [value for entries in zone.records.values() for kind, value in entries if kind == "TXT"]
                shown = []
                # pyspf looks up what "%{p}" needs before it evaluates anything: voids cannot be compared there.
                voids_max = 1000 if any(re.search(r"%\{p", text, re.I) for text in texts) else 2
                for _ in range(CASES_PER_ZONE):
                    case = maker.case()
                    try:
                        result, explanation, said = judge(spf, Query, case, voids_max)
                    except Exception as error:   # pyspf has no answer
                        dead += 1
                        if os.environ.get("VERBOSE"):
                            print("# pyspf: %r" % error)
                        continue
                    results[result] += 1
                    lines.append("case\t%d\thost=%s\thelo=%s\tmailfrom=%s\tlimit-voids=%d\tlimit-voids-by-query=1\t"
                                 "limit-queries=250\tresult=%s%s\n" % (
                                     len(cases), case["host"], field(case["helo"]), field(case["mailfrom"]), voids_max,
                                     result, "\texplanation=" + field(explanation or "DEFAULT") if result == "fail" else ""))
                    cases.append((case, result, said, shown))
                shown += [(name, value) for name, entries in zone.records.items() for kind, value in entries
                          if kind == "TXT"]
                write_zone(out, zone)
                out.writelines(lines)
        wrong, n, complaints = run(run_spf, path)
    if n != len(cases):
        sys.exit("%d of %d cases ran: %s" % (n, len(cases), complaints[-1000:]))
    explained, unexplained = collections.Counter(), 0
    for number, ours in sorted(wrong.items()):
        case, result, said, shown = cases[number]
        why = next((why for why, test in EXPLAINED if test(said, [value for _, value in shown], " ".join(ours))), None)
        if why:
            explained[why] += 1
            continue
        unexplained += 1
        if unexplained <= 10:
            print("# %s: pyspf %s (%s), ours %s" % (case, result, said, ours))
            for name, value in shown:
                print("#   %s %r" % (name, value))
    print("# %d cases, seed %d: %s; pyspf had no answer to %d" % (
        n, seed, ", ".join("%s %d" % item for item in sorted(results.items())), dead))
    for why, count in sorted(explained.items()):
        print("# %d explained by RFC 7208 %s" % (count, why))
    print("%s 1 - %d cases, %d differences unexplained" % ("not ok" if unexplained else "ok", n, unexplained))
    print("1..1")
    sys.exit(1 if unexplained else 0)


main()
