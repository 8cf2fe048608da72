/* dialogue.c - see dialogue.h. */
#include "verify/dialogue.h"

#include <string.h>

#include "verify/commands.h"

#define EXIM_TRANSACTIONS 8   /* RSETs count among Exim's smtp_accept_max_nonmail, 10 */

G_STATIC_ASSERT(MG_COMMANDS_MAX == 1 + MG_DIALOGUE_BATCH_MAX + 1);   /* MAIL, RCPTs, RSET */

typedef struct dialogue_batch {
	mg_dialogue_recipient *recipients;   /* borrowed; NULL: none */
	guint         n, next;               /* the first that nothing was said of yet */
	guint64       rcpt_end[MG_DIALOGUE_BATCH_MAX];   /* of its RCPT, as in mg_awaited; 0: not said, or what it brings is not
	                                                    believed */
	guint         n_replies;             /* to RCPT */
	gboolean      mail_is_said, rset_is_said;
	gboolean      wants_smtputf8;
	mg_smtp_reply refusal;               /* of MAIL; code 0: not refused */
} dialogue_batch;

struct mg_dialogue {
	mg_dialogue_settings settings;
	mg_dialogue_state    state;          /* written by dialogue_enter() alone */
	mg_smtp_reader       reader;
	mg_commands          commands;
	gboolean             has_pipelining, has_starttls, has_smtputf8;
	guint                sender;              /* 0: <>; else which of the probe senders, from 1 */
	gboolean             sender_is_doubted;   /* one was refused, and none taken since: MAIL goes alone */
	guint                n_refused, n_transactions;
	dialogue_batch       batch;
	mg_smtp_reply        last_reply;
	guint                n_replies;
	const char          *problem;
	mg_rcpt_class        failure;
};

static void
dialogue_enter(mg_dialogue *dialogue, mg_dialogue_state state)
{
	dialogue->state = state;
	if (state == MG_DIALOGUE_ENDED)   /* without a word */
		mg_commands_drop(&dialogue->commands);
}

/* The reply that comes next answers something that has gone out. */
static gboolean
is_asked(const mg_dialogue *dialogue)
{
	const mg_awaited *next = mg_commands_next(&dialogue->commands);

	return next != NULL && mg_commands_are_sent(&dialogue->commands, next->end);
}

/* ---- the end ---- */

/* What was asked and has no answer will not get one; what was never sent stays unanswered. */
static void
batch_abandon(mg_dialogue *dialogue)
{
	dialogue_batch *batch = &dialogue->batch;

	for (guint i = 0; batch->recipients != NULL && i < batch->n; i++) {
		mg_dialogue_recipient *recipient = &batch->recipients[i];

		if (!recipient->is_answered && batch->rcpt_end[i] != 0 &&
		    mg_commands_are_sent(&dialogue->commands, batch->rcpt_end[i])) {
			recipient->is_answered = TRUE;
			recipient->class = MG_RCPT_TRANSPORT;
		}
	}
}

static void
dialogue_end(mg_dialogue *dialogue, const char *problem, mg_rcpt_class class)
{
	batch_abandon(dialogue);
	dialogue->problem = problem;
	dialogue->failure = class;
	dialogue_enter(dialogue, MG_DIALOGUE_ENDED);
}

/* Replies and commands are no longer known to belong together: no answer of the batch is believed. */
static void
dialogue_end_surprised(mg_dialogue *dialogue, const char *problem)
{
	dialogue_batch *batch = &dialogue->batch;

	for (guint i = 0; batch->recipients != NULL && i < batch->n; i++)
		if (batch->recipients[i].reply.code != 0) {   /* else it is not answered, or not by the backend */
			batch->recipients[i].class = MG_RCPT_TRANSPORT;
			batch->recipients[i].reply = (mg_smtp_reply){ 0 };
		}
	dialogue_end(dialogue, problem, MG_RCPT_TRANSPORT);
}

