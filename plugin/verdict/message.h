/* message.h - a decision as the message that the library takes over (api/wire.h).
 * In:    the question, what was decided, the reply, results, evidence, trace
 * Out:   octets, for mg_engine_functions.release
 * Rules: every text in it is ours or was escaped before. */
#ifndef MG_VERDICT_MESSAGE_H
#define MG_VERDICT_MESSAGE_H

#include "base/evidence.h"
#include "base/result.h"
#include "base/trace.h"
#include "session/facts.h"
#include "verdict/decide.h"
#include "verdict/reply.h"

/* The header fields to add; bodies are the caller's, NULL for none. */
typedef struct mg_fields {
	char *received_spf[2];             /* of the HELO identity, of MAIL FROM */
	char *authentication_results;
} mg_fields;

/* NULL if memory ran out. */
guint8 *mg_message_verdict(const mg_facts *facts, const mg_decision *decision, const mg_reply *reply,
                           const mg_results *results, const mg_fields *fields, const mg_evidence *evidence, const mg_trace *trace,
                           gsize *length_out);

#endif
