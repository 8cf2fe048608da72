/* rcpt_finding.h - what is told of a recipient: the reason, and all that it rests on.
 * In:    an opinion (opinion.h), what is remembered, the trust in the backend
 * Out:   a finding, and a line of the log for one that refuses
 * Rules: a refusal can be explained afterwards: backend, reply, how old both answer and canaries were. */
#ifndef MG_VERIFY_RCPT_FINDING_H
#define MG_VERIFY_RCPT_FINDING_H

#include "base/log.h"
#include "verify/opinion.h"

typedef enum mg_rcpt_source { MG_SOURCE_NONE, MG_SOURCE_CACHE, MG_SOURCE_STALE, MG_SOURCE_PROBE } mg_rcpt_source;

typedef struct mg_rcpt_finding {
	mg_reason         reason;          /* MG_REASON_RCPT_... */
	gboolean          is_let_through;  /* the backend's on-failure accepts what the reason would refuse */
	mg_rcpt_source source;
	const char       *why;             /* constant; what the reason rests on, in words */
	mg_rcpt_class     class;           /* of the answer, if source says there was one */
	mg_domain_class   domain_class;
	const char       *endpoint;        /* borrowed from the policy; NULL: none answered */
	const char       *problem;         /* constant word of the probe's trouble; NULL: none */
	const char       *tls;             /* of the endpoint's last connection, "TLSv1.3"; NULL: in the clear */
	gboolean          has_pipelining;
	gint64            elapsed_us;      /* of the probe */
	mg_smtp_reply     reply;           /* code 0: none */
	gint64            age_s;           /* of the answer */
	gint64            canary_age_s;    /* of the older canary; -1: they have not both held */
} mg_rcpt_finding;

/* Its class, reply and endpoint stand there already, if a probe was answered (source). @known: what is remembered; NULL: nothing. */
void mg_rcpt_finding_complete(mg_rcpt_finding *finding, const mg_opinion *opinion, const mg_recollection *known,
                              const mg_trust *trust, gint64 now_s);
/* "rcpt.refused". @path: who was asked about. */
void mg_rcpt_finding_log(const mg_rcpt_finding *finding, const mg_backend *backend, const char *path, const mg_log *log);

#endif
