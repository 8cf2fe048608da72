/* fuzz_spf_record.c - SPF records in any octets.
 * In:    the TXT records of an answer, a newline between them
 * Rules: what record.h promises of a compiled record: all in bounds, and what is fixed is what its text expands to; a
 *        record is chosen by a reading of 4.5 that shares nothing with record.c. A broken rule traps.
 * Needs: plugin/spf/, plugin/dns/name.c, plugin/dns/answer.c, plugin/session/ip.c, plugin/base/{log,trace}.c. */
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "spf/breadth.h"
#include "spf/record.h"


static void
check_spec(const mg_spf_record *record, const mg_spf_spec *spec)
{
	char domain[MG_DOMAIN_MAX + 1];
	mg_dns_name name, fixed;
	gsize length;

	if (!spec->is_given) {
		MUST(!spec->is_fixed && spec->n_pieces == 0 && spec->uses == 0);
		return;
	}
	MUST(spec->n_pieces > 0 && spec->is_fixed == (spec->uses == 0));
	for (guint i = 0; i < spec->n_pieces; i++) {
		const mg_spf_piece *piece = &record->pieces[spec->first_piece + i];

		MUST(piece->letter != 0 || (piece->length > 0 && piece->offset + piece->length <= record->length));
		MUST(piece->letter == 0 || strchr("slodiphv_-", piece->letter) != NULL);
	}
	if (!spec->is_fixed)
		return;
	length = mg_spf_macro_expand_domain(record->pieces + spec->first_piece, spec->n_pieces, record->text, NULL, domain);
	MUST(length == spec->n_domain && strcmp(domain, (const char *)record->names + spec->domain) == 0);
	MUST((spec->n_name > 0) == (length > 0 && mg_dns_name_from_text(domain, length, &name)));
	if (spec->n_name > 0) {
		fixed.length = spec->n_name;
		memcpy(fixed.octets, record->names + spec->name, spec->n_name);
		MUST(mg_dns_name_equal(&fixed, &name));
	}
}

static void
check_term(const mg_spf_record *record, const mg_spf_term *term)
{
	MUST(term->length > 0 && term->offset + term->length <= record->length);
	MUST(term->result == MG_SPF_PASS || term->result == MG_SPF_FAIL || term->result == MG_SPF_SOFTFAIL
	     || term->result == MG_SPF_NEUTRAL);
	switch ((mg_spf_mechanism)term->mechanism) {
	case MG_SPF_IP4:
		MUST(term->prefix4 >= MG_IPV4_PREFIX && term->prefix4 <= 128);
		MUST(term->base.high == 0 && (term->base.low >> 32) == 0xffff);
		/* fall through */
	case MG_SPF_IP6:
		MUST((term->base.high & ~term->mask.high) == 0 && (term->base.low & ~term->mask.low) == 0);
		return;
	case MG_SPF_A:
	case MG_SPF_MX:
		MUST(term->prefix4 >= MG_IPV4_PREFIX && term->prefix4 <= 128 && term->prefix6 <= 128);
		break;
	case MG_SPF_INCLUDE:
	case MG_SPF_EXISTS:
		MUST(term->spec.is_given);
		break;
	case MG_SPF_ALL:
		MUST(!term->spec.is_given && term->length <= strlen("+all"));
		break;
	case MG_SPF_PTR:
		break;
	}
	check_spec(record, &term->spec);
}

static void
check_record(const mg_spf_record *record)
{
	if (record->fault != NULL) {
		MUST(record->fault_offset + record->fault_length <= record->length);
		return;
	}
	for (gsize i = 0; i < record->length; i++)
		MUST(record->text[i] >= 0x20 && record->text[i] <= 0x7e);
	MUST(record->n_terms <= MG_SPF_TERMS_MAX);
	for (guint i = 0; i < record->n_terms; i++) {
		check_term(record, &record->terms[i]);
		MUST((record->terms[i].mechanism == MG_SPF_ALL) == (record->has_all && i + 1 == record->n_terms));
	}
	check_spec(record, &record->redirect.spec);
	check_spec(record, &record->exp.spec);
	MUST(mg_spf_breadth_log2(TRUE, record->width4) <= 32 && mg_spf_breadth_log2(FALSE, record->width6) <= 64);
}

static gboolean
looks_like_one(const char *text, gsize length)
{
	return (length == 6 || (length > 6 && text[6] == ' ')) && strncasecmp(text, "v=spf1", 6) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	mg_dns_question question = { .type = MG_DNS_TXT };
	const mg_spf_record *chosen;
	guint n = 1, n_expected = 0, n_said;
	mg_dns_answer *answer;
	size_t start = 0;

	for (size_t i = 0; i < length; i++)
		n += octets[i] == '\n';
	MUST(mg_dns_name_from_text("example.org", 11, &question.name));
	answer = mg_dns_answer_new(&question, MG_DNS_FOUND, "", n);
	for (guint i = 0; i < n; i++) {
		const uint8_t *end = start < length ? memchr(octets + start, '\n', length - start) : NULL;
		gsize size = (end != NULL ? (size_t)(end - octets) : length) - start;

		/* Without a NUL behind it, so that reading past it is seen. */
		answer->records[i].text = memcpy(g_malloc(size + 1), octets + start, size);
		answer->records[i].text[size] = 'x';
		answer->records[i].length = size;
		n_expected += looks_like_one(answer->records[i].text, size);
		start += size + 1;
	}
	chosen = mg_spf_record_of(answer, &n_said);
	MUST(n_said == n_expected && (chosen != NULL) == (n_expected == 1));
	MUST(mg_spf_record_of(answer, &n_said) == chosen && answer->compiled_size > 0);
	if (chosen != NULL)
		check_record(chosen);
	mg_dns_answer_unref(answer);
	return 0;
}
