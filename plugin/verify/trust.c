/* trust.c - see trust.h. */
#include "verify/trust.h"

#define CANARY_EVERY_S  900
#define CANARY_RETRY_S  60
#define BELIEVED_S      3600
#define CATCH_ALL_S     3600
#define DISCRIMINATES_S 86400
#define GREYLISTS_S     60     /* RELIABILITY 4.4 */

#define TURNED_MAX      5
#define TURNED_WINDOW_S 600
#define ASKED_MIN       10
#define DISTRUST_S      900
#define MINUTES         11     /* ten, and the one under way */

/* What a canary's answer says, if anything. */
typedef enum canary_sign {
	CANARY_SILENT,     /* about the moment, not about recipients */
	CANARY_ACCEPTED,   /* a recipient */
	CANARY_DENIED,     /* no such recipient */
	CANARY_BLOCKED,    /* refused for what we are */
	CANARY_REFUSED     /* otherwise, for good */
} canary_sign;

typedef struct canary {
	canary_sign sign;        /* the last that said something */
	gint64      sign_s;
	gint64      asked_s;     /* when it was answered last, whatever the answer */
	gboolean    is_asked;
	gboolean    is_silent;   /* that answer said nothing */
} canary;

typedef struct minute {
	gint64 number;
	guint  n_asked, n_denied;
} minute;

struct mg_trust {
	canary   positive, negative;
	gint64   grey_until_s;
	gint64   turned_s[TURNED_MAX + 1];   /* when the last of them turned, in a ring */
	guint    n_turned;                   /* ever; the next one's place, but for the size of the ring */
	minute   minutes[MINUTES];           /* in a ring by number */
	gint64   distrust_until_s;
};

static const char *const domain_class_names[] = {
	[MG_DOMAIN_UNDETERMINED] = "undetermined", [MG_DOMAIN_DISCRIMINATING] = "discriminating",
	[MG_DOMAIN_CATCH_ALL] = "catch-all",       [MG_DOMAIN_REJECTS_ALL] = "rejects-all",
	[MG_DOMAIN_GREYLISTS] = "greylists",       [MG_DOMAIN_BLOCKS_US] = "blocks-us",
};
G_STATIC_ASSERT(G_N_ELEMENTS(domain_class_names) == MG_DOMAIN_BLOCKS_US + 1);

const char *
mg_domain_class_name(mg_domain_class class)
{
	return domain_class_names[class];
}

mg_trust *
mg_trust_new(void)
{
	mg_trust *trust = g_new0(mg_trust, 1);

	trust->grey_until_s = trust->distrust_until_s = G_MININT64;
	for (guint i = 0; i < MINUTES; i++)
		trust->minutes[i].number = G_MININT64;
	return trust;
}

void
mg_trust_free(mg_trust *trust)
{
	g_free(trust);
}

/* ---- canaries ---- */

/* A full mailbox is one that the backend knows of: a canary whose quota is used up must not silence a whole Domain. */
static canary_sign
class_sign(mg_rcpt_class class, gboolean is_positive)
{
	switch (class) {
	case MG_RCPT_VALID:
	case MG_RCPT_SIZE:
	case MG_RCPT_FULL:
		return CANARY_ACCEPTED;
	case MG_RCPT_UNVERIFIABLE:   /* 252: no proof that it was looked for, but taken it would be */
		return is_positive ? CANARY_SILENT : CANARY_ACCEPTED;
	case MG_RCPT_UNKNOWN:
	case MG_RCPT_MOVED:
	case MG_RCPT_SUSPECT:
		return CANARY_DENIED;
	case MG_RCPT_POLICY:
		return CANARY_BLOCKED;
	case MG_RCPT_BAD_SYNTAX:
	case MG_RCPT_NO_DOMAIN:
	case MG_RCPT_SENDER:
		return CANARY_REFUSED;
	case MG_RCPT_GREY:
	case MG_RCPT_BLOCKED_NOW:
	case MG_RCPT_BATCH_LIMIT:
	case MG_RCPT_BACKEND_TEMP:
	case MG_RCPT_CLOSING:
	case MG_RCPT_TEMP:
	case MG_RCPT_CONFIG:
	case MG_RCPT_PROTOCOL:
	case MG_RCPT_TRANSPORT:
		return CANARY_SILENT;
	}
	g_assert_not_reached();
}

void
mg_trust_canary(mg_trust *trust, gboolean is_positive, mg_rcpt_class class, gint64 now_s)
{
	canary *asked = is_positive ? &trust->positive : &trust->negative;
	canary_sign sign = class_sign(class, is_positive);

	if (class == MG_RCPT_GREY)
		trust->grey_until_s = now_s + GREYLISTS_S;
	asked->is_asked = TRUE;
	asked->asked_s = now_s;
	asked->is_silent = sign == CANARY_SILENT;
	if (asked->is_silent)
		return;
	asked->sign = sign;
	asked->sign_s = now_s;
}

static gboolean
canary_is_due(const canary *of, gint64 now_s)
{
	return !of->is_asked || now_s - of->asked_s >= (of->is_silent ? CANARY_RETRY_S : CANARY_EVERY_S);
}

gboolean
mg_trust_canary_is_due(const mg_trust *trust, gint64 now_s)
{
	return canary_is_due(&trust->positive, now_s) || canary_is_due(&trust->negative, now_s);
}

