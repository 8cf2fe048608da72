/* audit_rules.h - what the rules of an audit share: the walk over them, and how a finding is told.
 * In:    what is audited, the answers present
 * Out:   findings as evidence; whether an answer is missing
 * Rules: a walk is made again after each round of DNS, and tells nothing until it is the last. The rules stand by subject, in
 *        audit_hosts.c, audit_spf.c, audit_zone.c, audit_self.c. What DNS does not say is told as unknown, with why. */
#ifndef MG_CHECK_AUDIT_RULES_H
#define MG_CHECK_AUDIT_RULES_H

#include "base/evidence.h"
#include "check/judging.h"

#define MG_AUDIT_RECORDS_MAX 10   /* of one answer that are followed further */

typedef enum mg_severity {
	MG_SEVERITY_GOOD, MG_SEVERITY_NOTE, MG_SEVERITY_WARNING, MG_SEVERITY_ERROR, MG_SEVERITY_UNKNOWN
} mg_severity;

/* What a rule wants, and what helps if it is broken. */
typedef struct mg_audit_rule {
	const char *id, *expected, *mend;
} mg_audit_rule;

/* One walk over the rules. */
typedef struct mg_audit_walk {
	mg_judging   judging;    /* for its questions, facts and policy alone */
	const char  *domain;     /* borrowed; canonical; "": it is none; NULL: we ourselves are audited */
	gint64       now_s;
	mg_evidence *evidence;   /* borrowed; NULL: only to see what is missing */
} mg_audit_walk;

/* ---- telling ---- */

void mg_audit_tell(mg_audit_walk *at, const mg_audit_rule *rule, mg_severity severity, const char *format, ...)
	G_GNUC_PRINTF(4, 5);
/* A rule about something that is there or not; returns @exists. @answer: on which that hangs. */
mg_tristate mg_audit_tell_existence(mg_audit_walk *at, const mg_audit_rule *rule, mg_severity severity, mg_tristate exists,
                                    const mg_dns_answer *answer, const char *what);
/* Why DNS does not say more: "timeout", "over-budget"; constant. */
const char *mg_audit_doubt(const mg_dns_answer *answer);
/* The one of two that keeps us from knowing. */
const mg_dns_answer *mg_audit_doubtful(const mg_dns_answer *a, const mg_dns_answer *b);
mg_tristate mg_tristate_either(mg_tristate a, mg_tristate b);

/* ---- the rules, by subject ---- */

/* An address from which, or to which, mail goes has one name, which leads back. Returns what PTR says; NULL: no name is known. */
const mg_dns_answer *mg_audit_walk_address(mg_audit_walk *at, const mg_ip *ip);
void mg_audit_walk_mx(mg_audit_walk *at);
void mg_audit_walk_helo(mg_audit_walk *at);

void mg_audit_walk_spf(mg_audit_walk *at);
/* An address that sends the domain's mail. */
void mg_audit_walk_sender(mg_audit_walk *at, const mg_ip *ip);
/* Whether SPF lets any address of a host send for the domain. */
mg_tristate mg_audit_may_send(mg_audit_walk *at, const mg_dns_answer *addresses);

void mg_audit_walk_soa(mg_audit_walk *at);
void mg_audit_walk_dmarc(mg_audit_walk *at);

/* Our own names and addresses. */
void mg_audit_walk_self(mg_audit_walk *at);

#endif
