/* libspf2.c - libspf2 as an SPF engine; the only place of libspf2, and a module of its own (second.h).
 * In:    a question, the answers present
 * Out:   what libspf2 makes of them; "not yet", when answers were missing
 * Rules: libspf2 is never let near what our own evaluation refuses: its parser was aborted by one TXT record, and its count
 *        of lookups begins anew in every include. So ours runs first, on the same answers; a permerror of it stands. Then
 *        libspf2 sees SPF records that passed our grammar, names up to 253 octets, no type 99, no exp=.
 *        It has no name for the term that matched, so there is no path and no breadth. */
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define HAVE_DECL_NS_T_SPF 0
#include <spf2/spf.h>

#include "base/log.h"
#include "mailguard/names.h"
#include "session/domain.h"
#include "spf/second.h"

#define QUERIES_MAX 256   /* ours have ended long before */

static const mg_spf_host *host;

/* One evaluation, as libspf2's resolver layer knows it. */
typedef struct layer {
	const mg_spf_question *question;   /* borrowed */
	mg_spf_lookup          lookup;
	void                  *context;
	guint                  n_queries;
	gboolean               is_missing;
	gboolean               is_secure;
} layer;

/* ---- its resolver layer ---- */

static SPF_dns_rr_t *
layer_reply(SPF_dns_server_t *server, const char *domain, ns_type type, guint32 ttl_s, int herrno)
{
	return SPF_dns_rr_new_init(server, domain, type, (int)MIN(ttl_s, G_MAXINT), herrno);
}

static gboolean
put_text(SPF_dns_rr_t *reply, const char *text, gsize length)
{
	int index = reply->num_rr;

	if (SPF_dns_rr_buf_realloc(reply, index, length + 1) != SPF_E_SUCCESS)
		return FALSE;
	/* txt, mx and ptr of the union are all an array of char at its start. */
	memcpy(reply->rr[index]->txt, text, length);
	reply->rr[index]->txt[length] = 0;
	reply->num_rr++;
	return TRUE;
}

static gboolean
put_name(SPF_dns_rr_t *reply, const mg_dns_name *name)
{
	char text[MG_DNS_NAME_TEXT_MAX];

	mg_dns_name_format(name, text);
	return put_text(reply, text, strlen(text));
}

static gboolean
put_address(SPF_dns_rr_t *reply, const mg_ip *ip)
{
	int index = reply->num_rr;
	guint8 octets[16];

	mg_ip_to_octets(ip, octets);
	if (SPF_dns_rr_buf_realloc(reply, index, sizeof(SPF_dns_rr_data_t)) != SPF_E_SUCCESS)
		return FALSE;
	if (reply->rr_type == ns_t_a)
		memcpy(&reply->rr[index]->a, octets + 12, sizeof(struct in_addr));
	else
		memcpy(&reply->rr[index]->aaaa, octets, sizeof(struct in6_addr));
	reply->num_rr++;
	return TRUE;
}

/* Records that our own evaluation would take for SPF, and none with a fault. */
static void
put_records(SPF_dns_rr_t *reply, mg_dns_answer *answer)
{
	guint n_records;
	const mg_spf_record *record = host->record_of(answer, &n_records);

	for (guint i = 0; i < answer->n_records; i++) {
		const mg_dns_record *each = &answer->records[i];

		switch (answer->question.type) {
		case MG_DNS_TXT:
			if (record != NULL && record->fault == NULL && i == 0)
				put_text(reply, record->text, record->length);
			break;
		case MG_DNS_A:
		case MG_DNS_AAAA:
			put_address(reply, &each->ip);
			break;
		case MG_DNS_MX:
		case MG_DNS_PTR:
			if (each->names->length > 1)
				put_name(reply, each->names);
			break;
		case MG_DNS_NS:
		case MG_DNS_CNAME:
		case MG_DNS_SOA:
			break;
		}
	}
}

