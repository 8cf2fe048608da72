/* breadth.c - see breadth.h. */
#include "spf/breadth.h"

/* Addresses in one network with @prefix bits of 128. */
static guint64
breadth_of_prefix(gboolean is_ipv4, guint prefix)
{
	guint n_bits = is_ipv4 ? 128 - MAX(prefix, MG_IPV4_PREFIX) : 64 - MIN(prefix, 64);

	return n_bits >= 64 ? G_MAXUINT64 : G_GUINT64_CONSTANT(1) << n_bits;
}

guint64
mg_spf_breadth_of_all(gboolean is_ipv4)
{
	return breadth_of_prefix(is_ipv4, 0);
}

guint64
mg_spf_breadth_add(guint64 a, guint64 b)
{
	return a > G_MAXUINT64 - b ? G_MAXUINT64 : a + b;
}

guint64
mg_spf_breadth_of_term(gboolean is_ipv4, const mg_spf_term *term)
{
	if (term->mechanism == MG_SPF_ALL)
		return mg_spf_breadth_of_all(is_ipv4);
	if (term->mechanism == (is_ipv4 ? MG_SPF_IP4 : MG_SPF_IP6))
		return breadth_of_prefix(is_ipv4, term->prefix4);
	return 0;
}

void
mg_spf_breadth_of_record(mg_spf_record *record)
{
	for (guint i = 0; i < record->n_terms; i++) {
		const mg_spf_term *term = &record->terms[i];

		if (term->result != MG_SPF_PASS)
			continue;
		record->width4 = mg_spf_breadth_add(record->width4, mg_spf_breadth_of_term(TRUE, term));
		record->width6 = mg_spf_breadth_add(record->width6, mg_spf_breadth_of_term(FALSE, term));
	}
}

guint64
mg_spf_breadth_of_answer(const mg_spf_term *term, const mg_dns_answer *answer)
{
	gboolean is_ipv4 = answer->question.type == MG_DNS_A;
	guint64 each = breadth_of_prefix(is_ipv4, is_ipv4 ? term->prefix4 : term->prefix6);

	if (answer->outcome != MG_DNS_FOUND || answer->n_records == 0)
		return 0;
	return each > G_MAXUINT64 / answer->n_records ? G_MAXUINT64 : each * answer->n_records;
}

int
mg_spf_breadth_log2(gboolean is_ipv4, guint64 n)
{
	if (n == 0)
		return -1;
	if (n >= mg_spf_breadth_of_all(is_ipv4))
		return is_ipv4 ? 32 : 64;
	return n == 1 ? 0 : 64 - __builtin_clzll(n - 1);
}
