/* helo_word.c - see helo_word.h. */
#include "session/helo_word.h"

#include <string.h>

#define WORD_MAX 255   /* RFC 5321 4.5.3.1.2 */

static const char ipv6_tag[] = "IPv6:";   /* RFC 5321 4.1.3 */

/* The address in @text, which is not NUL-terminated. */
static gboolean
address_read(const char *text, gsize length, mg_ip *ip_out)
{
	char copy[MG_IP_TEXT_MAX];

	if (length >= sizeof(copy))
		return FALSE;
	memcpy(copy, text, length);
	copy[length] = 0;
	return mg_ip_parse(copy, ip_out);
}

static void
literal_read(const char *text, gsize length, mg_helo_word *word)
{
	gsize skip = length > strlen(ipv6_tag) && g_ascii_strncasecmp(text, ipv6_tag, strlen(ipv6_tag)) == 0 ? strlen(ipv6_tag) : 0;
	gboolean has_colon = memchr(text + skip, ':', length - skip) != NULL;

	if (address_read(text + skip, length - skip, &word->ip))
		word->kind = has_colon == (skip > 0) ? MG_HELO_LITERAL : MG_HELO_ADDRESS;
	else
		word->fault = "an address-literal without an address";
}

static void
name_read(const char *text, gsize length, gboolean allows_underscore, mg_helo_word *word)
{
	length -= length > 1 && text[length - 1] == '.';
	if (!mg_domain_canonical(text, length, FALSE, word->name)) {
		word->name[0] = 0;
		word->fault = "not a Domain";
	} else if (!allows_underscore && memchr(text, '_', length) != NULL) {
		word->name[0] = 0;
		word->fault = "an underscore";
	} else {
		word->kind = strchr(word->name, '.') != NULL ? MG_HELO_NAME : MG_HELO_DOTLESS;
	}
}

/* What no word of any kind holds; NULL: nothing of it. */
static const char *
find_fault(const char *octets, gsize length)
{
	if (length == 0)
		return "empty";
	if (length > WORD_MAX)
		return "more than 255 octets";
	for (gsize i = 0; i < length; i++) {
		guchar octet = (guchar)octets[i];

		if (octet < ' ' || octet == 0x7f)
			return "a control octet";
		if (octet >= 0x80)
			return "an octet that is not ASCII";
		if (octet == ' ')
			return "a space";
	}
	return NULL;
}

void
mg_helo_word_read(const char *octets, gsize length, gboolean allows_underscore, mg_helo_word *word_out)
{
	*word_out = (mg_helo_word){ .kind = MG_HELO_MALFORMED, .fault = find_fault(octets, length) };
	if (word_out->fault != NULL)
		return;
	if (octets[0] == '[' && octets[length - 1] == ']' && length > 2)
		literal_read(octets + 1, length - 2, word_out);
	else if (address_read(octets, length, &word_out->ip))
		word_out->kind = MG_HELO_ADDRESS;
	else
		name_read(octets, length, allows_underscore, word_out);
}