/* 421: the backend goes, and may say so whenever it likes (RFC 5321 3.8). Answers that came before it stand. */
static void
dialogue_end_closing(mg_dialogue *dialogue, const mg_smtp_reply *reply)
{
	dialogue_batch *batch = &dialogue->batch;

	for (guint i = 0; batch->recipients != NULL && i < batch->n; i++)
		if (!batch->recipients[i].is_answered) {
			batch->rcpt_end[i] = 0;
			batch->recipients[i].class = MG_RCPT_CLOSING;
			batch->recipients[i].reply = *reply;
		}
	dialogue_end(dialogue, "closing", MG_RCPT_CLOSING);
}

/* A reply to what comes before RCPT, other than the one wanted. */
static mg_rcpt_class
refusal_class(int code)
{
	switch (code) {
	case 500: case 502: case 503: case 504: case 555:
		return MG_RCPT_PROTOCOL;
	case 530: case 535: case 538:
		return MG_RCPT_CONFIG;
	default:
		return code >= 500 ? MG_RCPT_POLICY : code >= 400 ? MG_RCPT_BACKEND_TEMP : MG_RCPT_PROTOCOL;
	}
}

/* ---- until the first batch ---- */

static void
greet(mg_dialogue *dialogue, mg_command said)
{
	const char *helo = dialogue->settings.helo;

	if (helo[0] == 0 || !mg_command_word_is_safe(helo)) {
		dialogue_end(dialogue, "helo-word", MG_RCPT_CONFIG);
		return;
	}
	dialogue->has_pipelining = dialogue->has_starttls = dialogue->has_smtputf8 = FALSE;
	mg_commands_say(&dialogue->commands, said, 0,
	                said == MG_COMMAND_HELO ? "HELO " : dialogue->settings.is_lmtp ? "LHLO " : "EHLO ", helo, "");
	dialogue_enter(dialogue, MG_DIALOGUE_GREETING);
}

static void
banner_replied(mg_dialogue *dialogue, const mg_smtp_reply *reply)
{
	if (reply->code != 220) {
		dialogue_end(dialogue, "banner", refusal_class(reply->code));
		return;
	}
	if (strstr(reply->text, "Exim") != NULL)
		dialogue->settings.transactions_max = MIN(dialogue->settings.transactions_max, EXIM_TRANSACTIONS);
	greet(dialogue, MG_COMMAND_EHLO);
}

static gboolean
tls_is_required(const mg_dialogue *dialogue)
{
	return dialogue->settings.tls != MG_TLS_OFF && dialogue->settings.tls != MG_TLS_MAY;
}

static void
greeting_replied(mg_dialogue *dialogue, mg_command said, const mg_smtp_reply *reply)
{
	gboolean wants_tls = dialogue->settings.tls != MG_TLS_OFF && !dialogue->settings.is_secured;

	if (reply->code >= 500 && said == MG_COMMAND_EHLO && !dialogue->settings.is_lmtp) {
		greet(dialogue, MG_COMMAND_HELO);
	} else if (reply->code != 250) {
		dialogue_end(dialogue, "greeting", refusal_class(reply->code));
	} else if (wants_tls && dialogue->has_starttls) {
		mg_commands_say(&dialogue->commands, MG_COMMAND_STARTTLS, 0, "STARTTLS", "", "");
		dialogue_enter(dialogue, MG_DIALOGUE_STARTTLS);
	} else if (wants_tls && tls_is_required(dialogue)) {
		dialogue_end(dialogue, "tls-missing", MG_RCPT_CONFIG);
	} else {
		dialogue_enter(dialogue, MG_DIALOGUE_READY);
	}
}

static void
starttls_replied(mg_dialogue *dialogue, const mg_smtp_reply *reply)
{
	if (reply->code == 220)
		dialogue_enter(dialogue, MG_DIALOGUE_HANDSHAKE);
	else if (reply->code < 400)
		dialogue_end(dialogue, "starttls", MG_RCPT_PROTOCOL);
	else if (tls_is_required(dialogue))
		dialogue_end(dialogue, "tls-refused", reply->code >= 500 ? MG_RCPT_CONFIG : MG_RCPT_BACKEND_TEMP);
	else
		dialogue_enter(dialogue, MG_DIALOGUE_READY);
}

