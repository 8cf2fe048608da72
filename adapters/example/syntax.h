/* syntax.h - the words of an SMTP command, as far as a server must read them before it can ask the library.
 * In:    octets of one line, any of them
 * Out:   spans within it
 * Rules: RFC 5321 4.1.1, 4.1.2; RFC 4648 4. Pure. What an address means is not read here. */
#ifndef EXAMPLE_SYNTAX_H
#define EXAMPLE_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

typedef struct span {   /* octets, NUL among them; borrowed from the line */
	const char *at;
	size_t      n;
} span;

/* Without regard to case. */
bool span_begins(span text, const char *with);
bool span_is(span text, const char *word);

/* Takes the next word off @rest, which has no spaces in front then. Empty at the end. */
span take_word(span *rest);

/* Takes @keyword ("FROM:") and a path in angle brackets off @rest. False if there is none. */
bool take_path(span *rest, const char *keyword, span *path_out);

/* Octets written to @out, at most @text.n; or -1, it is no base64. */
int base64_decode(span text, char *out);

#endif
