/* run_spf_network.c - suites of SPF cases, run the whole way: facts and policy, the SPF check, the resolver, c-ares, and a
 * DNS server on loopback that has the case's zone.
 * In:    suites (spf_cases.h)
 * Out:   TAP, a row for each case
 * Rules: the outcome is the one that the case asks for, and the one that the evaluator has with the zone in its hands,
 *        to the last count. Where the octets are no path, or the limits no policy's, a run asks the resolver
 *        without a check. Each case has a server, a cache and a health of its own. */
#include "check/spf_memory.h"
#include "check/spf_run.h"
#include "check/stage.h"
#include "scripted_dns.h"
#include "spf/record.h"
#include "spf_cases.h"

#define SILENCE_MS  250     /* what a name that does not answer takes */
#define PATIENCE_MS 20000   /* a machine may be as slow as it likes */

static const mg_log no_log = { NULL, NULL, MG_LEVEL_DEBUG };

/* ---- the server ---- */

static void
put_zone_text(GByteArray *data, const char *text, gsize length)
{
	do {   /* an empty text is one empty string */
		guint8 octet = (guint8)MIN(length, 255);

		g_byte_array_append(data, &octet, 1);
		g_byte_array_append(data, (const guint8 *)text, octet);
		text += octet;
		length -= octet;
	} while (length > 0);
}

static void
put_zone_record(GByteArray *reply, const char *owner, mg_dns_type type, const mg_dns_record *record)
{
	g_autoptr(GByteArray) data = g_byte_array_new();

	if (type == MG_DNS_AAAA) {
		put32(data, (guint32)(record->ip.high >> 32));
		put32(data, (guint32)record->ip.high);
		put32(data, (guint32)(record->ip.low >> 32));
	}
	if (type == MG_DNS_A || type == MG_DNS_AAAA)
		put32(data, (guint32)record->ip.low);
	if (type == MG_DNS_MX)
		put16(data, record->preference);
	if (type == MG_DNS_MX || type == MG_DNS_PTR || type == MG_DNS_CNAME)
		g_byte_array_append(data, record->names->octets, record->names->length);
	if (type == MG_DNS_TXT)
		put_zone_text(data, record->text, record->length);
	put_record(reply, 0, owner, type, record->ttl_s, data->len);
	g_byte_array_append(reply, data->data, data->len);
}

/* @why of an answer, as a header's RCODE (RFC 1035 4.1.1). */
static guint
rcode_of(const char *why)
{
	return strcmp(why, "servfail") == 0 ? 2 : strcmp(why, "nxdomain") == 0 ? 3 : 0;
}

/* As a recursive server does: all aliases on the way, then what is at their end. */
static void
reply_from_zone(const dns_query *query)
{
	g_autoptr(GPtrArray) aliases = g_ptr_array_new();
	mg_dns_question question = question_asked(query);
	g_autoptr(mg_dns_answer) answer = spf_zone_follow(query->server->data, &question, aliases);
	g_autofree char *name = spf_zone_name_text(&question.name);
	GByteArray *reply;

	if (strcmp(answer->why, "timeout") == 0)
		return;
	reply = reply_new(query, rcode_of(answer->why));
	for (guint i = 0; i < aliases->len; i++) {
		const spf_zone_record *alias = aliases->pdata[i];
		g_auto(mg_dns_record) record = { 0 };

		spf_zone_fill_record(&record, alias);
		put_zone_record(reply, name, MG_DNS_CNAME, &record);
		g_free(name);
		name = spf_zone_name(alias->target);
	}
	for (guint i = 0; i < answer->n_records; i++)
		put_zone_record(reply, name, question.type, &answer->records[i]);
	if (strcmp(answer->why, "cname") == 0)
		put_alias(reply, name, name);
	if (answer->outcome == MG_DNS_NOTHING)
		put_soa(reply, "", SPF_TTL_S, SPF_TTL_S);
	if (reply->len > reply_max(query)) {
		g_byte_array_unref(reply);
		reply = reply_new(query, 0x200);   /* TC */
	}
	send_reply(query, reply, 0);
}

/* ---- by facts and policy ---- */

static void
note_wake(void *context)
{
	guint *woken = context;

	*woken = 1;
}

static gint64
rounds_in_evidence(const mg_spf_check *spf)
{
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	mg_results results = { 0 };
	const char *piece, *value;
	gsize at = 0;

	mg_spf_check_report(spf, NULL, &results, NULL, evidence);
	while (mg_evidence_next(evidence, &at, &piece, &value))
		if (strcmp(piece, "spf.rounds") == 0)
			return g_ascii_strtoll(value, NULL, 10);
	g_assert_not_reached();
}

static mg_policy *
policy_of(const mg_spf_question *question)
{
	const mg_spf_limits *limits = &question->limits;
	g_autofree char *text = g_strdup_printf("[mailguard]\nhostname = %s\n"
	                                        "[spf]\nexplanation = yes\nskip-networks =\nvoid-limit = %u\nvoid-count = %s\n",
	                                        question->receiver, limits->voids_max, limits->voids_by_query ? "query" : "term");
	mg_findings *findings = mg_findings_new();
	mg_policy *policy = mg_policy_parse(text, strlen(text), "spf.conf", findings);

	g_assert_cmpuint(mg_findings_errors(findings), ==, 0);
	mg_findings_free(findings);
	return policy;
}

