/* reason.c - the table of reasons. A row: section, word, what it leads to unless the policy says otherwise,
 * what the policy may say, the reply when rejected, the reply when deferred, the text. */
#include "base/reason.h"

#include <string.h>

#define OFF     MG_CONSEQUENCE_OFF
#define MONITOR MG_CONSEQUENCE_MONITOR
#define FLAG    MG_CONSEQUENCE_FLAG
#define DEFER   MG_CONSEQUENCE_DEFER
#define REJECT  MG_CONSEQUENCE_REJECT
#define FIXED   MG_RANGE_FIXED
#define ANY     MG_RANGE_ANY
#define REFUSAL MG_RANGE_REFUSAL
#define DOUBT   MG_RANGE_DOUBT

/* Replies that several rows share: reject, defer. */
#define POLICY     { 550, "5.7.1" },  { 450, "4.7.1" }    /* RFC 3463 3.8 */
#define NO_REPLY   { 0, NULL },       { 0, NULL }
#define SPF        { 550, "5.7.23" }, { 451, "4.4.3" }    /* RFC 7372 3.2 */
#define SPF_ERROR  { 550, "5.7.24" }, { 451, "4.4.3" }
#define PTR        { 550, "5.7.25" }, { 450, "4.7.25" }   /* RFC 7372 3.3 */
#define SENDER     { 550, "5.1.8" },  { 450, "4.1.8" }
#define RCPT_DOUBT { 0, NULL },       { 451, "4.4.3" }

#define SPF_TEXT    "{client-ip} is not allowed to send for {domain} ({result})"
#define OUTBOUND_TEXT "{domain} does not let our servers send for it ({result})"
#define HELO_TEXT   "HELO name not accepted here ({result})"
#define PTR_TEXT    "Reverse DNS of {client-ip} not accepted here ({result})"
#define SENDER_TEXT "Domain of sender {sender} not accepted here ({result})"
#define DOUBT_TEXT  "Recipient cannot be verified now, try again later"
#define ENGINE_TEXT "Temporary failure of a local service, try again later"

