/* syntax.c - see syntax.h. */
#include "syntax.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

static span
span_from(span text, size_t start)
{
	return (span){ text.at + start, text.n - start };
}

bool
span_begins(span text, const char *with)
{
	return text.n >= strlen(with) && strncasecmp(text.at, with, strlen(with)) == 0;
}

bool
span_is(span text, const char *word)
{
	return text.n == strlen(word) && span_begins(text, word);
}

static span
skip_spaces(span text)
{
	while (text.n > 0 && *text.at == ' ')
		text = span_from(text, 1);
	return text;
}

span
take_word(span *rest)
{
	span text = skip_spaces(*rest);
	size_t n = 0;

	while (n < text.n && text.at[n] != ' ')
		n++;
	*rest = skip_spaces(span_from(text, n));
	return (span){ text.at, n };
}

bool
take_path(span *rest, const char *keyword, span *path_out)
{
	bool quoted = false;
	size_t end;
	span text;

	if (!span_begins(*rest, keyword))
		return false;
	text = skip_spaces(span_from(*rest, strlen(keyword)));
	if (text.n == 0 || *text.at != '<')
		return false;
	/* Of the path only its end matters: a ">" that is not in quotes (RFC 5321 4.1.2). */
	for (end = 1; end < text.n && (quoted || text.at[end] != '>'); end++)
		if (text.at[end] == '"')
			quoted = !quoted;
		else if (quoted && text.at[end] == '\\')
			end++;
	if (end >= text.n || (end + 1 < text.n && text.at[end + 1] != ' '))
		return false;
	*path_out = (span){ text.at + 1, end - 1 };
	*rest = span_from(text, end + 1);
	return true;
}

int
base64_decode(span text, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	int n = 0;

	if (text.n == 0 || text.n % 4 != 0)
		return -1;
	for (int i = 0; i < 2 && text.at[text.n - 1] == '='; i++)
		text.n--;
	for (size_t i = 0; i < text.n; i++) {
		const char *digit = memchr(digits, text.at[i], strlen(digits));

		if (digit == NULL)
			return -1;
		bits = bits << 6 | (uint32_t)(digit - digits);
		if (i % 4 > 0)
			out[n++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	return n;
}
