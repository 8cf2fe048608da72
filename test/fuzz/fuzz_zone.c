/* fuzz_zone.c - master files, and what they answer.
 * In:    a master file
 * Rules: a zone is made or there is an error, not both; every finding is a printable line with its place. What a zone
 *        answers keeps the bounds of plugin/dns/wire.h, is the same when asked again, and is NOTHING or nobody's for
 *        names that do not stand in the file. A broken promise traps.
 * Needs: plugin/dns/{name,answer,wire,entry,master,zone}.c, plugin/policy/findings.c, plugin/base/log.c, plugin/session/ip.c,
 *        api/names.c. */
#include <string.h>

#include "fuzz.h"
#include "dns/wire.h"
#include "dns/zone.h"

#define OCTETS_MAX 8192
#define WORDS_MAX  100

static void
check_findings(const mg_findings *findings, gboolean has_zone)
{
	MUST((mg_findings_errors(findings) == 0) == has_zone);
	for (guint i = 0; i < mg_findings_count(findings); i++) {
		g_autofree char *line = mg_finding_format(mg_findings_get(findings, i));

		MUST(mg_findings_get(findings, i)->line > 0);
		for (const char *c = line; *c; c++)
			MUST(*c >= ' ' && *c <= '~');
	}
}

static void
check_answer(const mg_dns_answer *answer, const mg_dns_question *question)
{
	gsize n_texts = 0;

	MUST(mg_dns_question_equal(&answer->question, question));
	MUST((answer->outcome == MG_DNS_FOUND) == (answer->n_records > 0));
	MUST((answer->outcome == MG_DNS_FOUND) == (answer->why[0] == 0));
	MUST(answer->n_records <= MG_DNS_RECORDS_MAX && answer->n_aliases <= MG_DNS_ALIASES_MAX);
	MUST(answer->ttl_s <= G_MAXINT32);
	for (guint i = 0; i < answer->n_records; i++) {
		const mg_dns_record *record = &answer->records[i];

		MUST(record->ttl_s <= G_MAXINT32 && record->length <= MG_DNS_TEXT_MAX);
		MUST((record->text != NULL) == (question->type == MG_DNS_TXT));
		n_texts += record->length;
	}
	MUST(n_texts <= MG_DNS_TEXTS_MAX);
}

static void
ask_all_types(const mg_local_zone *zone, const mg_dns_name *name)
{
	static const mg_dns_type types[] = {
		MG_DNS_A, MG_DNS_NS, MG_DNS_CNAME, MG_DNS_SOA, MG_DNS_PTR, MG_DNS_MX, MG_DNS_TXT, MG_DNS_AAAA,
	};
	guint n_ours = 0, n_nxdomain = 0;

	for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
		mg_dns_question question = { types[i], *name };
		g_autoptr(mg_dns_answer) answer = mg_local_zone_answer(zone, &question), again = mg_local_zone_answer(zone, &question);

		MUST((answer == NULL) == (again == NULL));
		if (answer == NULL)
			continue;
		n_ours++;
		n_nxdomain += strcmp(answer->why, "nxdomain") == 0 && answer->n_aliases == 0;
		check_answer(answer, &question);
		MUST(answer->outcome == again->outcome && answer->n_records == again->n_records
		     && answer->ttl_s == again->ttl_s);
	}
	MUST(n_ours == 0 || n_ours == G_N_ELEMENTS(types));         /* a zone has its say on all of a name */
	MUST(n_nxdomain == 0 || n_nxdomain == G_N_ELEMENTS(types));   /* which is there or is not (RFC 8020) */
}

/* Each word of the file as a name, as it stands and below some origins. */
static void
ask_all_words(const mg_local_zone *zone, const char *text, gsize length)
{
	static const char *const origins[] = { "", ".example.org", ".sub.example.org", ".x.y.example.net" };
	g_autofree char *copy = g_strndup(text, length);
	g_auto(GStrv) words = g_strsplit_set(copy, " \t\r\n;()\"", WORDS_MAX);

	for (guint i = 0; words[i] != NULL && i < WORDS_MAX - 1; i++)
		for (guint k = 0; k < G_N_ELEMENTS(origins); k++) {
			g_autofree char *whole = g_strconcat(words[i], origins[k], NULL);
			mg_dns_name name;

			if (mg_dns_name_from_text(whole, strlen(whole), &name))
				ask_all_types(zone, &name);
		}
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	g_autofree char *text = NULL;
	mg_findings *findings;
	mg_dns_name root = { 1, { 0 } };
	mg_local_zone *zone;

	if (length == 0 || length > OCTETS_MAX)
		return 0;
	text = g_memdup2(octets, length);
	findings = mg_findings_new();
	zone = mg_local_zone_parse(text, length, "zone", findings);
	check_findings(findings, zone != NULL);
	if (zone != NULL) {
		ask_all_words(zone, text, length);
		ask_all_types(zone, &root);
	}
	mg_local_zone_free(zone);
	mg_findings_free(findings);
	return 0;
}