static gboolean
limits_are_standard(const mg_spf_limits *limits)
{
	const mg_spf_limits *standard = &mg_spf_limits_standard;

	return limits->terms_max == standard->terms_max && limits->names_max == standard->names_max
	       && limits->queries_max == standard->queries_max && limits->record_max == standard->record_max;
}

/* FALSE: no facts and no policy say this, and nothing was asked. */
static gboolean
judge_by_facts(stage *set, const spf_case *row, const mg_spf_question *question, const mg_spf_outcome *expected)
{
	const char *mail_from = case_value(row, "mailfrom");
	mg_facts facts = {
		.question = MG_ASK_SPF, .identity = MG_IDENTITY_MAIL_FROM, .deadline_ms = 4 * PATIENCE_MS, .session_id = "",
		.provenance = MG_FROM_SOCKET, .has_client = TRUE, .client = question->client, .server_name = "", .ptr = "",
		.tls_version = "", .helo = { question->helo, strlen(question->helo) },
		.reverse_path = { mail_from, strlen(mail_from) }, .smtputf8 = TRUE,
	};
	g_autoptr(mg_policy) policy = NULL;
	mg_tools tools = { .log = &no_log, .evaluate_spf = mg_spf_evaluate };
	mg_stage_checks checks;
	mg_spf_check *spf;
	const char *skipped;
	gboolean is_judged;
	mg_check *check;
	guint woken;

	if (!limits_are_standard(&question->limits))
		return FALSE;
	policy = policy_of(question);
	tools.resolver = set->resolver;
	tools.spf_memory = mg_spf_memory_new(1 << 20);
	tools.penalty_box = mg_penalty_box_new();
	mg_stage_begin(&tools, policy, &facts, question->now_s, &checks);
	spf = checks.spf[MG_IDENTITY_MAIL_FROM];
	check = mg_spf_check_base(spf);
	check->wake = note_wake;
	check->wake_context = &woken;
	for (woken = 0; mg_check_run(check) != MG_STEP_DONE; woken = 0)
		g_assert_true(stage_run(set, &woken, PATIENCE_MS));
	skipped = mg_spf_check_skipped(spf);
	is_judged = skipped == NULL;
	if (is_judged) {
		check_outcome(row, mg_spf_check_outcome(spf));
		assert_same(mg_spf_check_outcome(spf), expected);
		case_number(row, "rounds", rounds_in_evidence(spf));
	} else
		g_assert_cmpstr(skipped, ==, "the reverse-path is none");
	mg_stage_checks_clear(&checks);
	mg_spf_memory_free(tools.spf_memory);
	mg_penalty_box_free(tools.penalty_box);
	return is_judged;
}

/* ---- without them ---- */

static void
judge_by_question(stage *set, const spf_case *row, const mg_spf_question *question, const mg_spf_outcome *expected)
{
	guint woken = 0;
	mg_spf_run *run = mg_spf_run_new(set->resolver, mg_spf_evaluate, question, note_wake, &woken);

	for (; !mg_spf_run_step(run); woken = 0)
		g_assert_true(stage_run(set, &woken, PATIENCE_MS));
	check_outcome(row, mg_spf_run_outcome(run));
	assert_same(mg_spf_run_outcome(run), expected);
	case_number(row, "rounds", mg_spf_run_rounds(run));
	mg_spf_run_free(run);
}

/* ---- a case ---- */

/* A name that is silent costs the whole time; where there is none, no machine is too slow. */
static guint
timeout_for(const spf_zone *zone)
{
	GHashTableIter iter;
	gpointer why;

	g_hash_table_iter_init(&iter, zone->trouble);
	while (g_hash_table_iter_next(&iter, NULL, &why))
		if (strcmp(why, "timeout") == 0)
			return SILENCE_MS;
	return PATIENCE_MS / 2;
}

static void
test_case(gconstpointer data)
{
	const spf_case *row = data;
	mg_resolver_settings settings = mg_resolver_settings_standard;
	g_autofree char *sender = NULL;
	mg_spf_question question;
	mg_spf_outcome expected;
	stage set;

	settings.timeout_ms = timeout_for(row->zone);
	settings.tries = 1;
	settings.complete = mg_spf_record_compile;
	case_question(row, &question, &sender);
	spf_resolver_evaluate(row->zone, SPF_AT_ONCE, &question, NULL, &expected);
	stage_begin_with(&set, &no_log, &settings, reply_from_zone, reply_from_zone);
	set.servers[0].data = row->zone;
	if (!judge_by_facts(&set, row, &question, &expected))
		judge_by_question(&set, row, &question, &expected);
	stage_end(&set);
	mg_spf_outcome_clear(&expected);
}

int
main(int argc, char **argv)
{
	return run_suites(argc, argv, "/spf-network", test_case);
}