/* A line of a greeting's reply has ended. The first is the server's name. */
static void
keywords_note(mg_dialogue *dialogue)
{
	const mg_smtp_reader *reader = &dialogue->reader;

	if (dialogue->state != MG_DIALOGUE_GREETING || mg_commands_next(&dialogue->commands)->command != MG_COMMAND_EHLO ||
	    reader->reply.n_lines < 2)
		return;
	dialogue->has_pipelining |= mg_smtp_reader_has_keyword(reader, "PIPELINING");
	dialogue->has_starttls |= mg_smtp_reader_has_keyword(reader, "STARTTLS");
	dialogue->has_smtputf8 |= mg_smtp_reader_has_keyword(reader, "SMTPUTF8");
}

/* ---- a batch: what is said ---- */

/* The next probe sender that can be said. FALSE: there is none, and it is <> again. */
static gboolean
sender_advance(mg_dialogue *dialogue)
{
	const GPtrArray *senders = dialogue->settings.probe_senders;

	while (senders != NULL && dialogue->sender < senders->len) {
		const char *sender = senders->pdata[dialogue->sender++];

		if (mg_command_path_is_safe(sender) && g_str_is_ascii(sender))
			return TRUE;
	}
	dialogue->sender = 0;
	return FALSE;
}

static gboolean
is_pipelined(const mg_dialogue *dialogue)
{
	return dialogue->has_pipelining && !dialogue->settings.avoids_pipelining && !dialogue->sender_is_doubted;
}

static void
say_rcpt(mg_dialogue *dialogue, guint i)
{
	mg_commands_say(&dialogue->commands, MG_COMMAND_RCPT, i, "RCPT TO:<", dialogue->batch.recipients[i].path, ">");
	dialogue->batch.rcpt_end[i] = dialogue->commands.n_written;
}

/* FALSE: all is said. */
static gboolean
say_next(mg_dialogue *dialogue)
{
	dialogue_batch *batch = &dialogue->batch;

	if (!batch->mail_is_said) {
		batch->mail_is_said = TRUE;
		mg_commands_say(&dialogue->commands, MG_COMMAND_MAIL, 0, "MAIL FROM:<", mg_dialogue_sender(dialogue),
		                batch->wants_smtputf8 ? "> SMTPUTF8" : ">");
		return TRUE;
	}
	while (batch->next < batch->n && batch->recipients[batch->next].is_answered)
		batch->next++;
	if (batch->next < batch->n) {
		say_rcpt(dialogue, batch->next++);
		return TRUE;
	}
	if (!batch->rset_is_said) {
		batch->rset_is_said = TRUE;
		mg_commands_say(&dialogue->commands, MG_COMMAND_RSET, 0, "RSET", "", "");
		return TRUE;
	}
	return FALSE;
}

/* All that can be said at once: the whole batch where it may be pipelined, a command otherwise. */
static void
batch_continue(mg_dialogue *dialogue)
{
	while (!mg_dialogue_awaits(dialogue) || is_pipelined(dialogue))
		if (!say_next(dialogue))
			return;
}

static void
batch_start(mg_dialogue *dialogue)
{
	dialogue_batch *batch = &dialogue->batch;

	memset(batch->rcpt_end, 0, sizeof(batch->rcpt_end));
	batch->next = batch->n_replies = 0;
	batch->mail_is_said = batch->rset_is_said = FALSE;
	batch->refusal = (mg_smtp_reply){ 0 };
	dialogue_enter(dialogue, MG_DIALOGUE_BATCH);
	batch_continue(dialogue);
}

/* ---- a batch: what comes back ---- */

/* No more RCPT is said, and what those from @first on bring is counted and not believed. */
static void
batch_stop(dialogue_batch *batch, guint first)
{
	batch->next = batch->n;
	for (guint i = first; i < batch->n; i++)
		batch->rcpt_end[i] = 0;
}

static void
answer(mg_dialogue_recipient *recipient, mg_rcpt_class class, const mg_smtp_reply *reply)
{
	recipient->is_answered = TRUE;
	recipient->class = class;
	recipient->reply = *reply;
}

