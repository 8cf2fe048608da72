/* test_audit.c - an audit that time cuts short. The rules have their rows in test/cli/audit.t. */
#include "check/audit.h"
#include "world.h"

/* A server that owes A records: MX hosts have IPv6, and of all else there is nothing. */
static void
play_no_ipv4(const dns_query *query)
{
	const mg_dns_question asked = question_asked(query);
	GByteArray *reply;

	if (asked.type == MG_DNS_A)
		return;
	reply = reply_new(query, 0);
	if (asked.type == MG_DNS_MX) {
		put_record(reply, 0, NULL, MG_DNS_MX, 300, 2 + (guint)strlen("mx.owes.example") + 2);
		put16(reply, 10);
		put_name(reply, "mx.owes.example");
	} else if (asked.type == MG_DNS_AAAA) {
		put_record(reply, 0, NULL, MG_DNS_AAAA, 300, 16);
		for (guint i = 0; i < 4; i++)
			put32(reply, i == 0 ? 0x20014860 : 1);
	} else {
		put_soa(reply, "example", 300, 300);
	}
	send_reply(query, reply, 0);
}

static void
count(void *context)
{
	++*(guint *)context;
}

static void
count_answer(void *context, mg_dns_answer *answer G_GNUC_UNUSED)
{
	++*(guint *)context;
}

/* What is told of @rule, or NULL; borrowed. */
static const char *
severity_of(const mg_evidence *evidence, const char *rule)
{
	const char *name, *value;
	gboolean is_it = FALSE;

	for (gsize at = 0; mg_evidence_next(evidence, &at, &name, &value); ) {
		if (strcmp(name, "audit.rule") == 0)
			is_it = strcmp(value, rule) == 0;
		else if (is_it && strcmp(name, "audit.severity") == 0)
			return value;
	}
	return NULL;
}

/* An MX host whose AAAA is here and whose A is not, when time is up. */
static void
test_owed_ipv4(void)
{
	const char domain[] = "owes.example", exchange[] = "mx.owes.example";
	mg_resolver_settings settings = mg_resolver_settings_standard;
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	mg_facts facts = facts_from(NULL, NULL, NULL);
	mg_dns_question question = { .type = MG_DNS_AAAA };
	guint n_woken = 0, n_answered = 0;
	mg_resolver_ticket *ticket;
	mg_audit_check *audit;
	mg_check *check;
	world of;

	settings.timeout_ms = PATIENCE_MS;
	settings.complete = mg_spf_record_compile;
	world_begin_with(&of, "", &settings, play_no_ipv4, NULL);
	facts.question = MG_ASK_AUDIT;
	facts.stage = 0;
	facts.deadline_ms = 8 * PATIENCE_MS;
	facts.forward_path = (mg_words){ domain, strlen(domain) };
	audit = mg_audit_check_new(&of.tools, of.policy, &facts, TEST_NOW_S);
	check = mg_audit_check_base(audit);
	check->wake = count;
	check->wake_context = &n_woken;
	g_assert_cmpint(mg_check_run(check), ==, MG_STEP_WAIT);   /* for MX */
	g_assert_true(dns_run(of.set.loop, of.set.servers, of.set.n_servers, &n_woken, PATIENCE_MS));
	g_assert_cmpint(mg_check_run(check), ==, MG_STEP_WAIT);   /* for the host's addresses */
	g_assert_true(mg_dns_name_from_text(exchange, strlen(exchange), &question.name));
	g_assert_null(mg_resolver_ask(of.set.resolver, &question, count_answer, &n_answered, &ticket));
	g_assert_true(dns_run(of.set.loop, of.set.servers, of.set.n_servers, &n_answered, PATIENCE_MS));
	check->deadline_us = 0;
	g_assert_cmpint(mg_check_run(check), ==, MG_STEP_DONE);
	mg_audit_check_report(audit, evidence);
	g_assert_cmpstr(severity_of(evidence, "mx-address"), ==, "good");
	g_assert_null(severity_of(evidence, "mx-cname"));
	check->free(check);
	world_end(&of);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	g_test_add_func("/audit/owed-ipv4", test_owed_ipv4);
	return g_test_run();
}
