/* opinion.c - see opinion.h. */
#include "verify/opinion.h"

static mg_opinion
opinion_of(mg_reason reason, const char *why)
{
	return (mg_opinion){ .reason = reason, .why = why };
}

static gboolean
is_known_valid(const mg_opinion_case *of)
{
	return of->known != NULL && of->known->known == MG_KNOWN_VALID;
}

/* ---- what an answer says ---- */

static mg_opinion
find_valid(const mg_opinion_case *of)
{
	return of->domain == MG_DOMAIN_CATCH_ALL ? opinion_of(MG_REASON_RCPT_CATCH_ALL, "the backend accepts every recipient of the domain")
	                                         : opinion_of(MG_REASON_RCPT_EXISTS, "the backend accepts it");
}

/* The guards stand between a refusal and a 550. */
static mg_opinion
find_negative(const mg_opinion_case *of)
{
	if (of->known != NULL && (of->known->is_doubted || of->known->was_valid_lately))
		return opinion_of(MG_REASON_RCPT_SUSPECT, "refused, and valid lately: it takes another refusal, that says unknown");
	if (of->believes_negatives)
		return opinion_of(MG_REASON_RCPT_UNKNOWN, "the backend refuses it, and its canaries hold");
	if (of->canaries_are_due)
		return opinion_of(MG_REASON_NONE, NULL);
	return opinion_of(MG_REASON_RCPT_UNTRUSTED, "the backend refuses it, and its canaries do not hold");
}

static mg_opinion
find_down(const mg_opinion_case *of, mg_reason reason, const char *why)
{
	mg_opinion found = opinion_of(reason, why);

	if (is_known_valid(of)) {
		found = opinion_of(MG_REASON_RCPT_EXISTS, "it was valid when last asked, and the backend does not say otherwise");
		found.is_stale = TRUE;
	} else if (reason == MG_REASON_RCPT_BACKEND_DOWN && of->outage == MG_OUTAGE_ACCEPT) {
		found.is_let_through = TRUE;   /* of other doubts, a backend that is there will tell at delivery */
	}
	return found;
}

mg_opinion
mg_opinion_answered(const mg_opinion_case *of)
{
	switch (of->class) {
	case MG_RCPT_VALID:
	case MG_RCPT_SIZE:
		return find_valid(of);
	case MG_RCPT_UNVERIFIABLE:
		return opinion_of(MG_REASON_RCPT_UNVERIFIABLE, "the backend cannot say");
	case MG_RCPT_FULL:
		return opinion_of(MG_REASON_RCPT_FULL, "it exists, and is full");
	case MG_RCPT_BLOCKED_NOW:
		return opinion_of(MG_REASON_RCPT_TEMPORARY_BLOCKED, "it exists, and takes no mail now");
	case MG_RCPT_UNKNOWN:
	case MG_RCPT_MOVED:
	case MG_RCPT_SUSPECT:
	case MG_RCPT_BAD_SYNTAX:
		return find_negative(of);
	case MG_RCPT_GREY:
		return find_down(of, MG_REASON_RCPT_TEMPORARY_GREY, "the backend greylists us");
	case MG_RCPT_TEMP:
	case MG_RCPT_BATCH_LIMIT:
		return find_down(of, MG_REASON_RCPT_TEMPORARY, "the backend does not say for now");
	case MG_RCPT_SENDER:
		return find_down(of, MG_REASON_RCPT_TEMPORARY, "the backend refuses our sender");
	case MG_RCPT_POLICY:
		return find_down(of, MG_REASON_RCPT_TEMPORARY, "the backend refuses us, not the recipient");
	case MG_RCPT_NO_DOMAIN:
		return find_down(of, MG_REASON_RCPT_TEMPORARY, "the backend does not know the domain");
	case MG_RCPT_BACKEND_TEMP:
	case MG_RCPT_CLOSING:
	case MG_RCPT_TRANSPORT:
		return find_down(of, MG_REASON_RCPT_BACKEND_DOWN, "the backend cannot be asked");
	case MG_RCPT_CONFIG:
	case MG_RCPT_PROTOCOL:
		return find_down(of, MG_REASON_RCPT_BACKEND_DOWN, "the backend and we do not understand each other");
	}
	g_assert_not_reached();
}

mg_opinion
mg_opinion_unanswered(const mg_opinion_case *of, mg_reason reason, const char *why)
{
	return find_down(of, reason, why);
}

/* ---- what is remembered ---- */

static mg_opinion
find_remembered_negative(const mg_opinion_case *of)
{
	if (of->known->was_valid_lately)   /* refused for its syntax alone */
		return find_negative(of);
	if (of->believes_negatives)
		return opinion_of(MG_REASON_RCPT_UNKNOWN, "the backend refused it, and its canaries hold");
	if (of->canaries_are_due)
		return opinion_of(MG_REASON_NONE, NULL);
	return opinion_of(MG_REASON_RCPT_UNTRUSTED, "the backend refused it, and its canaries do not hold");
}

mg_opinion
mg_opinion_remembered(const mg_opinion_case *of)
{
	static const mg_opinion not_yet = { MG_REASON_NONE, FALSE, FALSE, NULL };

	if (of->known != NULL && of->known->is_doubted)
		return of->known->freshness == MG_STALE ? not_yet : find_negative(of);
	if (of->known == NULL)
		return of->domain == MG_DOMAIN_CATCH_ALL ? find_valid(of) : not_yet;
	switch (of->known->known) {
	case MG_KNOWN_NOTHING:
		return not_yet;
	case MG_KNOWN_VALID:
		return of->known->freshness == MG_STALE ? not_yet : find_valid(of);
	case MG_KNOWN_UNKNOWN:
	case MG_KNOWN_BAD_SYNTAX:
		return find_remembered_negative(of);
	case MG_KNOWN_UNVERIFIABLE:
		return opinion_of(MG_REASON_RCPT_UNVERIFIABLE, "the backend could not say");
	case MG_KNOWN_FULL:
		return opinion_of(MG_REASON_RCPT_FULL, "it exists, and was full");
	case MG_KNOWN_BLOCKED_NOW:
		return opinion_of(MG_REASON_RCPT_TEMPORARY_BLOCKED, "it exists, and took no mail");
	}
	g_assert_not_reached();
}