static void
answer_all(dialogue_batch *batch, mg_rcpt_class class, const mg_smtp_reply *reply)
{
	for (guint i = 0; i < batch->n; i++)
		if (!batch->recipients[i].is_answered)
			answer(&batch->recipients[i], class, reply);
}

static void
mail_replied(mg_dialogue *dialogue, const mg_smtp_reply *reply)
{
	dialogue_batch *batch = &dialogue->batch;

	if (reply->code == 250) {
		dialogue->sender_is_doubted = FALSE;
		return;
	}
	if (refusal_class(reply->code) == MG_RCPT_PROTOCOL) {
		answer_all(batch, MG_RCPT_PROTOCOL, reply);
		dialogue_end(dialogue, "protocol", MG_RCPT_PROTOCOL);
		return;
	}
	batch->refusal = *reply;
	batch_stop(batch, 0);
}

static void
rcpt_replied(mg_dialogue *dialogue, guint i, const mg_smtp_reply *reply)
{
	dialogue_batch *batch = &dialogue->batch;
	mg_rcpt_class class = mg_rcpt_class_of(reply, dialogue->settings.quirk);
	gboolean is_first = batch->n_replies++ == 0;

	if (class == MG_RCPT_BATCH_LIMIT && is_first)
		class = MG_RCPT_TEMP;   /* one recipient is no batch: asking again would not end */
	if (reply->code >= 400 && class != MG_RCPT_BATCH_LIMIT && batch->refusal.code == 0)
		dialogue->n_refused++;   /* a server counts 4xx among the errors too */
	if (dialogue->n_refused >= dialogue->settings.refused_max)
		batch->next = batch->n;
	if (batch->rcpt_end[i] == 0)
		return;

	if (class == MG_RCPT_BATCH_LIMIT) {
		for (guint j = i; j < batch->n; j++)
			if (!batch->recipients[j].is_answered)
				batch->recipients[j].class = class;
		batch_stop(batch, i);
		return;
	}
	answer(&batch->recipients[i], class, reply);
	if (class == MG_RCPT_PROTOCOL)
		dialogue_end(dialogue, "protocol", class);
}

static void
say_quit(mg_dialogue *dialogue)
{
	mg_commands_say(&dialogue->commands, MG_COMMAND_QUIT, 0, "QUIT", "", "");
	dialogue_enter(dialogue, MG_DIALOGUE_QUITTING);
}

/* MAIL was refused, and RSET is through. TRUE: the batch goes on with another sender. */
static gboolean
refusal_settle(mg_dialogue *dialogue)
{
	dialogue_batch *batch = &dialogue->batch;
	mg_rcpt_class class = refusal_class(batch->refusal.code);

	if (class == MG_RCPT_POLICY) {
		dialogue->sender_is_doubted = TRUE;
		if (sender_advance(dialogue)) {
			batch_start(dialogue);
			return TRUE;
		}
		class = MG_RCPT_SENDER;
	} else if (class == MG_RCPT_BACKEND_TEMP) {
		class = MG_RCPT_TEMP;   /* it may be about the sender as well */
	}
	answer_all(batch, class, &batch->refusal);
	return FALSE;
}

static void
rset_replied(mg_dialogue *dialogue, const mg_smtp_reply *reply)
{
	/* It is always 250 (RFC 5321 4.1.1.5): another code belongs to a command before it. */
	if (reply->code != 250) {
		dialogue_end_surprised(dialogue, "rset");
		return;
	}
	dialogue->n_transactions++;
	if (dialogue->batch.refusal.code != 0 && refusal_settle(dialogue))
		return;
	if (mg_dialogue_refusals_left(dialogue) == 0 || dialogue->n_transactions >= dialogue->settings.transactions_max)
		say_quit(dialogue);
	else
		dialogue_enter(dialogue, MG_DIALOGUE_READY);
}

/* ---- replies ---- */

