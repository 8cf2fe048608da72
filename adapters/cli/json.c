/* json.c - whatever a client could write, for a terminal and as JSON strings. */
#include <stdbool.h>
#include <string.h>
#include <string.h>

#include "cli.h"

void
cli_escape(const char *octets, size_t length, size_t max, char *text_out)
{
	char *to = text_out;

	for (size_t i = 0; i < length && i < max; i++)
		if (octets[i] < ' ' || octets[i] > '~' || octets[i] == '"' || octets[i] == '\\')
			to += sprintf(to, "\\x%02x", (unsigned char)octets[i]);
		else
			*to++ = octets[i];
	strcpy(to, length > max ? "..." : "");
}

/* Octets of the UTF-8 character at @at (RFC 3629 4), or 0 if there is none within @left. */
static size_t
utf8_length(const unsigned char *at, size_t left)
{
	size_t length = at[0] < 0x80 ? 1 : at[0] >= 0xc2 && at[0] < 0xe0 ? 2 : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
	                : at[0] >= 0xf0 && at[0] < 0xf5 ? 4 : 0;

	if (length == 0 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf0 && at[1] < 0x90)
	    || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;   /* overlong, surrogate, beyond U+10FFFF */
	return length;
}

void
cli_json_string(FILE *out, const char *octets, size_t length)
{
	const unsigned char *at = (const unsigned char *)octets, *end = at + length;

	fputc('"', out);
	while (at < end) {
		size_t n = utf8_length(at, (size_t)(end - at));

		if (n == 0)
			fputs("\\ufffd", out);
		else if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if (*at < ' ' || *at == 0x7f)
			fprintf(out, "\\u%04x", *at);
		else
			fwrite(at, 1, n, out);
		at += n ? n : 1;
	}
	fputc('"', out);
}

void
cli_json_pair(const char *key, const char *value, bool is_number)
{
	printf(",\"%s\":", key);
	if (value == NULL)
		printf("null");
	else if (is_number)
		printf("%s", value);
	else
		cli_json_string(stdout, value, strlen(value));
}