static SPF_dns_rr_t *
layer_lookup(SPF_dns_server_t *server, const char *domain, ns_type type, int should_cache G_GNUC_UNUSED)
{
	layer *of = server->hook;
	mg_dns_question question = { .type = (mg_dns_type)type };
	SPF_dns_rr_t *reply;
	mg_dns_answer *answer;

	if (type != ns_t_txt && type != ns_t_a && type != ns_t_aaaa && type != ns_t_mx && type != ns_t_ptr)
		return layer_reply(server, domain, type, 0, NO_DATA);
	if (!mg_dns_name_from_text(domain, strlen(domain), &question.name))
		return layer_reply(server, domain, type, 0, HOST_NOT_FOUND);
	if (++of->n_queries > QUERIES_MAX)
		return layer_reply(server, domain, type, 0, TRY_AGAIN);
	answer = of->lookup(of->context, &question);
	of->is_missing = of->is_missing || answer == NULL;
	of->is_secure = of->is_secure && answer != NULL && answer->is_secure;
	if (answer == NULL || answer->outcome == MG_DNS_UNKNOWN)
		return layer_reply(server, domain, type, 0, TRY_AGAIN);
	if (answer->outcome == MG_DNS_NOTHING)
		return layer_reply(server, domain, type, answer->ttl_s,
		                   strcmp(answer->why, "nxdomain") == 0 ? HOST_NOT_FOUND : NO_DATA);
	reply = layer_reply(server, domain, type, answer->ttl_s, NETDB_SUCCESS);
	put_records(reply, answer);
	if (reply->num_rr == 0)
		reply->herrno = NO_DATA;
	return reply;
}

/* The explanation is never libspf2's: its expansion wrote past its buffer. */
static SPF_errcode_t
layer_get_exp(SPF_server_t *server G_GNUC_UNUSED, const char *domain G_GNUC_UNUSED, char **text_out G_GNUC_UNUSED,
              size_t *length_out G_GNUC_UNUSED)
{
	return SPF_E_NOT_SPF;
}

/* ---- what it says ---- */

/* Its result, or what stands behind one that is none: that is in its list of messages alone (RELIABILITY appendix A). */
static mg_spf_result
result_of(SPF_response_t *response)
{
	mg_spf_result from_errors = MG_SPF_NONE;

	switch (SPF_response_result(response)) {
	case SPF_RESULT_NEUTRAL:   return MG_SPF_NEUTRAL;
	case SPF_RESULT_PASS:      return MG_SPF_PASS;
	case SPF_RESULT_FAIL:      return MG_SPF_FAIL;
	case SPF_RESULT_SOFTFAIL:  return MG_SPF_SOFTFAIL;
	case SPF_RESULT_TEMPERROR: return MG_SPF_TEMPERROR;
	case SPF_RESULT_PERMERROR: return MG_SPF_PERMERROR;
	case SPF_RESULT_NONE:
	case SPF_RESULT_INVALID:
		break;
	}
	for (int i = 0; i < SPF_response_messages(response); i++) {
		SPF_error_t *message = SPF_response_message(response, i);

		if (!SPF_error_errorp(message))
			continue;
		if (SPF_error_code(message) == SPF_E_DNS_ERROR)
			return MG_SPF_TEMPERROR;
		if (SPF_error_code(message) != SPF_E_NOT_SPF)
			from_errors = MG_SPF_PERMERROR;
	}
	return from_errors;
}

static const char *
first_error(SPF_response_t *response)
{
	for (int i = 0; i < SPF_response_messages(response); i++)
		if (SPF_error_errorp(SPF_response_message(response, i)))
			return SPF_error_message(SPF_response_message(response, i));
	return SPF_strerror(SPF_response_errcode(response));
}