static void
reply_arrived(mg_dialogue *dialogue)
{
	const mg_smtp_reply *reply = &dialogue->last_reply;
	mg_awaited said = mg_commands_take(&dialogue->commands);

	dialogue->last_reply = dialogue->reader.reply;
	dialogue->n_replies++;
	if (reply->code == 421 && said.command != MG_COMMAND_QUIT) {
		dialogue_end_closing(dialogue, reply);
		return;
	}
	switch (said.command) {
	case MG_COMMAND_CONNECT:
		banner_replied(dialogue, reply);
		break;
	case MG_COMMAND_EHLO:
	case MG_COMMAND_HELO:
		greeting_replied(dialogue, said.command, reply);
		break;
	case MG_COMMAND_STARTTLS:
		starttls_replied(dialogue, reply);
		break;
	case MG_COMMAND_MAIL:
		mail_replied(dialogue, reply);
		break;
	case MG_COMMAND_RCPT:
		rcpt_replied(dialogue, said.recipient, reply);
		break;
	case MG_COMMAND_RSET:
		rset_replied(dialogue, reply);
		break;
	case MG_COMMAND_QUIT:
		dialogue_enter(dialogue, MG_DIALOGUE_ENDED);
		break;
	}
	if (dialogue->state == MG_DIALOGUE_BATCH)
		batch_continue(dialogue);
}

/* Octets where none are due. Judged by the first of them: whatever follows, the dialogue is over, and a batch that
 * the same octets have ended is part of it. */
static void
unasked_arrived(mg_dialogue *dialogue, const char *octets, gsize length)
{
	if (dialogue->state == MG_DIALOGUE_HANDSHAKE)
		dialogue_end_surprised(dialogue, "plaintext-after-tls");
	else if (memcmp(octets, "421", MIN(length, 3)) == 0)
		dialogue_end_closing(dialogue, &(mg_smtp_reply){ 0 });
	else
		dialogue_end_surprised(dialogue, mg_dialogue_awaits(dialogue) ? "early-reply" : "surplus-reply");
}

void
mg_dialogue_feed(mg_dialogue *dialogue, const char *octets, gsize length)
{
	while (length > 0 && dialogue->state != MG_DIALOGUE_ENDED) {
		gsize taken;

		if (mg_smtp_reader_is_between(&dialogue->reader) && !is_asked(dialogue)) {
			unasked_arrived(dialogue, octets, length);
			break;
		}
		switch (mg_smtp_reader_take(&dialogue->reader, octets, length, &taken)) {
		case MG_SMTP_MORE:
			break;
		case MG_SMTP_LINE:
			keywords_note(dialogue);
			break;
		case MG_SMTP_REPLY:
			keywords_note(dialogue);
			reply_arrived(dialogue);
			break;
		case MG_SMTP_BROKEN:
			dialogue_end_surprised(dialogue, dialogue->reader.fault);
			break;
		}
		octets += taken;
		length -= taken;
	}
	if (dialogue->state != MG_DIALOGUE_BATCH)
		dialogue->batch.recipients = NULL;
}

/* ---- the owner's side ---- */

mg_dialogue *
mg_dialogue_new(const mg_dialogue_settings *settings)
{
	mg_dialogue *dialogue = g_new0(mg_dialogue, 1);

	dialogue->settings = *settings;
	mg_commands_init(&dialogue->commands);
	dialogue->failure = MG_RCPT_TRANSPORT;
	mg_smtp_reader_init(&dialogue->reader);
	return dialogue;
}

void
mg_dialogue_free(mg_dialogue *dialogue)
{
	if (dialogue == NULL)
		return;
	mg_commands_clear(&dialogue->commands);
	g_free(dialogue);
}

const char *
mg_dialogue_output(const mg_dialogue *dialogue, gsize *length_out)
{
	*length_out = dialogue->commands.output->len;
	return dialogue->commands.output->str;
}

void
mg_dialogue_sent(mg_dialogue *dialogue, gsize length)
{
	mg_commands_sent(&dialogue->commands, length);
}

void
mg_dialogue_secured(mg_dialogue *dialogue)
{
	if (dialogue->state != MG_DIALOGUE_HANDSHAKE)
		return;
	dialogue->settings.is_secured = TRUE;
	greet(dialogue, MG_COMMAND_EHLO);
}

