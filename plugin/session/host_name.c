/* host_name.c - see host_name.h. */
#include "session/host_name.h"

#include <string.h>

#include "session/domain.h"

#define OCTETS_MIN 2   /* so many octets of the address, one after the other, make a name generic */

/* Words that providers put into names of lines, not of servers; between dots, hyphens and digits. */
static const char *const line_words[] = {
	"adsl", "broadband", "cable", "client", "cpe", "cust", "customer", "dhcp", "dial", "dialin", "dialup", "dsl", "dyn",
	"dynamic", "dynip", "gprs", "modem", "pool", "ppp", "pppoe", "user", "vdsl", "xdsl",
};

/* ---- the address in the name ---- */

/* Octets of an address that stand in @text as numbers, one after the other: the most there are. */
static guint
count_octets(const char *text, gsize length, const guint8 octets[4], gboolean is_reversed)
{
	guint n_found = 0, n_most = 0;

	for (gsize at = 0; at < length; ) {
		guint number = 0, n_digits = 0;

		if (!g_ascii_isdigit(text[at])) {
			at++;
			continue;
		}
		for (; at < length && g_ascii_isdigit(text[at]); at++, n_digits++)
			number = MIN(number * 10 + (guint)(text[at] - '0'), 1000);
		if (n_digits <= 3 && n_found < 4 && number == octets[is_reversed ? 3 - n_found : n_found])
			n_found++;
		else
			n_found = n_digits <= 3 && number == octets[is_reversed ? 3 : 0];
		n_most = MAX(n_most, n_found);
	}
	return n_most;
}

/* The last octets count too: "host-113-7.example.net" of 203.0.113.7. */
static gboolean
has_octets(const char *text, gsize length, const guint8 octets[4])
{
	guint8 tail[4] = { octets[2], octets[3], 0, 0 };

	return count_octets(text, length, octets, FALSE) > OCTETS_MIN || count_octets(text, length, octets, TRUE) >= OCTETS_MIN
	       || count_octets(text, length, tail, FALSE) >= OCTETS_MIN;
}

/* All of the address in one run: "cb007107" or "203000113007". */
static gboolean
has_whole(const char *text, gsize length, const guint8 octets[4])
{
	char hex[9] = "", decimal[13] = "";

	for (guint i = 0; i < 4; i++) {
		hex[2 * i] = "0123456789abcdef"[octets[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[octets[i] & 15];
		decimal[3 * i] = (char)('0' + octets[i] / 100);
		decimal[3 * i + 1] = (char)('0' + octets[i] / 10 % 10);
		decimal[3 * i + 2] = (char)('0' + octets[i] % 10);
	}
	return g_strstr_len(text, (gssize)length, hex) != NULL || g_strstr_len(text, (gssize)length, decimal) != NULL;
}

/* ---- words ---- */

static gboolean
is_line_word(const char *text, gsize length)
{
	for (guint i = 0; i < G_N_ELEMENTS(line_words); i++)
		if (length > 0 && line_words[i][0] == text[0] && strncmp(line_words[i], text, length) == 0 && line_words[i][length] == 0)
			return TRUE;
	return FALSE;
}

static gboolean
has_line_word_and_number(const char *text, gsize length)
{
	gboolean has_word = FALSE, has_number = FALSE;

	for (gsize at = 0; at < length; at++) {
		gsize start = at;

		while (at < length && g_ascii_isalpha(text[at]))
			at++;
		has_word = has_word || is_line_word(text + start, at - start);
		has_number = has_number || (at < length && g_ascii_isdigit(text[at]));
	}
	return has_word && has_number;
}

static gboolean
is_made_up(const char *text, gsize length, const mg_ip *ip)
{
	guint8 octets[16];

	mg_ip_to_octets(ip, octets);
	if (mg_ip_is_ipv4(ip) && (has_octets(text, length, octets + 12) || has_whole(text, length, octets + 12)))
		return TRUE;
	return has_line_word_and_number(text, length);
}

/* Where the registered part begins is dear to ask, and only of names that are suspect as a whole. A provider's names for its
 * customers are the provider's own here. */
gboolean
mg_host_name_is_generic(const char *canonical, const mg_ip *ip)
{
	return is_made_up(canonical, strlen(canonical), ip)
	       && is_made_up(canonical, (gsize)(mg_domain_registrant(canonical) - canonical), ip);
}

/* What both names end with, in whole labels; borrowed from @name. NULL: nothing. */
static const char *
shared_end(const char *name, const char *other)
{
	gsize length = strlen(name), other_length = strlen(other), n = 0;
	const char *shared = NULL;

	for (; n < length && n < other_length && name[length - n - 1] == other[other_length - n - 1]; n++)
		if (name[length - n - 1] == '.')
			shared = name + length - n;
	if ((n == length || name[length - n - 1] == '.') && (n == other_length || other[other_length - n - 1] == '.') && n > 0)
		shared = name + length - n;
	return shared;
}

/* Whether something above @name, down to @n octets, is where everybody can register. */
static gboolean
crosses_suffix(const char *name, gsize n)
{
	for (const char *dot = mg_domain_parent(name); dot != NULL && strlen(dot + 1) >= n; dot = mg_domain_parent(dot))
		if (mg_domain_is_public_suffix(dot + 1))
			return TRUE;
	return FALSE;
}

/* As to compare the organisations of both, with fewer questions to the list: most names are of one house, or share nothing. */
gboolean
mg_host_name_is_kin(const char *canonical, const char *other)
{
	const char *shared;
	gsize n;

	if (strcmp(canonical, other) == 0)
		return TRUE;
	shared = shared_end(canonical, other);
	n = shared != NULL ? strlen(shared) : 0;
	return n > 0 && !mg_domain_is_public_suffix(shared) && !crosses_suffix(canonical, n + 1) && !crosses_suffix(other, n + 1);
}

gboolean
mg_host_name_has_known_suffix(const char *canonical)
{
	const char *dot = strrchr(canonical, '.');

	return mg_domain_is_listed_suffix(dot != NULL ? dot + 1 : canonical);
}
