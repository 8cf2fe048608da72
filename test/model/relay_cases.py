"""relay_cases.py - makes policies and cases for relay.t, leaning to the edges.

In:    a random.Random; the same seed gives the same policies and cases within the hour
Out:   PolicyFile: text and list files; Case and the name of its kind
Rules: policies are valid by mailguard.conf(5). A fact that the manual leaves open is not generated where the
       two readings could be mistaken for a fault: U-labels on which IDNA 2003 and 2008 differ, empty HELO words,
       a peer beside a socket client. Names and addresses are those of RFC 2606, 5737, 3849.
"""

import datetime
import ipaddress
import time

from relay_model import Case, HELO_MAX, PATH_MAX

OURS = ["ours.example", "sub.ours.example", "example.net", "in.relay.test", "relay.test", "b\u00fccher.example",
        "under_score.example", "localhost"]
THEIRS = ["notours.example", "ours.example.test", "a.b.ours.example", "partner.example", "x.partner.example",
          "y.x.partner.example", "example.com", "example.org", "mail.example.org", "spam.invalid", "b-2.test",
          "4you.test", "a.in.relay.test", "sub.b\u00fccher.example"]
DOMAINS = OURS + THEIRS
HOST_NAMES = ["named.example", "mta.named.example", "a.mta.named.example", "dialup.example", "pool.dialup.example",
              "example.org", "host.test", "in.host.test"]
LOCAL_PARTS = ["ana", "bob", "scans", "list", "root", "postmaster", "abuse", "first.last", "x+tag", "a-b_c", "Ana"]
LOCAL_PARTS_UTF8 = ["j\u00f6rg", "ren\u00e9e"]
USERS = ["ana", "Ana", "bob@example.net", "svc-1"]
FINGERPRINTS = ["%02x" % n * 32 for n in (0x0a, 0x5c, 0xf1)]
HELO_PATTERNS = ["printer.ours.example", "printer*.ours.example", "mta?.example.net", "*.example.org", "*", "h?*",
                 "[192.0.2.*]", "HOST.TEST"]
REPLIES = ["Go away", "550 5.7.1 not {client-ip}", "450 4.7.1 later", "554 no", "421 4.3.2 {reason}", "5 apples"]
LOOK_ALIKES = {"@": "\uff20\ufe6b", "%": "\uff05\ufe6a", "!": "\uff01\ufe57\u203c"}
DOMAIN_LOOK_ALIKES = "\uff20\ufe6b\uff0e\u2024\uff05\uff01\uff0f\uff1a\uff3b\uff3d\u2105\u2025"
DOCUMENTATION = [ipaddress.ip_network(word) for word in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
                                                          "2001:db8::/32")]
ACTION_KEYS = {"deny": ["host", "sender", "recipient", "pair"], "relay": ["denied", "address-form", "expired"]}


def a_label_key(name):
    return name.lower().rstrip(".").encode("idna")


class PolicyFile:
    """A policy as text, and what its cases should be about."""

    def __init__(self):
        self.sections = []      # (header, {key: value})
        self.files = {}         # name: text
        self.networks = []      # all that are written somewhere
        self.zones = {}         # name: {"networks": [...], "hosts": [...], "local": bool}
        self.proxies = []
        self.own_addresses = []
        self.grants = []        # {term: [words]}
        self.host_names = []    # domain entries of zones and deny lists
        self.senders = []       # address entries
        self.recipients = []
        self.pairs = []
        self.own = []
        self.local_part_max = 64

    def section(self, header, **keys):
        self.sections.append((header, {key.replace("_", "-"): value for key, value in keys.items()}))
        return self.sections[-1][1]

    def text(self):
        lines = []
        for header, keys in self.sections:
            lines += ["[%s]" % header] + ["%s = %s" % pair for pair in keys.items()] + [""]
        return "\n".join(lines)


