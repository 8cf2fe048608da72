/* reason.h - the stable words for why something was decided, and what belongs to each.
 * A reason is "section.word": the key [section] word of mailguard.conf sets its action, and log, trace and
 * documents say the same. The order is that of precedence: of two reasons with the same action the earlier
 * one names the verdict. */
#ifndef MG_BASE_REASON_H
#define MG_BASE_REASON_H

#include <glib.h>

typedef enum mg_reason {
	MG_REASON_NONE,
	MG_REASON_DENY_HOST, MG_REASON_DENY_SENDER, MG_REASON_DENY_RECIPIENT, MG_REASON_DENY_PAIR,
	MG_REASON_DENY_DNS,
	MG_REASON_RELAY_ADDRESS_FORM, MG_REASON_RELAY_DENIED, MG_REASON_RELAY_EXPIRED, MG_REASON_RELAY_UNREADABLE,
	MG_REASON_RELAY_OWN_DOMAIN, MG_REASON_RELAY_GRANTED,
	MG_REASON_ADDRESS_SYNTAX,          /* of a forward-path */
	MG_REASON_ADDRESS_SYNTAX_SENDER,   /* of a reverse-path: same word and key, another enhanced code */
	MG_REASON_SPF_PASS, MG_REASON_SPF_FAIL, MG_REASON_SPF_SOFTFAIL, MG_REASON_SPF_NEUTRAL, MG_REASON_SPF_NONE,
	MG_REASON_SPF_TEMPERROR, MG_REASON_SPF_PERMERROR,
	MG_REASON_SPF_HELO_PASS, MG_REASON_SPF_HELO_FAIL, MG_REASON_SPF_HELO_SOFTFAIL, MG_REASON_SPF_HELO_NEUTRAL,
	MG_REASON_SPF_HELO_NONE, MG_REASON_SPF_HELO_TEMPERROR, MG_REASON_SPF_HELO_PERMERROR,
	MG_REASON_SPF_SKIPPED,
	MG_REASON_SPF_OUTBOUND_FAIL, MG_REASON_SPF_OUTBOUND_SOFTFAIL,
	MG_REASON_HELO_MISSING, MG_REASON_HELO_SYNTAX,
	MG_REASON_HELO_OWN_NAME, MG_REASON_HELO_OWN_ADDRESS, MG_REASON_HELO_OWN_DOMAIN,
	MG_REASON_HELO_NOT_FQDN, MG_REASON_HELO_BARE_ADDRESS, MG_REASON_HELO_LITERAL, MG_REASON_HELO_LITERAL_MISMATCH,
	MG_REASON_HELO_UNKNOWN_SUFFIX, MG_REASON_HELO_DYNAMIC, MG_REASON_HELO_PATTERN,
	MG_REASON_HELO_FORGED,
	MG_REASON_HELO_NO_ADDRESS, MG_REASON_HELO_NOT_CLIENT, MG_REASON_HELO_NEIGHBOUR, MG_REASON_HELO_PTR_MISMATCH,
	MG_REASON_HELO_CHANGED,
	MG_REASON_PTR_MISSING, MG_REASON_PTR_NOT_CONFIRMED, MG_REASON_PTR_MANY, MG_REASON_PTR_GENERIC,
	MG_REASON_SENDER_NULL_MX,
	MG_REASON_SENDER_NO_DOMAIN, MG_REASON_SENDER_MX_ADDRESS, MG_REASON_SENDER_MX_CNAME, MG_REASON_SENDER_MX_BOGON,
	MG_REASON_SENDER_NOT_FQDN, MG_REASON_SENDER_LITERAL,
	MG_REASON_SENDER_OWN_DOMAIN, MG_REASON_SENDER_BOUNCE_RECIPIENTS,
	MG_REASON_SENDER_PLAUSIBLE,
	MG_REASON_SENDER_LOGINS_NOT_OWNER, MG_REASON_SENDER_LOGINS_NOT_LOGGED_IN,
	MG_REASON_RCPT_EXISTS, MG_REASON_RCPT_FULL, MG_REASON_RCPT_UNVERIFIABLE, MG_REASON_RCPT_CATCH_ALL,
	MG_REASON_RCPT_UNKNOWN,
	MG_REASON_RCPT_SUSPECT, MG_REASON_RCPT_TEMPORARY, MG_REASON_RCPT_TEMPORARY_GREY, MG_REASON_RCPT_TEMPORARY_BLOCKED,
	MG_REASON_RCPT_BACKEND_DOWN, MG_REASON_RCPT_UNTRUSTED,
	MG_REASON_RCPT_OVER_BUDGET,
	MG_REASON_SCORE_REACHED,
	MG_REASON_ENGINE_GONE, MG_REASON_ENGINE_DEADLINE
} mg_reason;

#define MG_REASON_LAST MG_REASON_ENGINE_DEADLINE
#define MG_N_REASONS   (MG_REASON_LAST + 1)

/* mg_consequence - what a policy makes of a result. Larger is stricter. */
typedef enum mg_consequence {
	MG_CONSEQUENCE_OFF,       /* not looked at, or accepted without a word */
	MG_CONSEQUENCE_MONITOR,   /* computed and logged */
	MG_CONSEQUENCE_FLAG,      /* accepted and marked */
	MG_CONSEQUENCE_DEFER,
	MG_CONSEQUENCE_REJECT
} mg_consequence;

/* Which consequences mailguard.conf may write for a reason. */
typedef enum mg_reason_range {
	MG_RANGE_FIXED,     /* none: what it means is settled */
	MG_RANGE_ANY,
	MG_RANGE_REFUSAL,   /* defer and reject only: it keeps the relay closed */
	MG_RANGE_DOUBT      /* all but reject: it is not known whether there is anything to refuse */
} mg_reason_range;

typedef struct mg_reason_reply {
	int         code;       /* RFC 5321 4.2 */
	const char *enhanced;   /* RFC 3463, RFC 7372, RFC 7505 */
} mg_reason_reply;

typedef struct mg_reason_info {
	const char     *section;    /* of mailguard.conf; NULL: none */
	const char     *word;
	mg_consequence  standard;   /* where mailguard.conf says nothing */
	mg_reason_range range;
	mg_reason_reply reject;
	mg_reason_reply defer;
	const char     *text;       /* of the reply, with placeholders */
} mg_reason_info;

const mg_reason_info *mg_reason_get(mg_reason reason);
/* "section.word" */
#define MG_REASON_NAME_MAX 40
void mg_reason_name(mg_reason reason, char name_out[MG_REASON_NAME_MAX]);
const char *mg_consequence_name(mg_consequence consequence);
/* FALSE, @consequence_out untouched, for another word. "accept" is "off". */
gboolean mg_consequence_parse(const char *word, mg_consequence *consequence_out);

#endif
