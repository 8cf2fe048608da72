/* sanity.c - see sanity.h. */
#include "check/sanity.h"

#include <string.h>

#include "check/deny_dns.h"
#include "check/helo.h"
#include "check/host.h"
#include "check/rounds.h"
#include "check/sender_domain.h"

struct mg_sanity_check {
	mg_rounds   rounds;       /* first */
	mg_policy  *policy;       /* ref held */
	mg_facts    facts;        /* what they point to is borrowed */
	gboolean    is_granted;
	mg_results *found;        /* owned; of the judgement that missed nothing, their domains apart; NULL: none was such */
	mg_sanity_host host;      /* with them */
	mg_dnssec   dnssec;       /* with them */
};

/* What all three judgements share. */
typedef struct sanity_view {
	mg_client   client;
	mg_envelope envelope;
	mg_results  results;
} sanity_view;

/* ---- who is left out ---- */

/* Why @check is not made, or NULL; a constant but for the name of an exemption. */
static const char *
find_skip(const mg_sanity_check *sanity, const mg_client *client, mg_exempt_check check)
{
	const mg_exempt *exempt = mg_client_exempt(sanity->policy, client, check);
	guint set;

	if (sanity->facts.auth.length > 0)
		return "the client is authenticated";
	if (sanity->is_granted)
		return "the client may relay";
	if (client->is_local)
		return "there is no network between us";
	if (client->has_ip && client->doubt == NULL && mg_networks_find(sanity->policy->sanity_skipped, &client->ip, &set, NULL))
		return "the client is in skip-networks";
	return exempt != NULL ? "the client is exempt" : NULL;
}

static gboolean
is_wanted(const mg_sanity_check *sanity, mg_judging *judging, mg_exempt_check check, const char *name)
{
	const char *why = find_skip(sanity, judging->client, check);

	if (why != NULL)
		mg_trace_add(judging->trace, "%s: skipped, %s", name, why);
	return why == NULL;
}

/* ---- judging ---- */

static void
sanity_judge(const mg_sanity_check *sanity, mg_judging *judging, mg_host *host)
{
	const mg_facts *facts = &sanity->facts;
	gboolean has_address = judging->client->has_ip && judging->client->doubt == NULL;
	gboolean wants_helo = (facts->question == MG_ASK_HELO || facts->stage >= MG_STAGE_HELO)
	                      && is_wanted(sanity, judging, MG_EXEMPT_HELO, "helo");
	gboolean wants_ptr = has_address && is_wanted(sanity, judging, MG_EXEMPT_PTR, "ptr");
	gboolean wants_sender = (facts->question == MG_ASK_HELO || facts->stage >= MG_STAGE_MAIL) && facts->reverse_path.octets != NULL
	                        && is_wanted(sanity, judging, MG_EXEMPT_SENDER, "sender");
	mg_results *results = judging->results, unheard;

	unheard.n = 0;
	judging->dnssec = (mg_dnssec){ MG_UNKNOWN, MG_UNKNOWN, MG_UNKNOWN };
	mg_host_clear(host);
	if (has_address && (wants_ptr || wants_helo)) {
		judging->results = wants_ptr ? results : &unheard;   /* HELO is held against the names all the same */
		mg_host_judge(judging, host);
		judging->results = results;
	}
	if (wants_helo)
		mg_helo_judge(judging, host);
	if (wants_sender)
		mg_sender_domain_judge(judging);
	if (wants_helo)
		mg_deny_dns_judge_helo(judging);
	if (wants_ptr && host->confirmed >= 0)
		mg_deny_dns_judge_name(judging, host->names[host->confirmed]);
	if (wants_sender)
		mg_deny_dns_judge_sender(judging);
}

static void
host_tell(const mg_host *host, mg_sanity_host *told_out)
{
	told_out->iprev = host->iprev;
	told_out->n_names = host->n_names;
	g_strlcpy(told_out->name, host->confirmed >= 0 ? host->names[host->confirmed] : "", sizeof(told_out->name));
	g_strlcpy(told_out->first_name, host->n_names > 0 ? host->names[0] : "", sizeof(told_out->first_name));
}