/* What needs no backend is answered here. Returns how many do need it. */
static guint
recipients_prepare(mg_dialogue *dialogue, mg_dialogue_recipient *recipients, guint n)
{
	guint n_to_ask = 0;

	dialogue->batch.wants_smtputf8 = FALSE;
	for (guint i = 0; i < n; i++) {
		mg_dialogue_recipient *recipient = &recipients[i];
		gboolean is_ascii = g_str_is_ascii(recipient->path);

		if (!mg_command_path_is_safe(recipient->path)) {
			answer(recipient, MG_RCPT_BAD_SYNTAX, &(mg_smtp_reply){ 0 });
		} else if (!is_ascii && !dialogue->has_smtputf8) {
			answer(recipient, MG_RCPT_UNVERIFIABLE, &(mg_smtp_reply){ 0 });
		} else {
			dialogue->batch.wants_smtputf8 |= !is_ascii;
			n_to_ask++;
		}
	}
	return n_to_ask;
}

void
mg_dialogue_begin(mg_dialogue *dialogue, mg_dialogue_recipient *recipients, guint n)
{
	for (guint i = 0; i < n; i++) {
		recipients[i].is_answered = FALSE;
		recipients[i].class = MG_RCPT_TRANSPORT;
		recipients[i].reply = (mg_smtp_reply){ 0 };
	}
	if (dialogue->state != MG_DIALOGUE_READY)
		return;
	n = MIN(n, MG_DIALOGUE_BATCH_MAX);
	if (recipients_prepare(dialogue, recipients, n) == 0)
		return;
	dialogue->batch.recipients = recipients;
	dialogue->batch.n = n;
	batch_start(dialogue);
}

void
mg_dialogue_quit(mg_dialogue *dialogue)
{
	if (dialogue->state == MG_DIALOGUE_READY)
		say_quit(dialogue);
}

void
mg_dialogue_lose(mg_dialogue *dialogue, const char *why)
{
	if (dialogue->state == MG_DIALOGUE_QUITTING)
		dialogue_enter(dialogue, MG_DIALOGUE_ENDED);
	else if (dialogue->state == MG_DIALOGUE_BATCH && dialogue->has_pipelining && !dialogue->settings.avoids_pipelining)
		dialogue_end_surprised(dialogue, why);
	else if (dialogue->state != MG_DIALOGUE_ENDED)
		dialogue_end(dialogue, why, MG_RCPT_TRANSPORT);
	dialogue->batch.recipients = NULL;
}

/* ---- questions ---- */

mg_dialogue_state
mg_dialogue_get_state(const mg_dialogue *dialogue)
{
	return dialogue->state;
}

guint
mg_dialogue_refusals_left(const mg_dialogue *dialogue)
{
	guint refused_max = dialogue->settings.refused_max;

	return refused_max - MIN(dialogue->n_refused, refused_max);
}

guint
mg_dialogue_count_replies(const mg_dialogue *dialogue)
{
	return dialogue->n_replies;
}

gboolean
mg_dialogue_awaits(const mg_dialogue *dialogue)
{
	return mg_commands_next(&dialogue->commands) != NULL;
}

const char *
mg_dialogue_problem(const mg_dialogue *dialogue)
{
	return dialogue->problem;
}

mg_rcpt_class
mg_dialogue_failure(const mg_dialogue *dialogue)
{
	return dialogue->failure;
}

const mg_smtp_reply *
mg_dialogue_last_reply(const mg_dialogue *dialogue)
{
	return &dialogue->last_reply;
}

const char *
mg_dialogue_sender(const mg_dialogue *dialogue)
{
	return dialogue->sender == 0 ? "" : dialogue->settings.probe_senders->pdata[dialogue->sender - 1];
}

gboolean
mg_dialogue_has_pipelining(const mg_dialogue *dialogue)
{
	return dialogue->has_pipelining;
}

gboolean
mg_dialogue_has_smtputf8(const mg_dialogue *dialogue)
{
	return dialogue->has_smtputf8;
}
