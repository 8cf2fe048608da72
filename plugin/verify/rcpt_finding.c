/* rcpt_finding.c - see rcpt_finding.h. */
#include "verify/rcpt_finding.h"

#include <string.h>

void
mg_rcpt_finding_complete(mg_rcpt_finding *finding, const mg_opinion *opinion, const mg_recollection *known,
                         const mg_trust *trust, gint64 now_s)
{
	finding->reason = opinion->reason;
	finding->is_let_through = opinion->is_let_through;
	finding->why = opinion->why;
	finding->domain_class = mg_trust_class(trust, now_s);
	finding->canary_age_s = mg_trust_canary_age_s(trust, now_s);
	if (known == NULL || (finding->source == MG_SOURCE_PROBE && !opinion->is_stale))
		return;
	finding->source = opinion->is_stale ? MG_SOURCE_STALE : MG_SOURCE_CACHE;
	finding->age_s = known->age_s;
	if (finding->reply.code == 0) {
		finding->reply.code = known->code;
		g_strlcpy(finding->reply.text, known->enhanced, sizeof(finding->reply.text));
	}
}

void
mg_rcpt_finding_log(const mg_rcpt_finding *finding, const mg_backend *backend, const char *path, const mg_log *log)
{
	mg_log_line line;

	mg_log_begin(&line, log, MG_LEVEL_INFO, "rcpt.refused");
	mg_log_text(&line, "backend", backend->name);
	if (finding->endpoint != NULL)
		mg_log_text(&line, "endpoint", finding->endpoint);
	mg_log_octets(&line, "to", path, strlen(path));
	mg_log_number(&line, "code", finding->reply.code);
	mg_log_octets(&line, "said", finding->reply.text, strlen(finding->reply.text));
	mg_log_number(&line, "age-s", finding->age_s);
	mg_log_number(&line, "canary-age-s", finding->canary_age_s);
	mg_log_end(&line);
}
