/* dialogue.h - what is said over one connection to a backend: is there such a recipient?
 * In:    octets from the backend; batches of recipients
 * Out:   octets for the backend; an answer for each recipient, or none
 * Rules: RFC 5321, RFC 2033 (LMTP), RFC 2920 (PIPELINING), RFC 3207 (STARTTLS), RFC 6531 (SMTPUTF8). A batch is MAIL, one
 *        RCPT each, and RSET: never DATA, never VRFY. Replies are counted: one that was not asked for, or that is
 *        malformed, makes every answer of its batch TRANSPORT and ends the dialogue. Nothing before RCPT is a negative.
 *        Pure: no socket, no clock, no log; who owns it keeps the deadlines. */
#ifndef MG_VERIFY_DIALOGUE_H
#define MG_VERIFY_DIALOGUE_H

#include <glib.h>

#include "policy/backend.h"
#include "verify/rcpt_class.h"
#include "verify/smtp_reply.h"

#define MG_DIALOGUE_BATCH_MAX 10

typedef enum mg_dialogue_state {
	MG_DIALOGUE_BANNER,      /* nothing said yet */
	MG_DIALOGUE_GREETING,    /* EHLO or LHLO (then HELO after a 5xx of EHLO) */
	MG_DIALOGUE_STARTTLS,    /* its reply is awaited */
	MG_DIALOGUE_HANDSHAKE,   /* the owner makes TLS, then calls mg_dialogue_secured() */
	MG_DIALOGUE_READY,       /* a batch may begin */
	MG_DIALOGUE_BATCH,       /* under way; READY again once every reply, RSET's too, has come */
	MG_DIALOGUE_QUITTING,    /* QUIT said; to be closed after its reply or a moment */
	MG_DIALOGUE_ENDED        /* to be closed without a word; see mg_dialogue_problem() */
} mg_dialogue_state;

typedef struct mg_dialogue_settings {   /* copied; what it points to is borrowed */
	gboolean         is_lmtp;
	const char      *helo;
	mg_tls_mode      tls;                /* VERIFY and PIN as REQUIRE: the owner judges the certificate */
	gboolean         is_secured;         /* TLS is up from the start: never with us */
	const GPtrArray *probe_senders;      /* of strings; NULL: none. Tried in this order once <> is refused with 5xx */
	mg_backend_quirk quirk;
	guint            refused_max;        /* 4: then QUIT instead of another batch */
	guint            transactions_max;   /* 100 */
	gboolean         avoids_pipelining;  /* lock-step even where PIPELINING is offered: it was found broken there */
} mg_dialogue_settings;

typedef struct mg_dialogue_recipient {
	const char   *path;          /* in; borrowed until the batch ends; a Mailbox without <>. Checked here again: with control
	                                octets, < or >, or not in UTF-8 it is BAD_SYNTAX without a word to the backend */
	gboolean      is_answered;   /* out; FALSE after the batch: to be asked again elsewhere (never sent, batch limit, 421) */
	mg_rcpt_class class;         /* out; of one not answered: BATCH_LIMIT, CLOSING, or TRANSPORT */
	mg_smtp_reply reply;         /* out; code 0: there was none */
} mg_dialogue_recipient;

typedef struct mg_dialogue mg_dialogue;

mg_dialogue *mg_dialogue_new(const mg_dialogue_settings *settings);
void mg_dialogue_free(mg_dialogue *dialogue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mg_dialogue, mg_dialogue_free)

mg_dialogue_state mg_dialogue_get_state(const mg_dialogue *dialogue);

void mg_dialogue_feed(mg_dialogue *dialogue, const char *octets, gsize length);

/* What is to be sent: valid until the next call that is not a question. What has gone out is told to _sent() before what came
 * back is fed: a reply to what was not sent yet is a fault. */
const char *mg_dialogue_output(const mg_dialogue *dialogue, gsize *length_out);
void mg_dialogue_sent(mg_dialogue *dialogue, gsize length);

/* HANDSHAKE alone: TLS is up, and all begins anew with EHLO (RFC 3207 4.2). */
void mg_dialogue_secured(mg_dialogue *dialogue);

/* READY alone; in any other state the recipients stay unanswered. @recipients is borrowed until the state is no longer BATCH;
 * if all of it is answered without the backend, the state stays READY. */
void mg_dialogue_begin(mg_dialogue *dialogue, mg_dialogue_recipient *recipients, guint n);

/* How many more recipients may be refused until QUIT is said. In lock-step none is asked about beyond that. A pipelined batch
 * is sent whole: most recipients exist, and one round trip is worth more than the few refusals that one batch can add to
 * refused_max - 1 (13 in all by default; Postfix hangs up at 20). Who wants it strict begins no batch larger than this. */
guint mg_dialogue_refusals_left(const mg_dialogue *dialogue);

void mg_dialogue_quit(mg_dialogue *dialogue);   /* READY alone */

/* The connection is closed, reset or too slow. Recipients asked and not answered become TRANSPORT; never sent: unanswered. In a
 * batch that was pipelined no answer is believed any more: one that is missing leaves those behind it to the wrong recipients.
 * @why: a constant word. */
void mg_dialogue_lose(mg_dialogue *dialogue, const char *why);

guint mg_dialogue_count_replies(const mg_dialogue *dialogue);     /* whole ones, so far */
gboolean mg_dialogue_awaits(const mg_dialogue *dialogue);         /* a reply is due: the owner's timer runs */
const char *mg_dialogue_problem(const mg_dialogue *dialogue);     /* constant word; NULL: none */
/* ENDED before a batch could begin: what that is for recipients; never a negative. */
mg_rcpt_class mg_dialogue_failure(const mg_dialogue *dialogue);
const mg_smtp_reply *mg_dialogue_last_reply(const mg_dialogue *dialogue);   /* for the log; code 0: there was none */
/* The reverse-path in use: "", or a probe sender once <> was refused, which is worth an alarm. */
const char *mg_dialogue_sender(const mg_dialogue *dialogue);
gboolean mg_dialogue_has_pipelining(const mg_dialogue *dialogue);
gboolean mg_dialogue_has_smtputf8(const mg_dialogue *dialogue);

#endif