class Generator:
    def __init__(self, random):
        self.random = random

    def often(self, probability):
        return self.random.random() < probability

    def one(self, of):
        return self.random.choice(of)

    def some(self, of, least, most):
        return self.random.sample(of, min(len(of), self.random.randint(least, most)))

    # ---- policies -------------------------------------------------------------------------------------------

    def network(self):
        if self.often(0.7):
            base, prefixes = self.one(DOCUMENTATION[:3]), range(24, 33)
        else:
            base, prefixes = DOCUMENTATION[3], [32, 33, 40, 48, 56, 64, 96, 112, 127, 128]
        return self.within(base, self.one(prefixes))

    def within(self, network, prefix):
        # Few bits are set, so that networks meet and nest.
        bits = network.max_prefixlen
        number = int(network.network_address)
        for _ in range(self.random.randint(0, 3)):
            if network.prefixlen < prefix:
                number |= 1 << (bits - self.random.randint(network.prefixlen + 1, prefix))
        return ipaddress.ip_network((number, prefix))

    def narrower(self, network):
        bits = network.max_prefixlen
        if network.prefixlen == bits:
            return None
        return self.within(network, self.random.randint(network.prefixlen + 1, min(bits, network.prefixlen + 12)))

    def network_word(self, network):
        if network.version == 4 and self.often(0.15):
            return "::ffff:%s/%d" % (network.network_address, network.prefixlen + 96)
        if network.prefixlen == network.max_prefixlen and self.often(0.6):
            return str(network.network_address)
        if network.version == 6 and self.often(0.2):
            return network.exploded.upper()
        return str(network)

    def network_list(self, policy, used, least=1, most=3):
        """Words of networks, with exceptions in them and networks in these, none that is used already."""
        words, found = [], []
        for _ in range(self.random.randint(least, most)):
            network, excepted = self.network(), False
            while network is not None and network not in used:
                used.add(network)
                found.append(network)
                words.append("!" * excepted + self.network_word(network))
                if self.often(0.45):
                    break
                network, excepted = self.narrower(network), not excepted
        self.random.shuffle(words)
        policy.networks += found
        return words, found

    def list_value(self, policy, words, of_addresses=False):
        """A list, sometimes wholly or partly in a file."""
        if words and self.often(0.12):
            name = "list%d" % len(policy.files)
            n = self.random.randint(1, len(words))
            in_file, words = words[:n], words[n:]
            policy.files[name] = "# a comment\n" + "".join("%s%s\n" % (word, self.one(["", "  # why", ","]))
                                                           for word in in_file)
            words = words + [("@./" if of_addresses else "@") + name]
        return self.one([" ", ", ", ","]).join(words)

    def domain_words(self, names, least, most, often_below=0.35):
        words, used = [], set()
        for name in self.some(names, least, most):
            below = self.often(often_below)
            if (below, a_label_key(name)) in used:
                continue
            used.add((below, a_label_key(name)))
            words.append("." * below + self.domain_spelling(name) + "." * self.often(0.05))
        return words

    def domain_spelling(self, name):
        if not name.isascii():
            return name.encode("idna").decode() if self.often(0.5) else name
        return self.one([name.upper(), name.title()]) if self.often(0.12) else name

    def address_words(self, least, most, null=False):
        words, used = [], set()
        for _ in range(self.random.randint(least, most)):
            local_part = self.one(LOCAL_PARTS + LOCAL_PARTS_UTF8[:1])
            name = self.one(DOMAINS)
            kind = self.random.randint(0, 6)
            key = (kind // 2 * 2, local_part.lower(), a_label_key(name))
            if key in used:
                continue
            used.add(key)
            where = self.domain_spelling(name)
            words.append([local_part + "@" + where, local_part.upper() + "@" + where, "@" + where, where,
                          "@." + where, "." + where, local_part + "@"][kind])
        if null and self.often(0.3):
            words.append("<>")
        unique = {word.lower().lstrip("@"): word for word in words}
        return list(unique.values()) or ["@partner.example"]

    def policy(self):
        policy = PolicyFile()
        keys = policy.section("mailguard")
        if self.often(0.12):
            keys["mode"] = "monitor"
        if self.often(0.15):
            keys["safe-mode"] = "yes"
        if self.often(0.5):
            words, policy.proxies = self.network_list(policy, set(), most=2)
            keys["proxies"] = self.list_value(policy, words)
        if self.often(0.6):
            policy.own_addresses = self.some(["192.0.2.1", "198.51.100.1", "2001:db8::1", "2001:db8::25"], 1, 3)
            keys["own-addresses"] = " ".join(policy.own_addresses)

        if self.often(0.95):
            policy.own = self.domain_words(OURS, 2, 6)
            n_local = self.random.randint(0, len(policy.own))
            keys = policy.section("domains")
            if n_local > 0:
                keys["local"] = self.list_value(policy, policy.own[:n_local])
            if n_local < len(policy.own):
                keys["relay-to"] = self.list_value(policy, policy.own[n_local:])

        self.zone_sections(policy)
        for n in range(self.random.randint(0 if self.often(0.1) else 1, 6)):
            self.grant_section(policy, "g%d" % n)
        self.deny_sections(policy)
        self.action_sections(policy)
        return policy

    def zone_sections(self, policy):
        networks_used, names_used, has_local = set(), set(), False
        for n in range(self.random.randint(1, 5)):
            name = "zone%d" % n
            keys = policy.section("zone " + name)
            zone = policy.zones[name] = {"networks": [], "hosts": [], "local": False, "nat": False}
            if self.often(0.85):
                words, zone["networks"] = self.network_list(policy, networks_used)
                if self.often(0.05):
                    wide = ipaddress.ip_network(self.one(["0.0.0.0/0", "::/0"]))
                    if wide not in networks_used:
                        networks_used.add(wide)
                        words.append(str(wide))
                        keys["open-relay"] = "i-understand"
                if words:
                    keys["networks"] = self.list_value(policy, words)
            if self.often(0.5):
                for word in self.domain_words(HOST_NAMES, 1, 3, often_below=0.6):
                    key = (word.startswith("."), a_label_key(word.lstrip(".")))
                    if key not in names_used:
                        names_used.add(key)
                        zone["hosts"].append(word)
                if zone["hosts"]:
                    keys["hosts"] = self.list_value(policy, zone["hosts"])
                    policy.host_names += zone["hosts"]
            if not has_local and self.often(0.15):
                keys["local"] = "yes"
                zone["local"] = has_local = True
            if len(keys) == 0:
                keys["networks"] = "192.0.2.%d" % n
                zone["networks"] = [ipaddress.ip_network(keys["networks"])]
                if zone["networks"][0] in networks_used:
                    policy.sections.pop()
                    del policy.zones[name]
                    continue
                networks_used.update(zone["networks"])
            if self.often(0.25):
                keys["shared-by-nat"] = "yes"
                zone["nat"] = True
            keys["owner"] = "ana"

    def grant_section(self, policy, name):
        terms = {}
        about_client = self.one(["zone", "zone", "zone", "auth", "tls-fingerprint", "zone auth",
                                 "zone tls-fingerprint", "auth tls-fingerprint"]).split()
        if not policy.zones:
            about_client = ["auth"]
        if "zone" in about_client:
            terms["zone"] = self.some(sorted(policy.zones), 1, 3)
        if "auth" in about_client:
            terms["auth"] = ["any"] if self.often(0.4) else self.some(USERS, 1, 2)
        if "tls-fingerprint" in about_client:
            terms["tls-fingerprint"] = [self.fingerprint_spelling(word) for word in self.some(FINGERPRINTS, 1, 2)]
        if self.often(0.3):
            terms["helo"] = self.some(HELO_PATTERNS, 1, 2)
        if self.often(0.35):
            terms["from"] = self.address_words(1, 3, null=True)
        is_shared = any(policy.zones[zone]["nat"] for zone in terms.get("zone", []))
        if self.often(0.45) or (is_shared and about_client == ["zone"]):
            terms["to"] = self.address_words(2, 6)

        keys = policy.section("grant " + name)
        for term, words in terms.items():
            if term == "zone" or words == ["any"]:
                keys[term] = " ".join(words)
            else:
                keys[term] = self.list_value(policy, words, term in ("from", "to"))
        if self.often(0.2):
            keys["hours"] = self.hours()
        if self.often(0.35):
            keys["until"] = self.until()
        if self.often(0.5):
            keys["owner"], keys["reason"] = "ana", "ticket 4711"
        policy.grants.append(terms)

    def fingerprint_spelling(self, digits):
        if self.often(0.3):
            digits = ":".join(digits[n:n + 2] for n in range(0, 64, 2))
        return digits.upper() if self.often(0.3) else digits

    def hours(self):
        """Hours that hold or do not hold, and will go on so for longer than the test runs."""
        day_names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

        def clock(hours_from_now):
            return time.strftime("%H:00", time.localtime(time.time() + 3600 * hours_from_now))

        def day(hours_from_now):
            return day_names[time.localtime(time.time() + 3600 * hours_from_now).tm_wday]

        return self.one([
            "mon-sun",
            "00:00-23:59, 12:00-11:59",
            "%s-%s" % (clock(-3), clock(4)),
            "%s %s-%s" % (day(-3), clock(-3), clock(4)),
            "%s 10:00-10:01, mon-sun %s-%s" % (day(48), clock(-3), clock(4)),
            "%s %s-%s" % (day(-21), clock(-21), clock(2)),      # mostly begun yesterday
            "%s %s-%s" % (day(-45), clock(-21), clock(2)),
            "%s-%s" % (clock(4), clock(9)),
            "%s %s-%s" % (day(-27), clock(-3), clock(4)),
            "%s" % day(72),
        ])

    def until(self):
        today = datetime.date.today()
        # Today's last minutes would end while the test runs.
        is_late = time.localtime().tm_hour == 23
        return self.one(["2099-12-31", "2099-12-31T23:59:59Z", "2099-01-31T08:00:00+02:00",
                         str(today + datetime.timedelta(days=1 if is_late else 0)),
                         str(today - datetime.timedelta(days=1)), "2001-01-31", "2001-01-31T08:00:00Z",
                         "2001-01-31T08:00:00-05:00"])

    def deny_sections(self, policy):
        def reply(keys):
            if self.often(0.3):
                keys["reply"] = self.one(REPLIES)

        if self.often(0.4):
            words, _ = self.network_list(policy, set(), 0, 2)
            names = self.domain_words(HOST_NAMES, 0 if words else 1, 2)
            policy.host_names += names
            reply(policy.section("deny hosts", hosts=self.list_value(policy, words + names)))
        if self.often(0.4):
            policy.senders = self.address_words(1, 4, null=True)
            reply(policy.section("deny senders", senders=self.list_value(policy, policy.senders, True)))
        if self.often(0.4):
            policy.recipients = self.address_words(1, 4)
            reply(policy.section("deny recipients", recipients=self.list_value(policy, policy.recipients, True)))
        if self.often(0.4):
            pairs = {(self.one(self.address_words(1, 1, null=True)), self.one(self.address_words(1, 1)))
                     for _ in range(self.random.randint(1, 4))}
            policy.pairs = sorted(pairs)
            words = [">".join(pair) for pair in policy.pairs]
            reply(policy.section("deny pairs", pairs=self.list_value(policy, words, True)))

    def action_sections(self, policy):
        if self.often(0.15):    # which changes nothing about relaying
            policy.section("exempt scanner", networks=str(self.network()), checks="spf, helo ptr sender")
        if self.often(0.3):
            policy.section("deny", **{key: self.one(["off", "monitor", "flag", "defer", "reject"])
                                      for key in self.some(ACTION_KEYS["deny"], 1, 4)})
        if self.often(0.25):
            policy.section("relay", **{key: self.one(["defer", "reject"])
                                       for key in self.some(ACTION_KEYS["relay"], 1, 3)})
        if self.often(0.3):
            keys = policy.section("address")
            if self.often(0.5):
                keys["syntax"] = self.one(["off", "monitor", "flag", "defer", "reject"])
            if self.often(0.6) or not keys:
                policy.local_part_max = self.one([64, 65, 100, 128, 200, 254])
                keys["local-part-max"] = str(policy.local_part_max)

    # ---- clients --------------------------------------------------------------------------------------------

    def address_in(self, network):
        """An address at an edge of a network, or in it, or just outside."""
        first, last = int(network[0]), int(network[-1])
        at = self.one([first, last, first, last, self.random.randint(first, last), first - 1, last + 1])
        at = min(max(at, 0), 2 ** network.max_prefixlen - 1)
        address = type(network.network_address)(at)
        return address if any(address in known for known in DOCUMENTATION) else network[0]

    def address_spelling(self, address):
        if address.version == 4:
            if self.often(0.2):
                number = int(address)
                return self.one(["::ffff:%s" % address, "::FFFF:%s" % address,
                                 "::ffff:%x:%x" % (number >> 16, number & 0xffff), "0:0:0:0:0:ffff:%s" % address])
            return str(address)
        if self.often(0.3):
            return self.one([address.exploded, str(address).upper(), str(address) + "%eth0"])
        return str(address)

    def any_address(self, policy):
        is_known = policy.networks and self.often(0.85)
        return self.address_in(self.one(policy.networks) if is_known else self.network())

    def name_for(self, word):
        """A PTR name that a domain entry matches, or nearly."""
        name = word.lstrip(".").rstrip(".")
        if word.startswith("."):
            name = self.one(["", "a.h1.", "mta.", "a.mta."]) + name if self.often(0.5) else "h1." + name
        elif self.often(0.2):
            name = self.one(["h1." + name, "x" + name, name.partition(".")[2] or name])
        return name.upper() if self.often(0.1) else name

    def client_facts(self, policy, facts, zone=None):
        word = None
        networks = zone["networks"] if zone else []
        if zone and zone["local"] and (not networks or self.often(0.5)):
            facts["provenance"] = "local"
            return
        if zone is None and self.often(0.03):
            facts["provenance"] = "local"
            return
        if networks and (not zone["hosts"] or self.often(0.7)):
            address = self.address_in(self.one(networks))
        else:
            address = self.any_address(policy)
            if zone and zone["hosts"]:
                word = self.one(zone["hosts"])
        facts["client"] = self.address_spelling(address)

        if word is None and self.often(0.35):
            word = self.one(policy.host_names) if policy.host_names and self.often(0.7) else self.one(HOST_NAMES)
        if word is not None:
            facts["ptr"] = self.name_for(word)
            facts["iprev"] = "pass" if self.often(0.8) else self.one(["fail", "temperror", "permerror"])

        if policy.proxies and self.often(0.25) or self.often(0.04):
            facts["provenance"] = self.one(["proxy", "xclient"])
            if policy.proxies and self.often(0.8):
                facts["peer"] = self.address_spelling(self.address_in(self.one(policy.proxies)))
            elif self.often(0.7):
                facts["peer"] = self.address_spelling(self.any_address(policy))
        elif policy.proxies and self.often(0.05):
            facts["client"] = self.address_spelling(self.address_in(self.one(policy.proxies)))

    def helo_for(self, word):
        helo = b""
        for character in word:
            if character == "*":
                helo += self.one([b"", b"x", b"a.b", b"7", b"\0", b"\xc3\xbc", b"x" * 40])
            elif character == "?":
                odd = [b".", b"\0", b"\xff", b"\xc3\xbc", b"", b"12"]
                helo += self.one(odd if self.often(0.3) else [b"1", b"z"])
            else:
                helo += character.encode()
        if self.often(0.1):
            helo = self.one([helo.upper(), helo.lower(), helo + b".", helo + b"\0", helo + b"\0.test", helo + b"x",
                             b"x" + helo, b"h" * HELO_MAX, b"h" * (HELO_MAX + 1), b"h" * 9000, helo + b"\r\n"])
        return helo or b"h"

    # ---- mailboxes ------------------------------------------------------------------------------------------

    def mailbox_for(self, word, utf8):
        """(Local-part, domain) that an address entry matches, or nearly."""
        local_part, _, where = word.rpartition("@")
        where = where.rstrip(".")
        if where.startswith("."):
            where = (self.one(["sub", "a.b"]) + where) if self.often(0.85) else where[1:]
        elif where and self.often(0.08):
            where = self.one(["sub." + where, "x" + where])
        if not local_part:
            local_part = self.one(LOCAL_PARTS)
        if not where:
            where = self.one(DOMAINS)
        return self.spelled(local_part, where, utf8)

    def spelled(self, local_part, where, utf8):
        if not local_part.isascii() and not utf8:
            local_part = "bob"
        if not where.isascii() and (not utf8 or self.often(0.4)):
            where = where.encode("idna").decode()
        if where.isascii() and self.often(0.08):
            where = where.upper()
        if self.often(0.08):
            local_part = local_part.upper()
        return local_part, where

    def any_mailbox(self, utf8, own=()):
        local_part = self.one(LOCAL_PARTS + (LOCAL_PARTS_UTF8 if utf8 else []))
        if own and self.often(0.55):
            return self.mailbox_for("@" + self.one(own), utf8)
        return self.spelled(local_part, self.one(DOMAINS), utf8)

    def quoted(self, content):
        text = ""
        for character in content:
            if character in '"\\' or (" " <= character <= "~" and self.often(0.02)):
                text += "\\"
            text += character
        return '"%s"' % text

    def at(self, local_part, where):
        """A path, the Local-part in quotes where it must be, and sometimes where it need not be."""
        plain = all(character.isalnum() or character in "!#$%&'*+-/=?^_`{|}~." or character > "\x7f"
                    for character in local_part)
        is_dot_string = plain and all(local_part.split("."))
        if not is_dot_string or self.often(0.08):
            local_part = self.quoted(local_part)
        return local_part + "@" + where

    def wrapped(self, local_part, where, hows):
        """A Local-part that would lead to local_part@where."""
        how = self.one(hows)
        if how == "percent":
            return "%s%%%s" % (local_part, where)
        if how == "bang":
            return "%s!%s" % (where, local_part)
        if how == "route":
            return "@%s:%s@%s" % (where, local_part, where)
        if how == "quoted" and self.often(0.1):
            return self.quoted(local_part) + "@" + where
        return "%s@%s" % (local_part, where)

    def nested(self, pick, hows, least, most):
        for _ in range(4):      # what is too long is a kind of its own
            local_part, where = pick()
            for _ in range(self.random.randint(least, most)):
                local_part = self.wrapped(local_part, where, hows)
                where = pick()[1]
            if len(local_part) < 60:
                break
        return self.at(local_part, where)

    def routed(self, pick, path):
        return ",".join("@" + pick()[1] for _ in range(self.random.randint(1, 3))) + ":" + path

    # ---- one function for each kind of forward-path; pick() gives a mailbox that suits the case --------------

    def path_plain(self, pick, policy, utf8):
        return self.at(*pick())

    def path_postmaster(self, pick, policy, utf8):
        local_part = self.one(["postmaster", "Postmaster", "POSTMASTER", '"postmaster"', "postmastr"])
        own = self.one(policy.own_addresses) if policy.own_addresses and self.often(0.7) else "192.0.2.99"
        own = "[IPv6:%s]" % own if ":" in own else "[%s]" % own
        return self.one([local_part, local_part, local_part + "@" + own, local_part + "@" + own, "ana@" + own,
                         local_part + "@" + pick()[1], "@%s:%s" % (pick()[1], local_part), local_part + "%x.test"])

    def path_percent(self, pick, policy, utf8):
        return self.nested(pick, ["percent"], 1, 1)

    def path_bang(self, pick, policy, utf8):
        return self.nested(pick, ["bang"], 1, 1)

    def path_quoted_at(self, pick, policy, utf8):
        return self.nested(pick, ["quoted"], 1, 1)

    def path_route(self, pick, policy, utf8):
        return self.routed(pick, self.at(*pick()))

    def path_quoted_route(self, pick, policy, utf8):
        return self.nested(pick, ["route"], 1, 1)

    def path_bad_route(self, pick, policy, utf8):
        mailbox = self.at(*pick())
        where = pick()[1]
        return self.one(["@%s:" % where, "@%s" % where, "@:%s" % mailbox, "@%s,:%s" % (where, mailbox),
                         "@%s,%s:%s" % (where, where, mailbox), "@[192.0.2.1]:%s" % mailbox,
                         "@%s.:%s" % (where, mailbox), "@%s, @%s:%s" % (where, where, mailbox),
                         "@%s:@%s:%s" % (where, where, mailbox), "@%s:ana" % where, "%s:%s" % (where, mailbox),
                         "@%s::%s" % (where, mailbox), "@-%s:%s" % (where, mailbox)])

    def path_two_ats(self, pick, policy, utf8):
        local_part, where = pick()
        return self.one(["%s@%s@%s", "%s@@%s@%s", "%s@%s@@%s"]) % (local_part, pick()[1], where) \
            if self.often(0.8) else "%s@%s@%s@%s" % (local_part, where, pick()[1], where)

    def path_nested(self, pick, policy, utf8):
        path = self.nested(pick, ["percent", "bang", "quoted", "route"], 2, 3)
        return self.routed(pick, path) if self.often(0.2) else path

    def path_nested_alike(self, pick, policy, utf8):
        path = self.nested(pick, [self.one(["percent", "bang", "quoted"])], 2, 4)
        return self.routed(pick, path) if self.often(0.3) else path

    def path_inner_faults(self, pick, policy, utf8):
        """Forms whose inner domain is none."""
        local_part, where = pick()
        inner = self.one(["", where + ".", "-" + where, "a..test", "192.0.2.1", "[192.0.2.1]",
                          "[IPv6:2001:db8::1]", "[192.0.2.256]", "x y.test", "a" * 64 + ".test", where + ".7"])
        return self.at(self.wrapped(local_part, inner, ["percent", "bang", "quoted", "route"]), where)

    def path_literal(self, pick, policy, utf8):
        local_part = pick()[0]
        return local_part + "@" + self.one([
            "[192.0.2.1]", "[198.51.100.1]", "[203.0.113.9]", "[IPv6:2001:db8::1]", "[ipv6:2001:DB8::25]",
            "[192.0.2.01]", "[192.0.2]", "[192.0.2.1", "192.0.2.1]", "192.0.2.1", "[192.0.2.1].test",
            "[2001:db8::1]",
            "[IPv6:2001:db8::1%eth0]", "[IPv6:192.0.2.1]", "[IPv6:]", "[]", "[192.0.2.256]", "[ 192.0.2.1]",
            "[x:2001]", "[0300.0.2.1]", "[192.0.2.1]@" + pick()[1]])

    def path_no_domain(self, pick, policy, utf8):
        local_part, where = pick()
        return self.one(["%s" % local_part, "%s@" % local_part, "%s@%s@" % (local_part, where),
                         "%s%%%s" % (local_part, where), "%s!%s" % (where, local_part),
                         self.quoted("%s@%s" % (local_part, where)), self.quoted(local_part) + "@"])

    def path_quotes(self, pick, policy, utf8):
        local_part, where = pick()
        escaped = "".join(self.one(["", "\\"]) + character if character < "\x7f" else character
                          for character in local_part)
        return self.one(['"%s"' % escaped, '""', '" "', '"a b"', '"a\\"b"', '"a\\\\"', '"a"b"', '"a', 'a"', '"a"b',
                         'a"b"', '"a"."b"', '\\a', 'a\\@b', '"a\\@b.test"', '"a\\%b.test"', '"b.test\\!a"',
                         '"a\\\tb"',
                         '"a".b', '"\\"a@b.test\\""', '"\\"a\\"@b.test"', '"<a>"', '"a,b"', '"@"', '"%"', '"!"',
                         '"a:b"', '"\\\\%b.test"']) + "@" + where

    def path_bad_local_part(self, pick, policy, utf8):
        where = pick()[1]
        return self.one([".a", "a.", "a..b", "", ".", "a b", " a", "a ", "(a)", "a,b", "<a", "a>", "a:b", "a;b",
                         "[a]",
                         "a..b@x.test", "a@.b@x.test", "a@b.@x.test"]) + "@" + where

    def path_bad_domain(self, pick, policy, utf8):
        local_part, where = pick()
        return local_part + "@" + self.one([
            where + ".", where + "..", "." + where, "a..test", "-a.test", "a-.test", "a.-test", "a.test-",
            "_a.test", "a_.test", "_", "a.7", "a.7x", "7", "7.test", "a b.test", "a.test ", " a.test", "a/b.test",
            "a:25", "a.te%st",
            "*.test", "a,b.test", "a.test\\", '"a".test', "x" * 63 + ".test", "x" * 64 + ".test", "(a)" + where,
            where + ">", "xn--.test", "192.0.2.1", "0x7f.1", "a.test:25", "1.2.3.4a"])

    def path_octets(self, pick, policy, utf8):
        """Control octets, NUL, and octets over 127 that are not as they should be."""
        octets = bytearray(self.one([self.at(*pick()), self.quoted(pick()[0]) + "@" + pick()[1]]).encode())
        foul = self.one([bytes([self.random.randint(0, 31)]), b"\0", b"\x7f", b"\r\n", b"\t", b" ",
                         bytes([self.random.randint(128, 255)]), b"\xc0\x80", b"\xed\xa0\x80", b"\xc2\x85",
                         b"\xc2\x9f",
                         "\u202e".encode(), "\u200f".encode(), "\u2067".encode(), b"\xf5\x80\x80\x80"])
        at = self.random.randint(0, len(octets))
        octets[at:at] = foul
        return bytes(octets)

    def path_utf8(self, pick, policy, utf8):
        local_part = self.one(LOCAL_PARTS_UTF8 + ["\u4f8b\u3048"])
        where = self.one(["b\u00fccher.example", "xn--bcher-kva.example", "sub.b\u00fccher.example", pick()[1]])
        return self.one([self.at(local_part, where), self.at(*pick()), self.quoted(local_part) + "@" + where,
                         self.quoted("\\" + local_part) + "@" + where, '"\\%s"@%s' % (local_part[1:], where),
                         self.at("%s%%%s" % (local_part, where), pick()[1]),
                         self.at("%s!%s" % (where, local_part), pick()[1]),
                         self.quoted("%s@%s" % (local_part, where)) + "@" + pick()[1],
                         "@%s:%s@%s" % (where, local_part, pick()[1])])

    def path_look_alike(self, pick, policy, utf8):
        if self.often(0.35):
            local_part, where = pick()
            at = self.random.randint(0, len(where))
            return local_part + "@" + where[:at] + self.one(DOMAIN_LOOK_ALIKES) + where[at:]
        path = self.nested(pick, ["percent", "bang", "quoted"], 1, 2)
        before, _, after = path.rpartition("@")
        text = ""
        for character in before:
            text += self.one(LOOK_ALIKES[character]) if character in LOOK_ALIKES and self.often(0.8) else character
        return text + ("@" if self.often(0.93) else "\uff20") + after

    def path_length(self, pick, policy, utf8):
        """At a limit, or one over."""
        where = pick()[1]
        over = self.random.randint(0, 1)
        kind = self.random.randint(0, 6)
        if kind == 0:
            return "x" * (policy.local_part_max + over) + "@" + where
        if kind == 1:
            return '"%s"@%s' % ("x" * (policy.local_part_max - 2 + over), where)
        if kind == 2:
            return "u%" + "x" * (policy.local_part_max - 7 + over) + ".test@" + where
        if kind == 3:
            return "u@" + "x" * (63 + over) + ".example"
        if kind == 4:
            room = PATH_MAX - len("@a.test:u@b.test") + over
            return "@" + ("x" * 49 + ".") * (room // 50) + "x" * (room % 50) + "a.test:u@b.test"
        local_part = "x" * self.one([1, 20, 64]) if kind == 5 else "ana"
        room = PATH_MAX - len(local_part) - 1 + over
        return local_part + "@" + (("y" * 40 + ".") * 6)[:room - 5].rstrip(".").ljust(room - 5, "z") + ".test"

    def path_layers(self, pick, policy, utf8):
        """As many layers as there may be, or some more or less; one-letter domains to have the room."""
        n = self.random.randint(13, 18)
        return self.one([lambda: "u" + "%b" * n + "@" + pick()[1],
                         lambda: "b!" * n + "u@" + pick()[1],
                         lambda: self.quoted("u" + "@b" * n) + "@" + pick()[1],
                         lambda: "@a,@b,@c,@d:" + "u" + "%b" * n + "@" + pick()[1],
                         lambda: "b!b!u%c%d@" + pick()[1],
                         lambda: "b!b!b!u%c%d@" + pick()[1],
                         lambda: ",".join(["@b"] * n) + ":u@" + pick()[1]])()

    def path_null(self, pick, policy, utf8):
        return self.one(["", "<>", "<%s>" % self.at(*pick()), "@", ":", '"', '""', "@:", "."])

    def path_changed(self, pick, policy, utf8):
        """Another kind of path with an octet or two changed."""
        make = self.one([self.path_plain, self.path_percent, self.path_bang, self.path_quoted_at, self.path_route,
                         self.path_nested, self.path_two_ats, self.path_quotes, self.path_literal])
        octets = bytearray(make(pick, policy, False).encode())
        for _ in range(self.random.randint(1, 2)):
            at = self.random.randint(0, max(0, len(octets) - 1))
            what = self.one([b"@", b"%", b"!", b":", b",", b'"', b"\\", b".", b"-", b"[", b"]", b" ", b"\0",
                             b"\xff", b"a"])
            how = self.random.randint(0, 2)
            octets[at:at + (how > 0)] = what if how < 2 else b""
        return bytes(octets)

    def path_soup(self, pick, policy, utf8):
        text = "".join(self.one("ab.@@%!:,\"\\") for _ in range(self.random.randint(1, 12)))
        return self.one([text, text + "@" + pick()[1], self.quoted(text) + "@" + pick()[1]])

    KINDS = {"plain": 22, "postmaster": 3, "percent": 5, "bang": 5, "quoted_at": 5, "route": 5, "quoted_route": 3,
             "bad_route": 2, "two_ats": 3, "nested": 6, "nested_alike": 4, "inner_faults": 3, "literal": 3,
             "no_domain": 3, "quotes": 4, "bad_local_part": 2, "bad_domain": 3, "octets": 3, "utf8": 4,
             "look_alike": 4, "length": 3, "layers": 2, "null": 1, "changed": 4, "soup": 3}
    NEED_UTF8 = {"utf8", "look_alike"}

    # ---- cases ----------------------------------------------------------------------------------------------

    def reverse_path(self, policy, grant, pair, utf8):
        if pair is not None and self.often(0.8):
            word = pair[0]
        elif grant is not None and "from" in grant and self.often(0.85):
            word = self.one(grant["from"])
        elif policy.senders and self.often(0.25):
            word = self.one(policy.senders)
        else:
            word = self.one(["<>", "", "", "", ""])
        if word == "<>":
            return b""
        local_part, where = self.mailbox_for(word, utf8) if word else self.any_mailbox(utf8)
        if self.often(0.88):
            return self.at(local_part, where).encode()

        def pick():
            return local_part, where if self.often(0.5) else self.one(THEIRS[:5])

        path = self.one([
            lambda: self.nested(pick, ["percent", "bang", "quoted", "route"], 1, 2),
            lambda: self.routed(pick, self.at(*pick())),
            lambda: "%s@%s@%s" % (local_part, pick()[1], pick()[1]),
            lambda: self.one(["postmaster", local_part, local_part + "@"]),
            lambda: self.one([".a", "a b", '"a'] ) + "@" + where,
            lambda: local_part + "@" + where + ".",
            lambda: self.one(["ana", local_part]) + "@[192.0.2.1]",
        ])()
        return path.encode()

    def case(self, policy):
        """(kind, Case). About half aim at a grant and miss it by a term or none."""
        kind = self.random.choices(list(self.KINDS), self.KINDS.values())[0]
        utf8 = self.often(0.85 if kind in self.NEED_UTF8 else 0.25)
        grant = self.one(policy.grants) if policy.grants and self.often(0.6) else None
        missed = self.one(list(grant)) if grant is not None and self.often(0.3) else None
        pair = self.one(policy.pairs) if policy.pairs and self.often(0.15) else None
        facts = {}

        def wants(term):
            return grant is not None and term in grant and missed != term

        self.client_facts(policy, facts, policy.zones[self.one(grant["zone"])] if wants("zone") else None)
        if wants("auth"):
            user = self.one(grant["auth"])
            user = self.one(USERS) if user == "any" else user
            facts["user"] = (user.swapcase() if self.often(0.1) else user).encode()
        elif self.often(0.1):
            facts["user"] = self.one(USERS + ["any", ""]).encode()
        if wants("tls-fingerprint"):
            facts["tls_fingerprint"] = self.fingerprint_spelling(self.one(grant["tls-fingerprint"]).lower()
                                                                 .replace(":", ""))
        elif self.often(0.1):
            facts["tls_fingerprint"] = self.fingerprint_spelling(self.one(FINGERPRINTS))
        if wants("helo"):
            facts["helo"] = self.helo_for(self.one(grant["helo"]))
        elif self.often(0.6):
            facts["helo"] = self.helo_for(self.one(HELO_PATTERNS))
        if self.often(0.97):
            facts["reverse_path"] = self.reverse_path(policy, grant if missed != "from" else None, pair, utf8)

        def pick():
            if pair is not None and self.often(0.6):
                return self.mailbox_for(pair[1], utf8)
            if wants("to") and self.often(0.93):
                return self.mailbox_for(self.one(grant["to"]), utf8)
            if policy.recipients and self.often(0.12):
                return self.mailbox_for(self.one(policy.recipients), utf8)
            return self.any_mailbox(utf8, policy.own)

        path = getattr(self, "path_" + kind)(pick, policy, utf8)
        if isinstance(path, str):
            path = path.encode()
        return kind, Case(smtputf8=utf8 and "reverse_path" in facts, forward_path=path, **facts)
