#!/usr/bin/python3
"""convert.py SUITE FILE.yml [README] - a suite of SPF cases as lines that spf_cases.h reads, on standard output.

Fields are separated by tabs; in them, what is no printable ASCII, and the backslash, is \\xNN.

  scenario NAME
  record NAME TYPE DATA...          A, AAAA, PTR, CNAME address or name; MX preference name; TXT text
  trouble NAME WHY                  whatever type is not listed: no answer
  case PATH key=value...

Zone rules (those of the openspf suite's drivers): a name with SPF data and no TXT serves them as TXT; "TXT: NONE"
keeps it from that; TIMEOUT and SERVFAIL are for every type not listed. The keys skip and strict are not for us.

Our own suite says more shortly what is long: "<<40*ab>>" is forty times ab; a list entry with {1..9} in it is nine
entries; a name with {1..9} is nine names, and {#} in their data is the number.

A row of the table in README changes what a case of another's suite is expected to give."""

import re
import sys

import yaml

OUR_KEYS = ("receiver", "time", "limits", "terms", "voids", "queries", "rounds", "matched", "breadth",
            "record-breadth", "problem", "record")
RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")


def octets(text):
    """The suites write octets as characters."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")


def field(data):
    if isinstance(data, str):
        data = octets(data)
    return "".join(chr(c) if 0x20 <= c <= 0x7e and c != 0x5c else "\\x%02x" % c for c in data)


def line(*fields):
    print("\t".join(field(f) for f in fields))


def repeat(text):
    """The innermost first."""
    while True:
        longer = re.sub(r"<<(\d+)\*((?:(?!<<|>>).)*)>>", lambda m: m.group(2) * int(m.group(1)), text, flags=re.S)
        if longer == text:
            return text
        text = longer


def unrolled(value):
    """The entries that one stands for."""
    if isinstance(value, list):
        for i, part in enumerate(value):
            found = RANGE.search(part)
            if found:
                return [value[:i] + [part.replace(found.group(0), str(n), 1)] + value[i + 1:]
                        for n in range(int(found.group(1)), int(found.group(2)) + 1)]
        return [value]
    found = RANGE.search(value)
    if not found:
        return [value]
    return [value.replace(found.group(0), str(n), 1) for n in range(int(found.group(1)), int(found.group(2)) + 1)]


def entries_of(data):
    """(type, value) of a name's list, whichever way it is written."""
    for entry in data or []:
        if isinstance(entry, str):
            yield entry, "true"
            continue
        for kind, value in entry.items():
            for one in unrolled(value):
                yield kind, one


def substitute(value, number):
    if isinstance(value, list):
        return [part.replace("{#}", number) for part in value]
    return value.replace("{#}", number)


def write_name(name, entries):
    kinds = [kind for kind, _ in entries]
    for kind, value in entries:
        if kind in ("TIMEOUT", "SERVFAIL", "CNAMELOOP"):
            line("trouble", name, {"TIMEOUT": "timeout", "SERVFAIL": "servfail", "CNAMELOOP": "cname"}[kind])
        elif kind in ("SPF", "TXT"):
            if kind == "SPF" and "TXT" in kinds or value == "NONE":
                continue
            line("record", name, "TXT", repeat("".join(value)))
        elif kind == "MX":
            line("record", name, "MX", *[repeat(part) for part in value])
        else:
            line("record", name, kind, repeat(value))


def write_zone(zone):
    for name, data in (zone or {}).items():
        entries = list(entries_of(data))
        found = RANGE.search(name)
        if not found:
            write_name(repeat(name), entries)
            continue
        for n in range(int(found.group(1)), int(found.group(2)) + 1):
            write_name(repeat(name.replace(found.group(0), str(n))),
                       [(kind, substitute(value, str(n))) for kind, value in entries])


def deviations_of(readme, suite):
    """Rows "| suite | scenario/case | suite's result | ours | why |"."""
    found = {}
    if readme:
        for row in open(readme, encoding="utf-8"):
            cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
            if len(cells) == 5 and cells[0] == suite:
                found[cells[1]] = (cells[2], cells[3])
    return found


def write_case(path, case, deviations):
    results = case["result"] if isinstance(case["result"], list) else [case["result"]]
    if path in deviations:
        theirs, ours = deviations.pop(path)
        if theirs != " or ".join(results):
            sys.exit("convert.py: %s gives %s, not %s as README has it" % (path, results, theirs))
        results = [ours]
    fields = ["case", path, "host=" + case["host"], "helo=" + repeat(case.get("helo", "")),
              b"mailfrom=" + repeat(case["mailfrom"]).encode("utf-8"), "result=" + "|".join(results)]
    if "explanation" in case:
        fields.append("explanation=" + repeat(case["explanation"]))
    for key in OUR_KEYS:
        if key in case and key != "limits":
            fields.append(key + "=" + repeat(case[key]))
    for key, value in (case.get("limits") or {}).items():
        fields.append("limit-%s=%s" % (key, value))
    line(*fields)


def main():
    suite, source = sys.argv[1:3]
    deviations = deviations_of(sys.argv[3] if len(sys.argv) > 3 else None, suite)
    for number, scenario in enumerate(yaml.load_all(open(source, encoding="utf-8"), Loader=yaml.BaseLoader), 1):
        if not scenario:
            continue
        line("scenario", str(scenario.get("description") or number))
        write_zone(scenario.get("zonedata"))
        for name, case in scenario["tests"].items():
            write_case("%d/%s" % (number, name), case, deviations)
    if deviations:
        sys.exit("convert.py: README has rows for cases that are not there: %s" % ", ".join(sorted(deviations)))


main()
