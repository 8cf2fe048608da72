/* path.c - a path put together again from its parts. */
#include <string.h>

#include "internal.h"

/* RFC 5321 4.1.2 atext and the dots of a Dot-string; octets over 127 are RFC 6531's. */
static bool
is_dot_string(const char *octets, size_t length)
{
	static const char specials[] = "!#$%&'*+-/=?^_`{|}~.";

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)octets[i];
		bool alnum = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');

		if (!alnum && c < 128 && (c == 0 || strchr(specials, c) == NULL))
			return false;
		if (c == '.' && (i == 0 || i + 1 == length || octets[i - 1] == '.'))
			return false;
	}
	return length > 0;
}

int
mg_path_from_parts(const char *local_part, size_t local_length, const char *domain, size_t domain_length,
                   char *path_out, size_t path_size)
{
	bool quote = !is_dot_string(local_part, local_length);
	size_t n_escaped = 0, needed;
	char *at = path_out;

	if (domain == NULL)
		domain_length = 0;
	for (size_t i = 0; quote && i < local_length; i++)
		n_escaped += local_part[i] == '"' || local_part[i] == '\\';
	if (local_length > path_size || domain_length > path_size)
		return MG_E_TOO_LONG;
	needed = local_length + n_escaped + (quote ? 2 : 0) + (domain_length ? 1 + domain_length : 0) + 1;
	if (needed > path_size)
		return MG_E_TOO_LONG;

	if (quote)
		*at++ = '"';
	for (size_t i = 0; i < local_length; i++) {
		if (quote && (local_part[i] == '"' || local_part[i] == '\\'))
			*at++ = '\\';
		*at++ = local_part[i];
	}
	if (quote)
		*at++ = '"';
	if (domain_length > 0) {
		*at++ = '@';
		memcpy(at, domain, domain_length);
		at += domain_length;
	}
	*at = 0;
	return MG_OK;
}