static const mg_reason_info reasons[] = {
	[MG_REASON_NONE]               = { NULL, "none", OFF, FIXED, NO_REPLY, "Ok" },

	[MG_REASON_DENY_HOST]          = { "deny", "host", REJECT, ANY, POLICY, "{client-ip} may not send mail here" },
	[MG_REASON_DENY_SENDER]        = { "deny", "sender", REJECT, ANY, POLICY, "Sender {sender} may not send mail here" },
	[MG_REASON_DENY_RECIPIENT]     = { "deny", "recipient", REJECT, ANY, POLICY, "Recipient {recipient} takes no mail" },
	[MG_REASON_DENY_PAIR]          = { "deny", "pair", REJECT, ANY, POLICY, "Sender {sender} may not write to {recipient}" },
	[MG_REASON_DENY_DNS]           = { "deny", "dns", REJECT, ANY, POLICY, "What DNS says of {client-ip}, its HELO or its sender is not accepted here" },

	[MG_REASON_RELAY_ADDRESS_FORM] = { "relay", "address-form", REJECT, REFUSAL, POLICY,
	                                   "Address hides a route, which is not followed for {client-ip}" },
	[MG_REASON_RELAY_DENIED]       = { "relay", "denied", REJECT, REFUSAL, POLICY, "Relaying denied for {client-ip}" },
	[MG_REASON_RELAY_EXPIRED]      = { "relay", "expired", REJECT, REFUSAL, POLICY,
	                                   "Permission of {client-ip} to relay has ended" },
	[MG_REASON_RELAY_UNREADABLE]   = { "relay", "unreadable", DEFER, REFUSAL, POLICY,
	                                   "Relay policy cannot be read now, try again later" },
	[MG_REASON_RELAY_OWN_DOMAIN]   = { "relay", "own-domain", OFF, FIXED, NO_REPLY, "Ok" },
	[MG_REASON_RELAY_GRANTED]      = { "relay", "granted", OFF, FIXED, NO_REPLY, "Ok" },

	[MG_REASON_ADDRESS_SYNTAX]        = { "address", "syntax", REJECT, ANY, { 501, "5.1.3" }, { 451, "4.1.3" },
	                                      "Recipient is not a valid address" },
	[MG_REASON_ADDRESS_SYNTAX_SENDER] = { "address", "syntax", REJECT, ANY, { 501, "5.1.7" }, { 451, "4.1.7" },
	                                      "Sender is not a valid address" },

	[MG_REASON_SPF_PASS]           = { "spf", "pass", OFF, ANY, SPF, SPF_TEXT },
	[MG_REASON_SPF_FAIL]           = { "spf", "fail", REJECT, ANY, SPF, SPF_TEXT },
	[MG_REASON_SPF_SOFTFAIL]       = { "spf", "softfail", FLAG, ANY, SPF, SPF_TEXT },
	[MG_REASON_SPF_NEUTRAL]        = { "spf", "neutral", OFF, ANY, SPF, SPF_TEXT },
	[MG_REASON_SPF_NONE]           = { "spf", "none", OFF, ANY, SPF, SPF_TEXT },
	[MG_REASON_SPF_TEMPERROR]      = { "spf", "temperror", OFF, ANY, SPF_ERROR, SPF_TEXT },
	[MG_REASON_SPF_PERMERROR]      = { "spf", "permerror", OFF, ANY, SPF_ERROR, SPF_TEXT },
	[MG_REASON_SPF_HELO_PASS]      = { "spf-helo", "pass", OFF, ANY, SPF, SPF_TEXT },
	[MG_REASON_SPF_HELO_FAIL]      = { "spf-helo", "fail", REJECT, ANY, SPF, SPF_TEXT },
	[MG_REASON_SPF_HELO_SOFTFAIL]  = { "spf-helo", "softfail", OFF, ANY, SPF, SPF_TEXT },
	[MG_REASON_SPF_HELO_NEUTRAL]   = { "spf-helo", "neutral", OFF, ANY, SPF, SPF_TEXT },
	[MG_REASON_SPF_HELO_NONE]      = { "spf-helo", "none", OFF, ANY, SPF, SPF_TEXT },
	[MG_REASON_SPF_HELO_TEMPERROR] = { "spf-helo", "temperror", OFF, ANY, SPF_ERROR, SPF_TEXT },
	[MG_REASON_SPF_HELO_PERMERROR] = { "spf-helo", "permerror", OFF, ANY, SPF_ERROR, SPF_TEXT },
	[MG_REASON_SPF_SKIPPED]        = { "spf", "skipped", OFF, ANY, SPF, SPF_TEXT },
	[MG_REASON_SPF_OUTBOUND_FAIL]     = { "spf-outbound", "fail", FLAG, ANY, POLICY, OUTBOUND_TEXT },
	[MG_REASON_SPF_OUTBOUND_SOFTFAIL] = { "spf-outbound", "softfail", FLAG, ANY, POLICY, OUTBOUND_TEXT },

	[MG_REASON_HELO_MISSING]          = { "helo", "missing", FLAG, ANY, { 503, "5.5.1" }, { 450, "4.5.1" }, "Say HELO first" },
	[MG_REASON_HELO_SYNTAX]           = { "helo", "syntax", REJECT, ANY, { 501, "5.5.2" }, { 450, "4.5.2" }, "HELO name is not valid" },
	[MG_REASON_HELO_OWN_NAME]         = { "helo", "own-name", REJECT, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_OWN_ADDRESS]      = { "helo", "own-address", REJECT, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_OWN_DOMAIN]       = { "helo", "own-domain", FLAG, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_NOT_FQDN]         = { "helo", "not-fqdn", FLAG, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_BARE_ADDRESS]     = { "helo", "bare-address", FLAG, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_LITERAL]          = { "helo", "literal", OFF, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_LITERAL_MISMATCH] = { "helo", "literal-mismatch", FLAG, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_UNKNOWN_SUFFIX]   = { "helo", "unknown-suffix", FLAG, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_DYNAMIC]          = { "helo", "dynamic", OFF, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_PATTERN]          = { "helo", "pattern", FLAG, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_FORGED]           = { "helo", "forged", REJECT, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_NO_ADDRESS]       = { "helo", "no-address", FLAG, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_NOT_CLIENT]       = { "helo", "not-client", FLAG, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_NEIGHBOUR]        = { "helo", "neighbour", MONITOR, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_PTR_MISMATCH]     = { "helo", "ptr-mismatch", FLAG, ANY, POLICY, HELO_TEXT },
	[MG_REASON_HELO_CHANGED]          = { "helo", "changed", FLAG, ANY, POLICY, HELO_TEXT },

	[MG_REASON_PTR_MISSING]        = { "ptr", "missing", FLAG, ANY, PTR, PTR_TEXT },
	[MG_REASON_PTR_NOT_CONFIRMED]  = { "ptr", "not-confirmed", FLAG, ANY, PTR, PTR_TEXT },
	[MG_REASON_PTR_MANY]           = { "ptr", "many", OFF, ANY, PTR, PTR_TEXT },
	[MG_REASON_PTR_GENERIC]        = { "ptr", "generic", OFF, ANY, PTR, PTR_TEXT },

	[MG_REASON_SENDER_NULL_MX]     = { "sender", "null-mx", REJECT, ANY, { 550, "5.7.27" }, { 450, "4.7.27" }, SENDER_TEXT },
	[MG_REASON_SENDER_NO_DOMAIN]   = { "sender", "no-domain", FLAG, ANY, SENDER, SENDER_TEXT },
	[MG_REASON_SENDER_MX_ADDRESS]  = { "sender", "mx-address", FLAG, ANY, SENDER, SENDER_TEXT },
	[MG_REASON_SENDER_MX_CNAME]    = { "sender", "mx-cname", FLAG, ANY, SENDER, SENDER_TEXT },
	[MG_REASON_SENDER_MX_BOGON]    = { "sender", "mx-bogon", FLAG, ANY, SENDER, SENDER_TEXT },
	[MG_REASON_SENDER_NOT_FQDN]    = { "sender", "not-fqdn", FLAG, ANY, SENDER, SENDER_TEXT },
	[MG_REASON_SENDER_LITERAL]     = { "sender", "literal", FLAG, ANY, SENDER, SENDER_TEXT },
	[MG_REASON_SENDER_OWN_DOMAIN]  = { "sender", "own-domain", OFF, ANY, POLICY,
	                                   "{client-ip} may not send for {domain}" },
	[MG_REASON_SENDER_BOUNCE_RECIPIENTS] = { "sender", "bounce-recipients", OFF, ANY,
	                                   { 550, "5.5.3" }, { 452, "4.5.3" }, "A bounce goes to one recipient" },

	[MG_REASON_SENDER_PLAUSIBLE]   = { "sender", "plausible", OFF, ANY, SENDER, SENDER_TEXT },

	[MG_REASON_SENDER_LOGINS_NOT_OWNER]     = { "sender-logins", "not-owner", REJECT, ANY, POLICY,
	                                   "Sender {sender} does not belong to the user who is logged in" },
	[MG_REASON_SENDER_LOGINS_NOT_LOGGED_IN] = { "sender-logins", "not-logged-in", FLAG, ANY, POLICY,
	                                   "Sender {sender} belongs to a user, who must log in first" },

	[MG_REASON_RCPT_EXISTS]        = { "rcpt", "exists", OFF, FIXED, NO_REPLY, "Ok" },
	[MG_REASON_RCPT_FULL]          = { "rcpt", "full", DEFER, ANY, { 552, "5.2.2" }, { 452, "4.2.2" }, "Mailbox is full" },
	[MG_REASON_RCPT_UNVERIFIABLE]  = { "rcpt", "unverifiable", OFF, DOUBT, RCPT_DOUBT, DOUBT_TEXT },
	[MG_REASON_RCPT_CATCH_ALL]     = { "rcpt", "catch-all", OFF, DOUBT, RCPT_DOUBT, DOUBT_TEXT },
	[MG_REASON_RCPT_UNKNOWN]       = { "rcpt", "unknown", REJECT, ANY, { 550, "5.1.1" }, { 450, "4.1.1" }, "No such recipient here" },
	[MG_REASON_RCPT_SUSPECT]       = { "rcpt", "suspect", DEFER, DOUBT, RCPT_DOUBT, DOUBT_TEXT },
	[MG_REASON_RCPT_TEMPORARY]     = { "rcpt", "temporary", DEFER, DOUBT, RCPT_DOUBT, DOUBT_TEXT },
	[MG_REASON_RCPT_TEMPORARY_GREY]    = { "rcpt", "temporary", DEFER, DOUBT, { 0, NULL }, { 451, "4.7.1" }, DOUBT_TEXT },
	[MG_REASON_RCPT_TEMPORARY_BLOCKED] = { "rcpt", "temporary", DEFER, DOUBT, { 0, NULL }, { 450, "4.2.1" }, DOUBT_TEXT },
	[MG_REASON_RCPT_BACKEND_DOWN]  = { "rcpt", "backend-down", DEFER, DOUBT, RCPT_DOUBT, DOUBT_TEXT },
	[MG_REASON_RCPT_UNTRUSTED]     = { "rcpt", "untrusted", DEFER, DOUBT, RCPT_DOUBT, DOUBT_TEXT },
	[MG_REASON_RCPT_OVER_BUDGET]   = { "rcpt", "over-budget", DEFER, DOUBT, RCPT_DOUBT, DOUBT_TEXT },

	[MG_REASON_SCORE_REACHED]      = { "score", "reached", FLAG, ANY, POLICY, "Too much is wrong with this mail's client and sender" },

	[MG_REASON_ENGINE_GONE]        = { "engine", "gone", DEFER, FIXED, { 0, NULL }, { 451, "4.3.0" }, ENGINE_TEXT },
	[MG_REASON_ENGINE_DEADLINE]    = { "engine", "deadline", DEFER, FIXED, { 0, NULL }, { 451, "4.3.0" }, ENGINE_TEXT },
};
G_STATIC_ASSERT(G_N_ELEMENTS(reasons) == MG_N_REASONS);

