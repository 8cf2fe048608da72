/* knowledge.h - what probes have shown of one recipient, and what that is worth later.
 * In:    classes of replies, with the time each came
 * Out:   what is known at a time, and whether it is to be asked about again
 * Rules: RELIABILITY 4.5. VALID is fresh for 12 h, asked about again in the background in the last quarter of these, and stale to 7 d.
 *        UNKNOWN holds 10 min, three times as long with each confirmation, at most 3 h; of an address that was VALID within 7 d it
 *        takes two probes, 30 s apart. Temporary answers change nothing (FEATURES V25, V28). Pure: times are the caller's seconds. */
#ifndef MG_VERIFY_KNOWLEDGE_H
#define MG_VERIFY_KNOWLEDGE_H

#include <glib.h>

#include "verify/rcpt_class.h"

typedef enum mg_known {
	MG_KNOWN_NOTHING, MG_KNOWN_VALID, MG_KNOWN_UNKNOWN, MG_KNOWN_UNVERIFIABLE, MG_KNOWN_FULL, MG_KNOWN_BLOCKED_NOW,
	MG_KNOWN_BAD_SYNTAX
} mg_known;

typedef enum mg_freshness {
	MG_FRESH,
	MG_FRESH_REFRESH,   /* to be asked about again in the background */
	MG_STALE            /* VALID past its freshness, or a doubt that may be resolved: to be asked about now */
} mg_freshness;

#define MG_POSITIVE_FRESH_S 43200
#define MG_POSITIVE_STALE_S 604800
#define MG_PROBES_APART_S   30        /* two probes nearer than that are one opinion */
#define MG_CONFIRMATIONS_MAX 3        /* 10, 30, 90, 180 min */
#define MG_NEVER_S          G_MININT64

/* Of one recipient, as it is kept; all zeros but valid_s: nothing. */
typedef struct mg_knowledge {
	gint64  proved_s;          /* when the probe was answered that it rests on */
	gint64  valid_s;           /* when VALID was last answered; MG_NEVER_S: not, or proved otherwise since */
	guint16 code;              /* of the reply it rests on; 0: none */
	guint16 subject, detail;   /* of its enhanced status code, 0..999 */
	guint8  class;             /* 0: it had none */
	guint8  known;             /* mg_known */
	guint8  n_confirmations;   /* of UNKNOWN, 0..MG_CONFIRMATIONS_MAX */
	guint8  is_doubted;        /* UNKNOWN by one probe, where two are wanted */
} mg_knowledge;

typedef struct mg_recollection {
	mg_known     known;              /* NOTHING if doubted: neither valid nor unknown, so the client is to come back */
	mg_freshness freshness;
	gboolean     is_doubted;         /* VALID lately, and one probe said no (RELIABILITY 4.5): STALE once another may be sent */
	gboolean     was_valid_lately;   /* within 7 d, and no probe said no since: taken before a probe, what mg_trust_seen() wants */
	gint64       age_s;              /* since the probe it rests on */
	int          code;               /* the reply it rests on, for the log; 0: not kept */
	char         enhanced[12];
} mg_recollection;

void mg_knowledge_init(mg_knowledge *knowledge);
/* FALSE: nothing has changed. @reply may be NULL. */
gboolean mg_knowledge_learn(mg_knowledge *knowledge, mg_rcpt_class class, const mg_smtp_reply *reply, gint64 now_s);
/* FALSE: nothing is known, and @out says so. @jitter: any number that stays the same for an address. */
gboolean mg_knowledge_recall(const mg_knowledge *knowledge, guint jitter, gint64 now_s, mg_recollection *out);
/* Nothing in it is of use any more. */
gboolean mg_knowledge_is_over(const mg_knowledge *knowledge, gint64 now_s);
/* Whether it could have been learned by @now_s: what comes out of a file may be anything. */
gboolean mg_knowledge_is_sound(const mg_knowledge *knowledge, gint64 now_s);

const char *mg_known_name(mg_known known);   /* "nothing", "valid", ... */

#endif
