/* fuzz_helo.c - HELO words in any octets, and what the names in them say.
 * In:    the first octet: bit 0 allows underscores, bit 1 makes the client an IPv6 one, the others are its last octet;
 *        then the word
 * Rules: what helo_word.h promises: a canonical name that reads again to itself, a fault for what is malformed, an
 *        address that reads again from its text. A control octet leaves no word whatever stands before it. No name
 *        disturbs host_name.c. A broken rule traps.
 * Needs: all of plugin/. */
#include <string.h>

#include "fuzz.h"
#include "session/helo_word.h"
#include "session/host_name.h"

#define OCTETS_MAX 1024   /* more than any word may have; the rest would only be slow */

/* A copy of exactly its size, so that reading past it is seen. What was there before is gone. */
static void
read_word(const char *octets, gsize length, gboolean allows_underscore, mg_helo_word *word_out)
{
	char *copy = malloc(length);

	memcpy(copy, octets, length);
	memset(word_out, 0x55, sizeof(*word_out));
	mg_helo_word_read(copy, length, allows_underscore, word_out);
	free(copy);
}

/* ---- names ---- */

static void
check_name(const mg_helo_word *word, gboolean allows_underscore)
{
	char canonical[MG_DOMAIN_MAX + 1];
	gsize length = strlen(word->name);
	mg_helo_word again;

	MUST(length >= 1 && length <= MG_DOMAIN_MAX);
	MUST((word->kind == MG_HELO_NAME) == (strchr(word->name, '.') != NULL));
	MUST(mg_domain_canonical(word->name, length, FALSE, canonical) && strcmp(canonical, word->name) == 0);
	MUST(allows_underscore || strchr(word->name, '_') == NULL);
	read_word(word->name, length, allows_underscore, &again);
	MUST(again.kind == word->kind && strcmp(again.name, word->name) == 0);
}

static void
check_host(const char *name, const mg_ip *client)
{
	const char *organisation = mg_domain_organisation(name), *registrant = mg_domain_registrant(name);
	char below[MG_DOMAIN_MAX + 1];

	/* What has been registered is never generic, whatever it looks like. */
	MUST(g_str_has_suffix(name, registrant));
	MUST(!mg_host_name_is_generic(registrant, client));
	mg_host_name_is_generic(name, client);
	MUST(mg_host_name_is_kin(name, name));
	MUST(mg_host_name_is_kin(name, registrant) == mg_host_name_is_kin(registrant, name));
	MUST(mg_host_name_is_kin(name, organisation));
	MUST(mg_host_name_has_known_suffix(name) == mg_host_name_has_known_suffix(organisation));
	if (g_snprintf(below, sizeof(below), "203-0-113-7.%s", name) < (int)sizeof(below)) {
		mg_ip ip;

		MUST(mg_ip_parse("203.0.113.7", &ip));
		if (!mg_domain_is_public_suffix(name))
			MUST(mg_host_name_is_kin(below, name) == (strcmp(mg_domain_organisation(below), organisation) == 0));
		/* Below a suffix everybody's own name is what the numbers are. */
		MUST(mg_host_name_is_generic(below, &ip) == (mg_domain_registrant(below) != below));
	}
}

/* ---- addresses ---- */

static gboolean
is_in_brackets(const char *octets, gsize length)
{
	return length > 2 && octets[0] == '[' && octets[length - 1] == ']';
}

/* An IPv6 address, and it alone, is tagged. */
static gboolean
has_its_tag(const char *inside, gsize length)
{
	gsize tag = length >= strlen("IPv6:") && g_ascii_strncasecmp(inside, "IPv6:", strlen("IPv6:")) == 0 ? strlen("IPv6:") : 0;

	return (tag > 0) == (memchr(inside + tag, ':', length - tag) != NULL);
}

static void
check_address(const mg_helo_word *word)
{
	char address[MG_IP_TEXT_MAX], text[MG_IP_TEXT_MAX + sizeof("[IPv6:]")];
	mg_helo_word again;

	MUST(word->name[0] == 0);
	mg_ip_format(&word->ip, address);
	if (word->kind == MG_HELO_LITERAL)
		g_snprintf(text, sizeof(text), "[%s%s]", mg_ip_is_ipv4(&word->ip) ? "" : "IPv6:", address);
	else
		g_snprintf(text, sizeof(text), "%s", address);
	read_word(text, strlen(text), FALSE, &again);
	MUST(again.kind == word->kind && mg_ip_equal(&again.ip, &word->ip));
}

/* ---- words ---- */

static void
check_word(const char *octets, gsize length, gboolean allows_underscore, const mg_helo_word *word)
{
	MUST((word->kind == MG_HELO_MALFORMED) == (word->fault != NULL));
	switch (word->kind) {
	case MG_HELO_MALFORMED:
		MUST(word->fault[0] != 0 && word->name[0] == 0);
		return;
	case MG_HELO_NAME:
	case MG_HELO_DOTLESS:
		check_name(word, allows_underscore);
		return;
	case MG_HELO_LITERAL:
		MUST(is_in_brackets(octets, length) && has_its_tag(octets + 1, length - 2));
		check_address(word);
		return;
	case MG_HELO_ADDRESS:
		MUST(!is_in_brackets(octets, length) || !has_its_tag(octets + 1, length - 2));
		check_address(word);
		return;
	}
	MUST(0);
}

/* With a control octet in it it is no word, whatever was put before that octet. */
static void
check_junk(const char *octets, gsize length, gboolean allows_underscore)
{
	static const char *const junk[] = { "", "mx.example.net", "[192.0.2.1]", "192.0.2.1", " ", "\xff" };
	gsize at = 0;

	while (at < length && (guchar)octets[at] >= ' ' && octets[at] != 0x7f)
		at++;
	if (at == length)
		return;
	for (guint i = 0; i < G_N_ELEMENTS(junk); i++) {
		g_autoptr(GString) longer = g_string_new_len(octets, (gssize)at);
		mg_helo_word word;

		g_string_append(longer, junk[i]);
		g_string_append_len(longer, octets + at, (gssize)(length - at));
		read_word(longer->str, longer->len, allows_underscore, &word);
		MUST(word.kind == MG_HELO_MALFORMED);
	}
}

/* Who forbids the underscore forbids nothing else. */
static void
check_underscore(const char *octets, gsize length, const mg_helo_word *word, gboolean allows_underscore)
{
	mg_helo_word other;

	read_word(octets, length, !allows_underscore, &other);
	if (memchr(octets, '_', length) == NULL)
		MUST(other.kind == word->kind && other.fault == word->fault && strcmp(other.name, word->name) == 0);
	else
		MUST(allows_underscore ? other.kind == MG_HELO_MALFORMED : word->kind == MG_HELO_MALFORMED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	const char *text = (const char *)octets + 1;
	gboolean allows_underscore;
	mg_ip client;
	mg_helo_word word;

	if (length == 0 || length > OCTETS_MAX)
		return 0;
	length--;
	allows_underscore = octets[0] & 1;
	MUST(mg_ip_parse(octets[0] & 2 ? "2001:db8::cb00:7100" : "203.0.113.0", &client));
	client.low |= octets[0] >> 2;
	read_word(text, length, allows_underscore, &word);
	check_word(text, length, allows_underscore, &word);
	check_junk(text, length, allows_underscore);
	check_underscore(text, length, &word, allows_underscore);
	if (word.name[0] != 0)
		check_host(word.name, &client);
	return 0;
}
