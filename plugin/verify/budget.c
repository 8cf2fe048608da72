/* budget.c - see budget.h. */
#include "verify/budget.h"

#include <string.h>

#include "base/places.h"
#include "base/siphash.h"

#define IPV6_CLIENT_PREFIX 64

typedef struct guess {
	guint64 recipient;   /* its hash; a collision spares the client one */
	gint64  last_us;     /* when it was asked for last; 0: none */
} guess;

struct mg_budget {
	mg_places *clients;   /* owned; of guess[unknown_max] */
	guint      unknown_max;
	gint64     window_us;
	guint64    seed;
};

mg_budget *
mg_budget_new(guint unknown_max, guint window_s, guint64 seed)
{
	mg_budget *budget = g_new0(mg_budget, 1);

	budget->unknown_max = CLAMP(unknown_max, 1, MG_BUDGET_UNKNOWN_MAX);
	budget->clients = mg_places_new(budget->unknown_max * sizeof(guess));
	budget->window_us = (gint64)window_s * G_USEC_PER_SEC;
	budget->seed = seed;
	return budget;
}

void
mg_budget_free(mg_budget *budget)
{
	if (budget == NULL)
		return;
	mg_places_free(budget->clients);
	g_free(budget);
}

static guint64
client_key(const mg_budget *budget, const mg_ip *client)
{
	mg_ip network = mg_ip_is_ipv4(client) ? *client : mg_ip_mask(client, IPV6_CLIENT_PREFIX);
	guint8 octets[16];

	mg_ip_to_octets(&network, octets);
	return mg_siphash(budget->seed, 0, octets, sizeof(octets));
}

static gboolean
guess_counts(const mg_budget *budget, const guess *of, gint64 now_us)
{
	return of->last_us != 0 && now_us - of->last_us < budget->window_us;
}

void
mg_budget_spend(mg_budget *budget, const mg_ip *client, const char *domain, const char *local_part, gint64 now_us)
{
	guint64 recipient = mg_siphash(mg_siphash(budget->seed, 1, domain, strlen(domain)), 0, local_part, strlen(local_part));
	guess *guesses = mg_places_take(budget->clients, client_key(budget, client), now_us), *oldest = guesses;

	for (guint i = 0; i < budget->unknown_max; i++) {
		if (guesses[i].last_us != 0 && guesses[i].recipient == recipient) {
			oldest = &guesses[i];
			break;
		}
		if (guesses[i].last_us < oldest->last_us)
			oldest = &guesses[i];
	}
	*oldest = (guess){ recipient, MAX(now_us, 1) };
}

gboolean
mg_budget_is_spent(const mg_budget *budget, const mg_ip *client, gint64 now_us)
{
	const guess *guesses = mg_places_find(budget->clients, client_key(budget, client));

	if (guesses == NULL)
		return FALSE;
	for (guint i = 0; i < budget->unknown_max; i++)
		if (!guess_counts(budget, &guesses[i], now_us))
			return FALSE;
	return TRUE;
}

/* ---- a bucket ---- */

void
mg_bucket_init(mg_bucket *bucket, guint per_second, guint burst)
{
	bucket->interval_us = G_USEC_PER_SEC / per_second;
	bucket->depth_us = bucket->interval_us * burst;
	bucket->full_us = G_MININT64 / 2;
}

gboolean
mg_bucket_take(mg_bucket *bucket, gint64 now_us)
{
	gint64 full_us = MAX(bucket->full_us, now_us) + bucket->interval_us;

	if (full_us - now_us > bucket->depth_us)
		return FALSE;
	bucket->full_us = full_us;
	return TRUE;
}

/* More than full it never is: the next take sees to that. */
void
mg_bucket_give_back(mg_bucket *bucket)
{
	bucket->full_us -= bucket->interval_us;
}