/* What it judged is put in place of what we did; what it cannot tell goes. */
static void
outcome_take(mg_spf_outcome *outcome, SPF_response_t *response, mg_trace *trace)
{
	mg_spf_result own = outcome->result;

	g_clear_pointer(&outcome->matched, g_free);
	g_clear_pointer(&outcome->problem, g_free);
	outcome->matched_log2 = -1;
	outcome->result = result_of(response);
	if (outcome->result != own)
		g_clear_pointer(&outcome->explanation, g_free);
	if (outcome->result == MG_SPF_TEMPERROR || outcome->result == MG_SPF_PERMERROR) {
		GString *escaped = g_string_new("libspf2: ");

		mg_escape_append(escaped, first_error(response), strlen(first_error(response)), 200);
		outcome->problem = g_string_free(escaped, FALSE);
	}
	for (int i = 0; i < SPF_response_messages(response); i++)
		mg_trace_add(trace, "libspf2: %s", SPF_error_message(SPF_response_message(response, i)));
	mg_trace_add(trace, "libspf2: %s", mg_spf_result_name(outcome->result));
}

static void
request_fill(SPF_request_t *request, const mg_spf_question *question)
{
	guint8 octets[16];
	struct in6_addr ipv6;
	struct in_addr ipv4;

	mg_ip_to_octets(&question->client, octets);
	memcpy(&ipv4, octets + 12, sizeof(ipv4));
	memcpy(&ipv6, octets, sizeof(ipv6));
	if (mg_ip_is_ipv4(&question->client))
		SPF_request_set_ipv4(request, ipv4);
	else
		SPF_request_set_ipv6(request, ipv6);
	SPF_request_set_helo_dom(request, strlen(question->helo) <= MG_DOMAIN_MAX ? question->helo : "");
	SPF_request_set_env_from(request, question->sender);
}

/* TRUE: @outcome is libspf2's now. */
static gboolean
ask_libspf2(layer *of, mg_trace *trace, mg_spf_outcome *outcome)
{
	SPF_dns_server_t dns = { .lookup = layer_lookup, .get_exp = layer_get_exp, .name = "mailguard", .hook = of };
	SPF_server_t *server = SPF_server_new_dns(&dns, 0);
	SPF_request_t *request = SPF_request_new(server);
	SPF_response_t *response = NULL;

	SPF_server_set_rec_dom(server, of->question->receiver);
	request_fill(request, of->question);
	SPF_request_query_mailfrom(request, &response);
	if (!of->is_missing && response != NULL)
		outcome_take(outcome, response, trace);
	outcome->is_secure = outcome->is_secure && of->is_secure;
	if (response != NULL)
		SPF_response_free(response);
	SPF_request_free(request);
	SPF_server_free(server);
	return !of->is_missing;
}

static gboolean
libspf2_evaluate(const mg_spf_question *question, mg_spf_lookup lookup, void *context, mg_trace *trace,
                 mg_spf_outcome *outcome_out)
{
	layer of = { .question = question, .lookup = lookup, .context = context, .is_secure = TRUE };
	mg_spf_outcome outcome;

	if (!host->evaluate(question, lookup, context, NULL, &outcome))
		return FALSE;   /* what it looks for, libspf2 will look for too: all of it in one round */
	/* libspf2 lets every loopback client pass. */
	if (outcome.result == MG_SPF_PERMERROR || mg_ip_is_loopback(&question->client)) {
		mg_trace_add(trace, "libspf2: not asked; mailguard says %s%s%s", mg_spf_result_name(outcome.result),
		             outcome.problem != NULL ? ": " : "", outcome.problem != NULL ? outcome.problem : "");
	} else if (!ask_libspf2(&of, trace, &outcome)) {
		mg_spf_outcome_clear(&outcome);
		return FALSE;
	}
	*outcome_out = outcome;
	return TRUE;
}

/* ---- the module ---- */

static void
say_nothing(const char *file G_GNUC_UNUSED, int line G_GNUC_UNUSED, const char *text G_GNUC_UNUSED)
{
}

MG_API const mg_spf_module *mg_spf_module_get(const mg_spf_host *given);

const mg_spf_module *
mg_spf_module_get(const mg_spf_host *given)
{
	static const mg_spf_module module = { MG_SPF_MODULE_VERSION, libspf2_evaluate };

	host = given;
	SPF_warning_handler = say_nothing;   /* it would write to standard error */
	SPF_info_handler = say_nothing;
	SPF_debug_handler = say_nothing;
	return &module;
}
