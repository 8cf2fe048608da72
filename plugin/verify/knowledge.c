/* knowledge.c - see knowledge.h. */
#include "verify/knowledge.h"

#include <string.h>

#define MINUTE_S       60
#define FULL_S         (5 * MINUTE_S)
#define BLOCKED_NOW_S  MINUTE_S
#define UNVERIFIABLE_S (15 * MINUTE_S)
#define BAD_SYNTAX_S   (5 * MINUTE_S)

static const guint16 unknown_s[] = { 10 * MINUTE_S, 30 * MINUTE_S, 90 * MINUTE_S, 180 * MINUTE_S };
G_STATIC_ASSERT(G_N_ELEMENTS(unknown_s) == MG_CONFIRMATIONS_MAX + 1);

static const char *const known_names[] = {
	[MG_KNOWN_NOTHING] = "nothing", [MG_KNOWN_VALID] = "valid", [MG_KNOWN_UNKNOWN] = "unknown",
	[MG_KNOWN_UNVERIFIABLE] = "unverifiable", [MG_KNOWN_FULL] = "full", [MG_KNOWN_BLOCKED_NOW] = "blocked-now",
	[MG_KNOWN_BAD_SYNTAX] = "bad-syntax",
};
G_STATIC_ASSERT(G_N_ELEMENTS(known_names) == MG_KNOWN_BAD_SYNTAX + 1);

const char *
mg_known_name(mg_known known)
{
	return known_names[known];
}

void
mg_knowledge_init(mg_knowledge *knowledge)
{
	*knowledge = (mg_knowledge){ .valid_s = MG_NEVER_S };
}

/* NOTHING: an answer about the moment or the backend, not about the recipient. */
static mg_known
class_shows(mg_rcpt_class class)
{
	switch (class) {
	case MG_RCPT_VALID:
	case MG_RCPT_SIZE:
		return MG_KNOWN_VALID;
	case MG_RCPT_UNKNOWN:
	case MG_RCPT_MOVED:
	case MG_RCPT_SUSPECT:
		return MG_KNOWN_UNKNOWN;
	case MG_RCPT_UNVERIFIABLE:
		return MG_KNOWN_UNVERIFIABLE;
	case MG_RCPT_FULL:
		return MG_KNOWN_FULL;
	case MG_RCPT_BLOCKED_NOW:
		return MG_KNOWN_BLOCKED_NOW;
	case MG_RCPT_BAD_SYNTAX:
		return MG_KNOWN_BAD_SYNTAX;
	case MG_RCPT_GREY:
	case MG_RCPT_BATCH_LIMIT:
	case MG_RCPT_BACKEND_TEMP:
	case MG_RCPT_CLOSING:
	case MG_RCPT_TEMP:
	case MG_RCPT_NO_DOMAIN:
	case MG_RCPT_SENDER:
	case MG_RCPT_POLICY:
	case MG_RCPT_CONFIG:
	case MG_RCPT_PROTOCOL:
	case MG_RCPT_TRANSPORT:
		return MG_KNOWN_NOTHING;
	}
	g_assert_not_reached();
}

/* A time that is yet to come is now. */
static gint64
age_s(gint64 then_s, gint64 now_s)
{
	return now_s > then_s ? now_s - then_s : 0;
}

static gboolean
was_valid_lately(const mg_knowledge *knowledge, gint64 now_s)
{
	return knowledge->valid_s != MG_NEVER_S && age_s(knowledge->valid_s, now_s) < MG_POSITIVE_STALE_S;
}

gboolean
mg_knowledge_is_over(const mg_knowledge *knowledge, gint64 now_s)
{
	return knowledge->known == MG_KNOWN_NOTHING || age_s(knowledge->proved_s, now_s) >= MG_POSITIVE_STALE_S;
}

/* ---- learning ---- */

static void
knowledge_set(mg_knowledge *knowledge, mg_known known, gint64 now_s)
{
	knowledge->known = (guint8)known;
	knowledge->proved_s = now_s;
	knowledge->n_confirmations = 0;
	knowledge->is_doubted = FALSE;
}

/* FALSE: a second probe too near to the first is no second opinion. */
static gboolean
knowledge_deny(mg_knowledge *knowledge, gint64 now_s)
{
	gboolean is_apart = age_s(knowledge->proved_s, now_s) >= MG_PROBES_APART_S;
	guint n_confirmations = knowledge->n_confirmations;

	if (knowledge->known != MG_KNOWN_UNKNOWN) {
		knowledge_set(knowledge, MG_KNOWN_UNKNOWN, now_s);
		knowledge->is_doubted = was_valid_lately(knowledge, now_s);
		if (!knowledge->is_doubted)
			knowledge->valid_s = MG_NEVER_S;
		return TRUE;
	}
	if (knowledge->is_doubted && !is_apart)
		return FALSE;
	if (!knowledge->is_doubted && is_apart)
		n_confirmations = MIN(n_confirmations + 1, MG_CONFIRMATIONS_MAX);
	knowledge_set(knowledge, MG_KNOWN_UNKNOWN, now_s);
	knowledge->n_confirmations = (guint8)n_confirmations;
	knowledge->valid_s = MG_NEVER_S;
	return TRUE;
}