static gboolean
canary_says(const canary *of, canary_sign sign, gint64 within_s, gint64 now_s)
{
	return of->sign == sign && now_s - of->sign_s < within_s;
}

static gboolean
both_say(const mg_trust *trust, canary_sign sign, gint64 now_s)
{
	return canary_says(&trust->positive, sign, BELIEVED_S, now_s) && canary_says(&trust->negative, sign, BELIEVED_S, now_s);
}

static gboolean
discriminates(const mg_trust *trust, gint64 within_s, gint64 now_s)
{
	return canary_says(&trust->positive, CANARY_ACCEPTED, within_s, now_s)
	       && canary_says(&trust->negative, CANARY_DENIED, within_s, now_s);
}

mg_domain_class
mg_trust_class(const mg_trust *trust, gint64 now_s)
{
	if (canary_says(&trust->negative, CANARY_ACCEPTED, CATCH_ALL_S, now_s))
		return MG_DOMAIN_CATCH_ALL;
	if (both_say(trust, CANARY_BLOCKED, now_s))
		return MG_DOMAIN_BLOCKS_US;
	if (both_say(trust, CANARY_DENIED, now_s))
		return MG_DOMAIN_REJECTS_ALL;
	if (now_s < trust->grey_until_s)
		return MG_DOMAIN_GREYLISTS;
	return discriminates(trust, DISCRIMINATES_S, now_s) ? MG_DOMAIN_DISCRIMINATING : MG_DOMAIN_UNDETERMINED;
}

gboolean
mg_trust_believes_negatives(const mg_trust *trust, gint64 now_s)
{
	return discriminates(trust, BELIEVED_S, now_s) && !mg_trust_breaker_is_open(trust, now_s);
}

gint64
mg_trust_canary_age_s(const mg_trust *trust, gint64 now_s)
{
	if (trust->positive.sign != CANARY_ACCEPTED || trust->negative.sign != CANARY_DENIED)
		return -1;
	return now_s - MIN(trust->positive.sign_s, trust->negative.sign_s);
}

/* ---- the rejection breaker ---- */

gboolean
mg_trust_breaker_is_open(const mg_trust *trust, gint64 now_s)
{
	return now_s < trust->distrust_until_s;
}

static void
minutes_note(mg_trust *trust, gboolean is_negative, gint64 now_s)
{
	gint64 number = now_s / 60;
	minute *at = &trust->minutes[(guint64)number % MINUTES];

	if (at->number != number)
		*at = (minute){ .number = number };
	at->n_asked++;
	at->n_denied += is_negative ? 1 : 0;
}

static gboolean
too_large_a_part(const mg_trust *trust, gint64 now_s)
{
	guint n_asked = 0, n_denied = 0;

	for (guint i = 0; i < MINUTES; i++) {
		if (trust->minutes[i].number <= now_s / 60 - MINUTES)
			continue;
		n_asked += trust->minutes[i].n_asked;
		n_denied += trust->minutes[i].n_denied;
	}
	return n_asked >= ASKED_MIN && n_denied > n_asked / 5;
}

static gboolean
too_many(mg_trust *trust, gint64 now_s)
{
	guint size = G_N_ELEMENTS(trust->turned_s);

	trust->turned_s[trust->n_turned++ % size] = now_s;
	return trust->n_turned >= size && now_s - trust->turned_s[trust->n_turned % size] <= TURNED_WINDOW_S;
}

gboolean
mg_trust_seen(mg_trust *trust, gboolean was_valid_lately, gboolean is_negative, gint64 now_s)
{
	gboolean was_open = mg_trust_breaker_is_open(trust, now_s), is_too_much;

	if (!was_valid_lately)
		return FALSE;
	minutes_note(trust, is_negative, now_s);
	is_too_much = is_negative && too_many(trust, now_s);
	if (!is_too_much && !(is_negative && too_large_a_part(trust, now_s)))
		return FALSE;
	trust->distrust_until_s = now_s + DISTRUST_S;
	return !was_open;
}

/* ---- the negative canary's name ---- */

void
mg_canary_local_part(const guint8 secret[32], const char *domain, gint64 day, char out[MG_CANARY_LENGTH + 1])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, secret, 32);
	guint64 day_octets = GUINT64_TO_LE((guint64)day);
	guint8 digest[32];
	gsize length = sizeof(digest);

	/* The day first: its length is fixed, so nothing can be read in two ways. */
	g_hmac_update(hmac, (const guchar *)&day_octets, sizeof(day_octets));
	g_hmac_update(hmac, (const guchar *)domain, -1);
	g_hmac_get_digest(hmac, digest, &length);
	for (guint i = 0; i < MG_CANARY_LENGTH; i++)
		out[i] = letters[digest[i] % (sizeof(letters) - 1)];
	out[MG_CANARY_LENGTH] = 0;
}

gboolean
mg_canary_is_ours(const guint8 secret[32], const char *domain, gint64 day, const char *local_part)
{
	char ours[MG_CANARY_LENGTH + 1];

	if (strlen(local_part) != MG_CANARY_LENGTH)   /* all others, at no cost */
		return FALSE;
	for (gint64 of = day; of >= day - 1; of--) {
		mg_canary_local_part(secret, domain, of, ours);
		if (g_ascii_strcasecmp(ours, local_part) == 0)
			return TRUE;
	}
	return FALSE;
}
