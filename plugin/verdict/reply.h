/* reply.h - the words of a refusal: reply code, enhanced status code, one line of text.
 * In:    the reason, and what may stand in for placeholders
 * Out:   text of 1 to MG_REPLY_TEXT_MAX octets that is safe in an SMTP reply and in a filter's line
 * Rules: RFC 5321 4.2, 4.5.3.1.5; RFC 3463. What the network wrote is let through octet by octet: letters, digits and
 *        what addresses are made of; all else becomes "?". Pure. */
#ifndef MG_VERDICT_REPLY_H
#define MG_VERDICT_REPLY_H

#include "mailguard/names.h"
#include "policy/policy.h"
#include "session/facts.h"

#define MG_REPLY_TEXT_MAX 400   /* a reply line has 512 octets with code, enhanced code and CRLF */

typedef struct mg_reply_words {
	const char *client_ip;
	mg_words    helo, sender, recipient;   /* octets NULL: not given */
	const char *domain;                    /* NULL: none */
	const char *result;                    /* "denied" */
	const char *reason;                    /* "relay.denied" */
	const char *hostname;
	const char *explanation;               /* of a fail, what the domain says of it (RFC 7208 6.2); NULL: nothing */
} mg_reply_words;

typedef struct mg_reply {
	int         code;
	const char *enhanced;   /* borrowed from the policy, or constant */
	char        text[MG_REPLY_TEXT_MAX + 1];
} mg_reply;

void mg_reply_build(const mg_policy *policy, mg_action action, mg_reason reason, const mg_reply_words *words,
                    mg_reply *reply_out);

#endif
