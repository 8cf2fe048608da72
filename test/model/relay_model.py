"""relay_model.py - the relay decision, read a second time from mailguard.conf(5).

In:    a policy file and the facts of one case, as mg_ask_relay has them
Out:   (action, reason), to be compared with what the library answers
Rules: mailguard.conf(5) "HOW RELAYING IS DECIDED"; RFC 5321 4.1.2, 4.1.3. The library's source was not looked
       at. Policies are taken to be valid, and their lists to be there: nothing here finds mistakes in them, and
       nothing is relay.unreadable.

Where the manual leaves a question open, the comment says "Reading:" and what was chosen, mostly what relays less.
"""

import datetime
import functools
import ipaddress
import os
import re
import time
import unicodedata
from encodings import idna
from typing import NamedTuple, Optional

PATH_MAX = 254      # octets, RFC 5321 4.5.3.1.3 without the angle brackets
DOMAIN_MAX = 253
LABEL_MAX = 63
HELO_MAX = 1024     # session.h: of a longer word only that fact is kept
LAYERS_MAX = 16     # mailboxes and hosts in one path, the outermost and repeated ones counted

NOWHERE = ""        # the domain of a layer whose domain is none: no list entry matches it


# ---- addresses of hosts ---------------------------------------------------------------------------------------

@functools.lru_cache(maxsize=None)
def ip(text):
    """(version, number) of an address; an IPv4-mapped one is IPv4, a zone id is dropped."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if address.version == 6 and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.version, int(address)


def is_network(word):
    try:
        ip(word.lstrip("!").partition("/")[0])
        return True
    except ValueError:
        return False


class Networks:
    """A list of networks, of which the longest that matches decides."""

    def __init__(self, words):
        self.tables = {}    # (version, prefix) -> {leading bits: True, or False for an exception}
        for word in words:
            address, _, prefix = word.lstrip("!").partition("/")
            written = ipaddress.ip_address(address)
            version, number = ip(address)
            prefix = int(prefix) if prefix else written.max_prefixlen
            if version != written.version:
                prefix -= 96
            bits = 32 if version == 4 else 128
            table = self.tables.setdefault((version, prefix), {})
            table[number >> (bits - prefix)] = not word.startswith("!")
        self.by_length = sorted(self.tables, key=lambda key: -key[1])

    def longest(self, address):
        """(prefix, whether it is no exception) of the longest network around the address, or None."""
        version, number = address
        bits = 32 if version == 4 else 128
        for key in self.by_length:
            if key[0] == version:
                found = self.tables[key].get(number >> (bits - key[1]))
                if found is not None:
                    return key[1], found
        return None

    def holds(self, address):
        longest = self.longest(address) if address is not None else None
        return longest is not None and longest[1]


# ---- domains --------------------------------------------------------------------------------------------------

LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\Z")
STEPPING_STONES = set(".@%!/:[]")


@functools.lru_cache(maxsize=100000)
def domain(text):
    """The one form of a Domain, small letters and A-labels, or None if it is no Domain."""
    if not text.isascii():
        for character in text:
            if character > "\x7f" and STEPPING_STONES & set(unicodedata.normalize("NFKC", character)):
                return None
        # Reading: IDNA 2003 takes these for dots, NFKC does not; they are no part of a domain here.
        if "\u3002" in text or "\uff61" in text:
            return None
    labels = []
    for label in text.split("."):
        if not label.isascii():
            # What holds for A-labels holds before the translation too, which would hide it.
            if label.strip("-") != label or re.search(r"[^A-Za-z0-9\-\u0080-\U0010ffff]", label):
                return None
            try:
                label = idna.ToASCII(label).decode("ascii")
            except UnicodeError:
                return None
        label = label.lower()
        if not LABEL.match(label) or len(label) > LABEL_MAX:
            return None
        labels.append(label)
    name = ".".join(labels)
    if len(name) > DOMAIN_MAX or labels[-1].isdigit():
        return None
    return name


@functools.lru_cache(maxsize=10000)
def literal(text):
    """The one form of an address-literal, or None if it is none."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    inner = text[1:-1]
    try:
        if inner[:5].lower() == "ipv6:":    # ABNF's strings have no case
            if "%" in inner:
                return None
            return "[6:%d]" % int(ipaddress.IPv6Address(inner[5:]))
        return "[4:%d]" % int(ipaddress.IPv4Address(inner))
    except ValueError:
        return None