static void
knowledge_cite(mg_knowledge *knowledge, const mg_smtp_reply *reply)
{
	knowledge->code = reply != NULL ? (guint16)reply->code : 0;
	knowledge->class = reply != NULL ? reply->enhanced_class : 0;
	knowledge->subject = reply != NULL ? MIN(reply->enhanced_subject, 999) : 0;
	knowledge->detail = reply != NULL ? MIN(reply->enhanced_detail, 999) : 0;
}

gboolean
mg_knowledge_learn(mg_knowledge *knowledge, mg_rcpt_class class, const mg_smtp_reply *reply, gint64 now_s)
{
	mg_known known = class_shows(class);

	if (known == MG_KNOWN_NOTHING)
		return FALSE;
	if (mg_knowledge_is_over(knowledge, now_s))
		mg_knowledge_init(knowledge);
	if (known == MG_KNOWN_UNKNOWN) {
		if (!knowledge_deny(knowledge, now_s))
			return FALSE;
	} else {
		knowledge_set(knowledge, known, now_s);
		if (known == MG_KNOWN_VALID)
			knowledge->valid_s = now_s;
	}
	knowledge_cite(knowledge, reply);
	return TRUE;
}

/* ---- recalling ---- */

/* So that what was learned in one hour is not asked about again in one: three quarters of the freshness, up to a tenth more or less. */
static gint64
refresh_s(guint jitter)
{
	return (gint64)MG_POSITIVE_FRESH_S * 3 / 4 * (900 + jitter % 201) / 1000;
}

static gboolean
recall_valid(const mg_knowledge *knowledge, guint jitter, gint64 now_s, mg_recollection *out)
{
	if (!out->was_valid_lately)
		return FALSE;
	out->known = MG_KNOWN_VALID;
	out->age_s = age_s(knowledge->valid_s, now_s);
	out->freshness = out->age_s >= MG_POSITIVE_FRESH_S ? MG_STALE
	                 : out->age_s >= refresh_s(jitter) ? MG_FRESH_REFRESH
	                                                   : MG_FRESH;
	return TRUE;
}

static void
recall_reply(const mg_knowledge *knowledge, mg_recollection *out)
{
	out->code = knowledge->code;
	if (knowledge->class != 0)
		g_snprintf(out->enhanced, sizeof(out->enhanced), "%u.%u.%u", knowledge->class, knowledge->subject, knowledge->detail);
}

static gint64
holds_s(const mg_knowledge *knowledge)
{
	switch ((mg_known)knowledge->known) {
	case MG_KNOWN_NOTHING:      return 0;
	case MG_KNOWN_VALID:        return MG_POSITIVE_STALE_S;
	case MG_KNOWN_UNKNOWN:      return knowledge->is_doubted ? MG_POSITIVE_STALE_S : unknown_s[knowledge->n_confirmations];
	case MG_KNOWN_UNVERIFIABLE: return UNVERIFIABLE_S;
	case MG_KNOWN_FULL:         return FULL_S;
	case MG_KNOWN_BLOCKED_NOW:  return BLOCKED_NOW_S;
	case MG_KNOWN_BAD_SYNTAX:   return BAD_SYNTAX_S;
	}
	g_assert_not_reached();
}

gboolean
mg_knowledge_recall(const mg_knowledge *knowledge, guint jitter, gint64 now_s, mg_recollection *out)
{
	memset(out, 0, sizeof(*out));
	out->was_valid_lately = knowledge->known != MG_KNOWN_UNKNOWN && was_valid_lately(knowledge, now_s);
	if (age_s(knowledge->proved_s, now_s) >= holds_s(knowledge))
		return knowledge->known != MG_KNOWN_UNKNOWN && recall_valid(knowledge, jitter, now_s, out);

	recall_reply(knowledge, out);
	if (knowledge->known == MG_KNOWN_VALID)
		return recall_valid(knowledge, jitter, now_s, out);
	out->age_s = age_s(knowledge->proved_s, now_s);
	out->is_doubted = knowledge->is_doubted;
	out->known = knowledge->is_doubted ? MG_KNOWN_NOTHING : (mg_known)knowledge->known;
	out->freshness = knowledge->is_doubted && out->age_s >= MG_PROBES_APART_S ? MG_STALE : MG_FRESH;
	return TRUE;
}

/* ---- from a file ---- */

gboolean
mg_knowledge_is_sound(const mg_knowledge *knowledge, gint64 now_s)
{
	gboolean is_unknown = knowledge->known == MG_KNOWN_UNKNOWN;

	if (knowledge->known == MG_KNOWN_NOTHING || knowledge->known > MG_KNOWN_BAD_SYNTAX || knowledge->proved_s > now_s)
		return FALSE;
	if (knowledge->known == MG_KNOWN_VALID ? knowledge->valid_s != knowledge->proved_s : knowledge->valid_s > knowledge->proved_s)
		return FALSE;
	if (knowledge->n_confirmations > (is_unknown ? MG_CONFIRMATIONS_MAX : 0) || knowledge->is_doubted > (is_unknown ? 1 : 0))
		return FALSE;
	/* What is known to be unknown was not valid; a doubt is about a recipient that was. */
	if (is_unknown && knowledge->is_doubted != (knowledge->valid_s != MG_NEVER_S))
		return FALSE;
	return (knowledge->code == 0 || (knowledge->code >= 200 && knowledge->code <= 599)) && knowledge->class <= 5
	       && knowledge->subject <= 999 && knowledge->detail <= 999;
}