static gboolean
sanity_try(mg_rounds *rounds)
{
	mg_sanity_check *sanity = (mg_sanity_check *)rounds;
	sanity_view *view = g_new(sanity_view, 1);   /* too large for the stack of a server's thread */
	mg_host *host = g_new(mg_host, 1);
	mg_judging judging = {
		.policy = sanity->policy, .facts = &sanity->facts, .client = &view->client, .envelope = &view->envelope,
		.answers = sanity->rounds.answers, .results = &view->results,
	};

	view->results.n = 0;
	mg_client_identify(sanity->policy, &sanity->facts, &view->client);
	mg_envelope_read(sanity->policy, &sanity->facts, &view->envelope);
	sanity_judge(sanity, &judging, host);
	if (!judging.is_missing) {
		host_tell(host, &sanity->host);
		sanity->dnssec = judging.dnssec;
		sanity->found = g_memdup2(&view->results, sizeof(view->results));
	}
	g_free(view);
	g_free(host);
	return !judging.is_missing;
}

static void
sanity_free(mg_check *check)
{
	mg_sanity_check *sanity = (mg_sanity_check *)check;

	mg_rounds_end(&sanity->rounds);
	mg_policy_unref(sanity->policy);
	g_free(sanity->found);
	g_free(sanity);
}

mg_sanity_check *
mg_sanity_check_new(const mg_tools *tools, mg_policy *policy, const mg_facts *facts, gboolean is_granted, gboolean waits)
{
	mg_sanity_check *sanity;

	if (facts->question != MG_ASK_STAGE && facts->question != MG_ASK_HELO)
		return NULL;
	sanity = g_new0(mg_sanity_check, 1);
	mg_rounds_begin(&sanity->rounds, tools, facts->deadline_ms, sanity_try, sanity_free);
	sanity->rounds.waits = waits;
	sanity->policy = mg_policy_ref(policy);
	sanity->facts = *facts;
	sanity->is_granted = is_granted;
	return sanity;
}

mg_check *
mg_sanity_check_base(mg_sanity_check *sanity)
{
	return &sanity->rounds.base;
}

/* What a judgement that missed nothing found is told again; the sender's domain is read from @envelope. */
static void
tell_found(const mg_sanity_check *sanity, const mg_envelope *envelope, mg_results *results)
{
	const mg_mailbox *sender = mg_envelope_sender(envelope);

	for (guint i = 0; i < sanity->found->n; i++) {
		const mg_result *result = &sanity->found->all[i];

		mg_results_add(results, result->reason, result->domain != NULL && sender != NULL ? sender->domain : NULL);
	}
}

static void
judge_again(const mg_sanity_check *sanity, const mg_client *client, const mg_envelope *envelope, mg_results *results,
            mg_trace *trace, mg_sanity_host *host_out, mg_dnssec *dnssec_out)
{
	mg_host *host = g_new(mg_host, 1);
	mg_judging judging = {
		.policy = sanity->policy, .facts = &sanity->facts, .client = client, .envelope = envelope,
		.answers = sanity->rounds.answers, .results = results, .trace = trace,
	};

	sanity_judge(sanity, &judging, host);
	host_tell(host, host_out);
	*dnssec_out = judging.dnssec;
	g_free(host);
}

void
mg_sanity_check_report(const mg_sanity_check *sanity, const mg_client *client, const mg_envelope *envelope,
                       mg_results *results, mg_trace *trace, mg_evidence *evidence, mg_sanity_host *host_out)
{
	mg_dnssec dnssec = sanity->dnssec;

	if (trace == NULL && sanity->found != NULL) {
		tell_found(sanity, envelope, results);
		*host_out = sanity->host;
	} else {
		judge_again(sanity, client, envelope, results, trace, host_out, &dnssec);
	}
	mg_evidence_add_text(evidence, "ptr", "iprev", mg_iprev_word(host_out->iprev));
	if (host_out->n_names > 0) {
		mg_evidence_add_text(evidence, "ptr", "name", host_out->name[0] != 0 ? host_out->name : host_out->first_name);
		mg_evidence_add_number(evidence, "ptr", "names", host_out->n_names);
	}
	mg_dnssec_tell(dnssec.ptr, "ptr", trace, evidence);
	mg_dnssec_tell(dnssec.helo, "helo", trace, evidence);
	mg_dnssec_tell(dnssec.sender, "sender", trace, evidence);
}