static const char *const consequence_names[] = {
	[MG_CONSEQUENCE_OFF] = "off", [MG_CONSEQUENCE_MONITOR] = "monitor", [MG_CONSEQUENCE_FLAG] = "flag",
	[MG_CONSEQUENCE_DEFER] = "defer", [MG_CONSEQUENCE_REJECT] = "reject",
};
G_STATIC_ASSERT(G_N_ELEMENTS(consequence_names) == MG_CONSEQUENCE_REJECT + 1);

const mg_reason_info *
mg_reason_get(mg_reason reason)
{
	return &reasons[reason];
}

void
mg_reason_name(mg_reason reason, char name_out[MG_REASON_NAME_MAX])
{
	const mg_reason_info *info = &reasons[reason];
	char *at = name_out;

	if (info->section != NULL)
		at = stpcpy(stpcpy(at, info->section), ".");
	strcpy(at, info->word);
}

const char *
mg_consequence_name(mg_consequence consequence)
{
	return consequence_names[consequence];
}

gboolean
mg_consequence_parse(const char *word, mg_consequence *consequence_out)
{
	if (strcmp(word, "accept") == 0) {
		*consequence_out = MG_CONSEQUENCE_OFF;
		return TRUE;
	}
	for (guint i = 0; i < G_N_ELEMENTS(consequence_names); i++)
		if (strcmp(word, consequence_names[i]) == 0) {
			*consequence_out = (mg_consequence)i;
			return TRUE;
		}
	return FALSE;
}