def parents(name):
    while "." in name:
        name = name.partition(".")[2]
        yield name


def listed_domain(word):
    return domain(word[:-1] if word.endswith(".") else word)


class Domains:
    """A list of domains: "dom" is that name, ".dom" everything below it."""

    def __init__(self, words):
        self.names = set()
        self.below = set()
        for word in words:
            if word.startswith("."):
                self.below.add(listed_domain(word[1:]))
            else:
                self.names.add(listed_domain(word))

    def holds(self, name):
        return name in self.names or any(parent in self.below for parent in parents(name))


class Hosts:
    """Networks and domains in one list."""

    def __init__(self, words):
        self.networks = Networks([word for word in words if is_network(word)])
        self.domains = Domains([word for word in words if not is_network(word)])


# ---- paths ----------------------------------------------------------------------------------------------------

ATEXT = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\U0010ffff]"
DOT_STRING = re.compile(rf"{ATEXT}+(?:\.{ATEXT}+)*\Z")
QUOTED_STRING = re.compile(r'"((?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*)"')
# Controls of ASCII and of Latin-1, and the marks that turn the direction of text (UAX 9).
CONTROLS = re.compile("[\\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Layer(NamedTuple):
    """One place where the mail could go."""
    local_part: Optional[str]   # dequoted; None: a host of a source route, which has none
    domain: Optional[str]       # from domain() or literal(); None: the path has none; or NOWHERE


class Path(NamedTuple):
    layers: list        # the mailbox first, then all that unfolding finds
    is_routed: bool     # it found something
    has_two_ats: bool   # outside quotes
    has_no_domain: bool     # and is not "postmaster"

    def is_at_literal(self):
        return self.layers[0].domain is not None and self.layers[0].domain.startswith("[")

    def has_form(self):
        return self.is_routed or self.has_two_ats or self.has_no_domain or self.is_at_literal()


def unquote(content):
    return re.sub(r"\\(.)", r"\1", content)


def parse_path(octets, smtputf8, local_part_max):
    """The Path, or None for address.syntax. The null path is none."""
    if not 1 <= len(octets) <= PATH_MAX:
        return None
    if not smtputf8 and not octets.isascii():
        return None
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if CONTROLS.search(text):
        return None

    # @a,@b:mailbox
    hosts = []
    if text.startswith("@"):
        route, colon, text = text.partition(":")
        if not colon:
            return None
        for host in route.split(","):
            if not host.startswith("@") or domain(host[1:]) is None:
                return None
            hosts.append(Layer(None, domain(host[1:])))

    # Local-part, perhaps "@" Domain
    if text.startswith('"'):
        quoted = QUOTED_STRING.match(text)
        if quoted is None:
            return None
        as_sent, after = quoted.group(), text[quoted.end():]
        local_part = unquote(quoted.group(1))
        if after and not after.startswith("@"):
            return None
        has_two_ats = False
        domain_text = after[1:]
    else:
        if "@" in text:
            as_sent, _, domain_text = text.rpartition("@")
        else:
            as_sent, domain_text = text, ""
        local_part = as_sent
        pieces = as_sent.split("@")
        has_two_ats = len(pieces) > 1
        if not all(DOT_STRING.match(piece) or (has_two_ats and piece == "") for piece in pieces):
            return None
    # Reading: RFC 5321 would let "" in quotes pass, the manual lets no Local-part be empty.
    if local_part == "" or len(as_sent.encode()) > local_part_max:
        return None

    where = None
    if domain_text:
        where = literal(domain_text) if domain_text.startswith("[") else domain(domain_text)
        if where is None:
            return None
    # Reading: "postmaster" in any case, quoted or not, but without an at sign and without a route.
    is_postmaster = local_part.lower() == "postmaster" and "@" not in text and not hosts

    mailboxes = unfold(Layer(local_part, where), hosts)
    if mailboxes is None:
        return None
    return Path(mailboxes + hosts, len(mailboxes) + len(hosts) > 1, has_two_ats,
                where is None and not is_postmaster)


def unfold(mailbox, hosts):
    """All mailboxes that a mailbox could lead to, itself first; None if they are too many. Hosts of source
    routes inside quotes are added to hosts, and count as much as mailboxes."""
    mailboxes = [mailbox]
    for layer in mailboxes:     # which grows meanwhile
        for local_part, domain_text in interpretations(layer.local_part, hosts):
            quoted = QUOTED_STRING.fullmatch(local_part)
            # Reading: quotes inside quotes come off like the outer ones.
            mailboxes.append(Layer(unquote(quoted.group(1)) if quoted else local_part, inner_domain(domain_text)))
            if len(mailboxes) + len(hosts) > LAYERS_MAX:
                return None
    return mailboxes if len(mailboxes) + len(hosts) <= LAYERS_MAX else None


def inner_domain(text):
    return domain(text) or literal(text) or NOWHERE


def interpretations(local_part, hosts):
    """Each (Local-part, domain text) that a server could make of a Local-part."""
    if not local_part.isascii():
        local_part = unicodedata.normalize("NFKC", local_part)
    if "@" in local_part:
        rest = local_part
        while re.match(r"@[^@,:]*(,@[^@,:]*)*:", rest):     # source routes, one behind the other
            route, _, rest = rest.partition(":")
            hosts.extend(Layer(None, inner_domain(host[1:])) for host in route.split(","))
        before, at, after = rest.rpartition("@")
        yield (before, after) if at else (rest, "")
    if "%" in local_part:
        before, _, after = local_part.rpartition("%")
        yield before, after
    if "!" in local_part:
        before, _, after = local_part.partition("!")
        yield after, before


def local_part_key(local_part):
    def fold(letter):   # one letter for one
        capital = letter.upper() if len(letter.upper()) == 1 else letter
        small = capital.lower() if len(capital.lower()) == 1 else capital
        return letter if small.isascii() and not letter.isascii() else small    # none becomes ASCII
    return unicodedata.normalize("NFC", "".join(map(fold, unicodedata.normalize("NFC", local_part))))


class Addresses:
    """A list of addresses."""

    def __init__(self, words):
        self.has_null = False
        self.mailboxes = set()
        self.local_parts = set()
        domain_words = []
        for word in words:
            local_part, _, where = word.rpartition("@")
            if word == "<>":
                self.has_null = True
            elif local_part and where:
                self.mailboxes.add((local_part_key(local_part), listed_domain(where)))
            elif local_part:
                self.local_parts.add(local_part_key(local_part))
            else:
                domain_words.append(where)
        self.domains = Domains(domain_words)

    def holds(self, layer):
        if layer.domain == NOWHERE:
            return False
        if layer.local_part is not None:
            key = local_part_key(layer.local_part)
            # Reading: "user@" is that Local-part anywhere, at a literal and without a domain too.
            if key in self.local_parts or (key, layer.domain) in self.mailboxes:
                return True
        return layer.domain is not None and self.domains.holds(layer.domain)

    def holds_any(self, path):
        """Reading: a path that cannot be read is in no list; hosts of a route are found by their domain."""
        if path is NULL_PATH:
            return self.has_null
        return path is not None and any(self.holds(layer) for layer in path.layers)

    def holds_all(self, path):
        return all(self.holds(layer) for layer in path.layers)


NULL_PATH = Path([], False, False, False)   # the null reverse-path, to be compared with "is"


# ---- the policy -----------------------------------------------------------------------------------------------

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def minutes(text):
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


class Hours:
    def __init__(self, text):
        self.spans = []     # (days, first minute, minute after the last)
        for part in text.split(","):
            days, start, end = set(range(7)), 0, 24 * 60
            for word in part.split():
                first, _, last = word.partition("-")
                if word[0].isdigit():
                    start, end = minutes(first), minutes(last)
                else:
                    day, last_day = DAYS.index(first), DAYS.index(last or first)
                    days = {day}
                    while day != last_day:
                        day = (day + 1) % 7
                        days.add(day)
            self.spans.append((days, start, end))

    def hold(self, now):
        local = time.localtime(now)
        day, minute = local.tm_wday, local.tm_hour * 60 + local.tm_min
        for days, start, end in self.spans:
            if start < end:
                if day in days and start <= minute < end:
                    return True
            elif start > end:   # over midnight; the morning belongs to the day before
                if (day in days and minute >= start) or ((day - 1) % 7 in days and minute < end):
                    return True
        return False


def until_holds(text, now):
    if "T" in text.upper():
        return now <= datetime.datetime.fromisoformat(text.upper()).timestamp()
    return datetime.date.fromtimestamp(now) <= datetime.date.fromisoformat(text)


def pattern(word):
    parts = {"*": b".*", "?": b"."}
    expression = b"".join(parts.get(character) or re.escape(character.encode()) for character in word)
    return re.compile(expression, re.IGNORECASE | re.DOTALL)


def fingerprint(text):
    return text.replace(":", "").lower()


class Grant:
    """Terms that are not written are None."""

    def __init__(self, policy, keys):
        def words(key, **how):
            return policy.words(keys[key], **how) if key in keys else None

        def addresses(key):
            return Addresses(words(key, of_addresses=True)) if key in keys else None

        self.zones = words("zone")
        self.users = words("auth")
        self.fingerprints = [fingerprint(word) for word in words("tls-fingerprint") or []]
        self.wants_fingerprint = "tls-fingerprint" in keys
        self.helos = [pattern(word) for word in words("helo")] if "helo" in keys else None
        self.senders = addresses("from")
        self.recipients = addresses("to")
        self.hours = Hours(keys["hours"]) if "hours" in keys else None
        self.until = keys.get("until")


class Policy:
    """A policy file, as far as relaying goes by it."""

    def __init__(self, path):
        self.directory = os.path.dirname(path)
        self.sections = {}
        with open(path, encoding="utf-8") as lines:
            for line in map(str.strip, lines):
                if line.startswith("["):
                    keys = self.sections[line[1:-1]] = {}
                elif line and not line.startswith("#"):
                    key, _, value = line.partition("=")
                    keys[key.strip()] = value.strip()

        self.is_monitor = self.value("mailguard", "mode") == "monitor"
        self.is_safe = self.value("mailguard", "safe-mode") == "yes"
        self.proxies = Networks(self.listed("mailguard", "proxies"))
        self.own_literals = {("[%d:%d]" % ip(word)) for word in self.listed("mailguard", "own-addresses")}
        self.own_domains = [Domains(self.listed("domains", key)) for key in ("local", "relay-to")]
        self.local_part_max = int(self.value("address", "local-part-max", "64"))
        self.read_zones()
        self.grants = [Grant(self, keys) for name, keys in self.sections.items() if name.startswith("grant ")]
        self.denied_hosts = Hosts(self.listed("deny hosts", "hosts"))
        self.denied_senders = Addresses(self.listed("deny senders", "senders", of_addresses=True))
        self.denied_recipients = Addresses(self.listed("deny recipients", "recipients", of_addresses=True))
        self.denied_pairs = []
        for pair in self.listed("deny pairs", "pairs", of_addresses=True):
            sender, _, recipient = pair.rpartition(">")
            self.denied_pairs.append((Addresses([sender]), Addresses([recipient])))

    def value(self, section, key, default=None):
        return self.sections.get(section, {}).get(key, default)

    def listed(self, section, key, of_addresses=False):
        return self.words(self.value(section, key, ""), of_addresses)

    def words(self, value, of_addresses=False):
        found = []
        for word in filter(None, re.split(r"[\s,]+", value)):
            if word.startswith("@") and (not of_addresses or "/" in word):
                with open(os.path.join(self.directory, word[1:]), encoding="utf-8") as lines:
                    for line in lines:
                        found += filter(None, re.split(r"[\s,]+", line.partition("#")[0]))
            else:
                found.append(word)
        return found

    def read_zones(self):
        self.zone_networks = {}
        self.zone_of_name = {}
        self.zone_of_parent = {}
        self.local_zone = None
        self.zones_found = {}   # zone_by_address() of every address asked for so far
        for name, keys in self.sections.items():
            if not name.startswith("zone "):
                continue
            zone = name[len("zone "):]
            self.zone_networks[zone] = Networks(self.words(keys.get("networks", "")))
            hosts = Domains(self.words(keys.get("hosts", "")))
            self.zone_of_name.update(dict.fromkeys(hosts.names, zone))
            self.zone_of_parent.update(dict.fromkeys(hosts.below, zone))
            if keys.get("local") == "yes":
                self.local_zone = zone

    def zone_by_address(self, address):
        if address not in self.zones_found:
            # A zone whose longest match is an exception is out, and with it all its networks around that:
            # they are shorter. So each zone has at most one candidate.
            candidates = []
            for zone, networks in self.zone_networks.items():
                longest = networks.longest(address)
                if longest is not None and longest[1]:
                    candidates.append((longest[0], zone))
            self.zones_found[address] = max(candidates)[1] if candidates else None
        return self.zones_found[address]

    def zone_by_name(self, name):
        if name in self.zone_of_name:
            return self.zone_of_name[name]
        return next((self.zone_of_parent[parent] for parent in parents(name) if parent in self.zone_of_parent),
                    None)

    def is_own(self, path):
        """Whether an outsider may write to it."""
        mailbox = path.layers[0]
        if path.is_routed or path.has_two_ats or path.has_no_domain:
            return False
        if mailbox.domain is None:
            return True     # postmaster
        if path.is_at_literal():
            return mailbox.local_part.lower() == "postmaster" and mailbox.domain in self.own_literals
        return any(domains.holds(mailbox.domain) for domains in self.own_domains)


# ---- the decision ---------------------------------------------------------------------------------------------

class Case(NamedTuple):
    """The facts; None: not given."""
    provenance: str = "socket"              # socket, proxy, xclient or local
    client: Optional[str] = None
    peer: Optional[str] = None
    ptr: Optional[str] = None
    iprev: Optional[str] = None
    user: Optional[bytes] = None
    tls_fingerprint: Optional[str] = None
    helo: Optional[bytes] = None
    reverse_path: Optional[bytes] = None
    smtputf8: bool = False                  # a parameter of MAIL: nothing without a reverse-path
    forward_path: bytes = b""


def confirmed_name(case):
    return listed_domain(case.ptr) if case.ptr and case.iprev == "pass" else None


def zone_of(policy, case):
    if case.provenance == "local":
        return policy.local_zone
    client = ip(case.client)
    if policy.proxies.holds(client):
        return None
    if case.provenance != "socket" and not (case.peer and policy.proxies.holds(ip(case.peer))):
        return None
    name = confirmed_name(case)
    return policy.zone_by_address(client) or (name and policy.zone_by_name(name))


def host_is_denied(policy, case):
    """Reading: what is no ground to trust is one to refuse: the address that an unknown client is said to have,
    and its confirmed name though an exception spares its address."""
    hosts = policy.denied_hosts
    name = confirmed_name(case)
    return (any(hosts.networks.holds(ip(address)) for address in (case.client, case.peer) if address)
            or (name is not None and hosts.domains.holds(name)))


def grant_holds_but_until(grant, case, zone, sender, recipient, now):
    if grant.zones is not None and zone not in grant.zones:
        return False
    if grant.users is not None:
        if not case.user:
            return False
        if grant.users != ["any"] and case.user not in [user.encode() for user in grant.users]:
            return False
    if grant.wants_fingerprint:
        if not case.tls_fingerprint or fingerprint(case.tls_fingerprint) not in grant.fingerprints:
            return False
    if grant.helos is not None:
        if case.helo is None or len(case.helo) > HELO_MAX:
            return False
        if not any(helo.fullmatch(case.helo) for helo in grant.helos):
            return False
    if grant.senders is not None:
        if not grant.senders.holds_any(sender) or (sender is not NULL_PATH and sender.has_form()):
            return False
    if grant.hours is not None and not grant.hours.hold(now):
        return False
    return grant.recipients is None or grant.recipients.holds_all(recipient)


def refusal(policy, section, key):
    """The action of a key outside [relay] if it refuses, else None."""
    action = policy.value(section, key, "reject")
    if policy.is_monitor or action not in ("defer", "reject"):
        return None
    if section == "deny":
        reply = policy.value("deny %ss" % key, "reply", "")
        code = re.match(r"([45])\d\d(?!\S)", reply)
        if code:
            action = "defer" if code.group(1) == "4" else "reject"
    return "defer" if policy.is_safe else action


def relay_refusal(policy, key):
    return policy.value("relay", key, "reject"), "relay." + key


def syntax_refusal(policy):
    action = refusal(policy, "address", "syntax")
    return (action, "address.syntax") if action else relay_refusal(policy, "denied")


def deny_refusals(policy, case, sender, recipient):
    """What the deny lists say, in their order."""
    matches = {
        "host": host_is_denied(policy, case),
        "sender": policy.denied_senders.holds_any(sender),
        "recipient": policy.denied_recipients.holds_any(recipient),
        "pair": any(senders.holds_any(sender) and recipients.holds_any(recipient)
                    for senders, recipients in policy.denied_pairs),
    }
    return [(refusal(policy, "deny", key), "deny." + key)
            for key, matched in matches.items() if matched and refusal(policy, "deny", key)]


def relay_answer(policy, case, sender, recipient):
    """What grants and own domains say."""
    if recipient is None:
        return syntax_refusal(policy)
    zone = zone_of(policy, case)
    now = time.time()
    has_ended = False
    for grant in policy.grants:
        if grant_holds_but_until(grant, case, zone, sender, recipient, now):
            if grant.until is None or until_holds(grant.until, now):
                if recipient.has_two_ats or recipient.has_no_domain:
                    return syntax_refusal(policy)
                return "accept", "relay.granted"
            has_ended = True

    if policy.is_own(recipient):
        return "accept", "relay.own-domain"
    if recipient.has_form():
        return relay_refusal(policy, "address-form")
    return relay_refusal(policy, "expired" if has_ended else "denied")


def decide(policy, case):
    """(action, reason): of all answers the strictest, and of equally strict ones the first."""
    smtputf8 = case.smtputf8 and case.reverse_path is not None
    recipient = parse_path(case.forward_path, smtputf8, policy.local_part_max)
    if case.reverse_path == b"":
        sender = NULL_PATH
    elif case.reverse_path is None:
        sender = None
    else:
        sender = parse_path(case.reverse_path, smtputf8, policy.local_part_max)
    answers = deny_refusals(policy, case, sender, recipient) + [relay_answer(policy, case, sender, recipient)]
    return max(answers, key=lambda answer: ("accept", "defer", "reject").index(answer[0]))
