/* test_matrix.c - the relay matrix: no outsider reaches outside, in any form; and what the table says. */
#include "check/forms.h"
#include "check/matrix.h"
#include "judge.h"

#define BASE "[mailguard]\nhostname = mx1.example.net\n[domains]\nlocal = example.net\n"

typedef struct leak_case {
	const char *name, *policy;
	gboolean    leaks, leaks_open;   /* open zones left out, counted */
} leak_case;

static const leak_case leak_cases[] = {
	{ "nothing", "", FALSE, FALSE },
	{ "domains", BASE, FALSE, FALSE },
	{ "domains-below", "[domains]\nrelay-to = .example .invalid.example\n", FALSE, FALSE },
	{ "grants", BASE "[zone z]\nnetworks = 10.0.0.0/8\n[grant g]\nzone = z\n[grant h]\nauth = any\n[grant i]\nauth = ana\n"
	  "tls-fingerprint = abababababababababababababababababababababababababababababababab\n", FALSE, FALSE },
	{ "grant-with-terms", BASE "[grant g]\nauth = any\nfrom = <> a@b.example\nhelo = *.x.example y?\nto = @p.example .q.example r@\n",
	  FALSE, FALSE },
	{ "empty-lists", BASE "[zone z]\nnetworks =\n[grant g]\nzone = z\nauth = any\nhelo =\nfrom =\nto =\n[grant h]\nauth =\n"
	  "[grant i]\nzone =\n[grant j]\ntls-fingerprint =\n", FALSE, FALSE },
	{ "nat", BASE "[zone n]\nnetworks = 10.1.2.3\nshared-by-nat = yes\n[grant g]\nzone = n\nto = @p.example\n", FALSE, FALSE },
	{ "open-zone", BASE "[zone z]\nnetworks = 0.0.0.0/0\nopen-relay = i-understand\n[grant g]\nzone = z\n", FALSE, TRUE },
	{ "open-zone-without-grant", BASE "[zone z]\nnetworks = 0.0.0.0/0\nopen-relay = i-understand\n", FALSE, FALSE },
	{ "open-zone-to-partner", BASE "[zone z]\nnetworks = ::/0\nopen-relay = i-understand\n[grant g]\nzone = z\nto = @p.example\n",
	  FALSE, FALSE },
};

static void
test_leak(gconstpointer data)
{
	const leak_case *row = data;
	g_autoptr(mg_policy) policy = policy_from(row->policy);
	g_autofree char *why = NULL;

	g_assert_cmpint(mg_matrix_leaks(policy, FALSE, NULL), ==, row->leaks);
	g_assert_cmpint(mg_matrix_leaks(policy, TRUE, &why), ==, row->leaks_open);
	g_assert_cmpint(why != NULL, ==, row->leaks_open);
}

/* A leak is seen when there is one: a policy made open behind the loader's back. */
static void
test_sees_a_leak(void)
{
	g_autoptr(mg_policy) policy = policy_from(BASE "[grant g]\nauth = any\n");
	mg_grant *grant = policy->grants->pdata[0];
	g_autofree char *why = NULL;

	grant->auth_any = FALSE;
	g_assert_true(mg_matrix_leaks(policy, FALSE, &why));
	g_assert_cmpstr(why, ==, "outside, sender <>, reaches outside.invalid by the form 'plain'");
}

/* The corpus: every form refused for an outsider, under a policy that has own domains. */
static void
test_corpus(void)
{
	g_autoptr(mg_policy) policy = policy_from(BASE "[grant g]\nauth = any\n");

	g_assert_cmpuint(mg_address_forms_count(), >=, 50);
	for (guint i = 0; i < mg_address_forms_count(); i++) {
		const mg_address_form *form = mg_address_forms_get(i);
		GString *path = mg_address_form_make(form, "outside.invalid", "example.net");
		mg_facts facts = facts_from("198.51.100.7", "x", "a@b.example");
		char judged[64];

		facts.smtputf8 = form->smtputf8;
		facts.forward_path = (mg_words){ path->str, path->len };
		judge_at(policy, &facts, TEST_NOW_S, judged);
		if (!g_str_has_prefix(judged, "reject"))
			g_test_message("%s: %s", form->name, judged);
		g_assert_true(g_str_has_prefix(judged, "reject"));
		g_string_free(path, TRUE);
	}
}

static gboolean
has_row(const GPtrArray *rows, const char *const *words)
{
	for (guint i = 0; i < rows->len; i++) {
		const char *at = rows->pdata[i];

		for (guint k = 0; words[k] != NULL && at != NULL; k++)
			at = strstr(at, words[k]);
		if (at != NULL)
			return TRUE;
	}
	return FALSE;
}

static void
test_table(void)
{
	g_autoptr(mg_policy) policy = policy_from(
		BASE "[zone servers]\nnetworks = 10.1.2.3\n[zone nat]\nnetworks = 203.0.113.7\nshared-by-nat = yes\n"
		"[grant servers]\nzone = servers\nowner = ana\nreason = ticket 1\n"
		"[grant printer]\nzone = nat\nhelo = printer.example.net\nfrom = scans@example.net\nto = @partner.example\n"
		"until = 2099-01-31\nhours = mon 08:00-09:00\n");
	g_autoptr(GPtrArray) rows = mg_matrix_table(policy);
	const char *const expected[][7] = {
		{ "outside ", "any", "foreign", "no", "relay.denied", "0 of", NULL },
		{ "outside ", "any", "local example.net", "yes", "relay.own-domain", "0 of", NULL },
		{ "zone servers", "any", "foreign", "yes", "relay.granted", NULL },
		{ "zone nat", "any", "foreign", "no", "relay.denied", NULL },
		{ "as grant printer wants", "from of printer", "to of printer (partner.example)", "yes", "relay.granted", NULL },
		{ "as grant printer wants", "any", "foreign", "no", "relay.denied", NULL },
		{ "servers", "ana", "-", "ticket 1", NULL },
		{ "printer", "-", "2099-01-31", NULL },
	};

	for (guint i = 0; i < rows->len; i++)
		g_test_message("%s", (const char *)rows->pdata[i]);
	for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
		g_assert_true(has_row(rows, expected[i]));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (guint i = 0; i < G_N_ELEMENTS(leak_cases); i++) {
		g_autofree char *path = g_strconcat("/matrix/leaks/", leak_cases[i].name, NULL);

		g_test_add_data_func(path, &leak_cases[i], test_leak);
	}
	g_test_add_func("/matrix/sees-a-leak", test_sees_a_leak);
	g_test_add_func("/matrix/corpus", test_corpus);
	g_test_add_func("/matrix/table", test_table);
	return g_test_run();
}
