/* name.c - see name.h. */
#include "dns/name.h"

#include <string.h>

#define LABEL_MAX 63    /* RFC 1035 2.3.4 */
#define TEXT_MAX  253   /* 255 octets less the first length and the root */

static const char HEX[] = "0123456789abcdef";

gboolean
mg_dns_name_from_text(const char *text, gsize length, mg_dns_name *name_out)
{
	guint8 *octets = name_out->octets;
	gsize start = 0;   /* where the length of the label at hand goes: one octet before its text */

	if (length > 0 && text[length - 1] == '.')
		length--;
	if (length == 0 || length > TEXT_MAX)
		return FALSE;
	for (gsize i = 0; i <= length; i++) {
		if (i < length && text[i] != '.') {
			octets[i + 1] = (guint8)g_ascii_tolower(text[i]);
			continue;
		}
		if (i - start == 0 || i - start > LABEL_MAX)
			return FALSE;
		octets[start] = (guint8)(i - start);
		start = i + 1;
	}
	octets[length + 1] = 0;
	name_out->length = (guint8)(length + 2);
	return TRUE;
}

static void
name_append_label(mg_dns_name *name, const char *label)
{
	gsize length = strlen(label);

	name->octets[name->length] = (guint8)length;
	memcpy(name->octets + name->length + 1, label, length);
	name->length = (guint8)(name->length + 1 + length);
}

void
mg_dns_name_from_ip(const mg_ip *ip, mg_dns_name *name_out)
{
	name_out->length = 0;
	if (mg_ip_is_ipv4(ip)) {
		for (guint shift = 0; shift < 32; shift += 8) {
			guint octet = (guint)(ip->low >> shift) & 255;
			const char number[4] = { (char)('0' + octet / 100), (char)('0' + octet / 10 % 10), (char)('0' + octet % 10), 0 };

			name_append_label(name_out, number + (octet < 10 ? 2 : octet < 100 ? 1 : 0));
		}
		name_append_label(name_out, "in-addr");
	} else {
		for (guint shift = 0; shift < 128; shift += 4) {
			guint64 half = shift < 64 ? ip->low : ip->high;
			char nibble[2] = { HEX[(half >> shift % 64) & 15], 0 };

			name_append_label(name_out, nibble);
		}
		name_append_label(name_out, "ip6");
	}
	name_append_label(name_out, "arpa");
	name_append_label(name_out, "");
}

void
mg_dns_name_format(const mg_dns_name *name, char text_out[MG_DNS_NAME_TEXT_MAX])
{
	char *out = text_out;

	for (gsize at = 0; at < name->length && name->octets[at] != 0; at += 1u + name->octets[at]) {
		const guint8 *label = name->octets + at + 1;

		if (at > 0)
			*out++ = '.';
		for (guint i = 0; i < name->octets[at]; i++) {
			if (label[i] > ' ' && label[i] <= '~' && label[i] != '.' && label[i] != '\\')
				*out++ = (char)label[i];
			else
				out += g_snprintf(out, 5, "\\%03u", label[i]);
		}
	}
	*out = 0;
}

gboolean
mg_dns_name_equal(const mg_dns_name *a, const mg_dns_name *b)
{
	return a->length == b->length && memcmp(a->octets, b->octets, a->length) == 0;
}

/* Eight octets at a time, begun with where we were loaded to: names that collide cannot be prepared without knowing it. */
guint
mg_dns_name_hash(const mg_dns_name *name)
{
	guint64 hash = (guint64)(gsize)HEX * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15), octets;

	for (gsize at = 0; at < name->length; at += sizeof(octets)) {
		octets = 0;
		memcpy(&octets, name->octets + at, MIN(sizeof(octets), name->length - at));
		hash = (hash ^ octets) * G_GUINT64_CONSTANT(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
	}
	return (guint)hash;
}

gboolean
mg_dns_name_is_in(const mg_dns_name *name, const mg_dns_name *parent)
{
	gsize at = 0;

	if (name->length < parent->length)
		return FALSE;
	while (at < (gsize)(name->length - parent->length))
		at += 1u + name->octets[at];
	return at == (gsize)(name->length - parent->length)
	       && memcmp(name->octets + at, parent->octets, parent->length) == 0;
}
