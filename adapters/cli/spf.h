/* spf.h - what the parts of "mailguard spf" share. */
#ifndef MAILGUARD_CLI_SPF_H
#define MAILGUARD_CLI_SPF_H

#include <mailguard.h>
#include <stdbool.h>

/* Whom the question is about. @from NULL: the HELO identity is meant. */
typedef struct spf_subject {
	const char *ip, *helo, *from, *record;   /* NULL: not given */
} spf_subject;

/* A session with the subject's facts, and the question asked. Returns NULL, or what was wrong with which fact (constant); then
 * there is no session. */
const char *spf_ask(mg_guard *guard, const spf_subject *subject, void *context, mg_session **session_out,
                    uint64_t *request_out);

/* One JSON object on a line. */
void spf_print_json(const spf_subject *subject, const mg_verdict *verdict, bool with_trace);
/* For a person: the result, its evidence, the explained tree. */
void spf_print_text(const spf_subject *subject, const mg_verdict *verdict);
/* "pass" */
const char *spf_result(const mg_verdict *verdict);

#endif
