/* fuzz_dialogue.c - a backend that says anything, cut anywhere, and an owner that sends, loses and begins at any time.
 * In:    the first octet: bits 0 and 1 the TLS mode, bit 2 LMTP, bit 3 no pipelining, bit 4 a probe sender, bit 5 the quirk;
 *        the second: how many recipients a batch has. Then what the backend says; control octets other than CR and LF are
 *        the owner's: 1 sends all, 2 sends half, 3 begins a batch, 4 has made TLS, 5 loses the connection, 6 quits, 7 ends a
 *        piece without sending.
 * Rules: the reader finds the same in one piece and octet by octet. Only what the grammar allows is said. No
 *        more recipients are answered than were asked about, none is believed after a surprise, and a negative stands on a
 *        5xx in the script. A broken rule traps.
 * Needs: plugin/verify/. */
#include <string.h>

#include "fuzz.h"
#include "verify/dialogue.h"

#define OCTETS_MAX 8192

#define OWNER_SENDS  1
#define OWNER_HALF   2
#define OWNER_BEGINS 3
#define OWNER_TLS    4
#define OWNER_LOSES  5
#define OWNER_QUITS  6
#define OWNER_CUTS   7

/* The third and fourth cannot be said, the fifth only with SMTPUTF8. */
static const char *const paths[MG_DIALOGUE_BATCH_MAX] = { "a@b.example", "\"b c\"@b.example", "d\r\nDATA@b.example",
	"e>@b.example", "\xc3\xb1@b.example", "f@b.example", "g@b.example", "h@b.example", "i@b.example", "j@b.example" };
static const char probe_sender[] = "probe@mx.example";

typedef struct playing {
	mg_dialogue          *dialogue;
	mg_dialogue_recipient recipients[MG_DIALOGUE_BATCH_MAX];
	guint                 n;
	guint                 n_rcpt;    /* said in the batch under way, sent or not */
	GString              *said;      /* since the last look */
	const char           *script;
	gsize                 script_length;
} playing;

/* ---- replies ---- */

static void
reader_run(const char *octets, gsize length, gsize size, GString *out)
{
	mg_smtp_reader reader;

	memset(&reader, 0x55, sizeof(reader));
	mg_smtp_reader_init(&reader);
	for (gsize at = 0; at < length && reader.fault == NULL;) {
		gsize n = MIN(size, length - at), taken;
		char *copy = malloc(n);
		mg_smtp_event event;

		memcpy(copy, octets + at, n);
		event = mg_smtp_reader_take(&reader, copy, n, &taken);
		free(copy);
		MUST(taken >= 1 && taken <= n);
		MUST((event == MG_SMTP_BROKEN) == (reader.fault != NULL));
		at += taken;
		if (event != MG_SMTP_REPLY)
			continue;
		MUST(reader.reply.code >= 200 && reader.reply.code <= 599 && mg_smtp_reader_is_between(&reader));
		MUST(reader.reply.n_lines >= 1 && reader.reply.n_lines <= MG_SMTP_LINES_MAX);
		MUST(strlen(reader.reply.text) <= MG_SMTP_TEXT_MAX);
		if (mg_rcpt_class_is_negative(mg_rcpt_class_of(&reader.reply, MG_QUIRK_EXCHANGE_ONLINE)))
			MUST(reader.reply.code >= 500 && (reader.reply.enhanced_class == 0 ||
			     (reader.reply.enhanced_class == 5 && reader.reply.enhanced_subject != 7)));
		g_string_append_printf(out, "%d %u.%u.%u %u %s\n", reader.reply.code, reader.reply.enhanced_class,
		                       reader.reply.enhanced_subject, reader.reply.enhanced_detail, reader.reply.n_lines,
		                       reader.reply.text);
	}
	g_string_append(out, reader.fault != NULL ? reader.fault : "");
}

static void
check_reader(const char *octets, gsize length)
{
	g_autoptr(GString) whole = g_string_new(NULL);
	g_autoptr(GString) single = g_string_new(NULL);

	reader_run(octets, length, length, whole);
	reader_run(octets, length, 1, single);
	MUST(g_string_equal(whole, single));
}

/* ---- what is said ---- */

static gboolean
is_rcpt(const char *line)
{
	for (guint i = 0; i < MG_DIALOGUE_BATCH_MAX; i++) {
		g_autofree char *rcpt = g_strdup_printf("RCPT TO:<%s>", paths[i]);

		if (strcmp(line, rcpt) == 0)
			return i != 2 && i != 3;
	}
	return FALSE;
}

static void
check_line(playing *play, const char *line)
{
	static const char *const lines[] = { "EHLO mx.example.net", "HELO mx.example.net", "LHLO mx.example.net", "STARTTLS", "RSET",
		"QUIT", "MAIL FROM:<>", "MAIL FROM:<> SMTPUTF8", "MAIL FROM:<probe@mx.example>",
		"MAIL FROM:<probe@mx.example> SMTPUTF8", NULL };

	if (is_rcpt(line))
		play->n_rcpt++;
	else
		MUST(g_strv_contains(lines, line));
}

/* All that is to be sent, new since the last look: whole lines. */
static void
check_said(playing *play)
{
	gsize length;
	const char *output = mg_dialogue_output(play->dialogue, &length);
	g_autofree char *fresh = NULL;
	g_auto(GStrv) lines = NULL;

	MUST(memchr(output, 0, length) == NULL);
	if (length == 0 || play->said->len == length)
		return;
	MUST(length > play->said->len && memcmp(output, play->said->str, play->said->len) == 0);
	fresh = g_strndup(output + play->said->len, length - play->said->len);
	MUST(g_str_has_suffix(fresh, "\r\n"));
	lines = g_strsplit(fresh, "\r\n", -1);
	for (char **line = lines; line[1] != NULL; line++)
		check_line(play, *line);
	g_string_assign(play->said, output);
}

static void
send_octets(playing *play, gboolean is_half)
{
	gsize length;

	check_said(play);
	mg_dialogue_output(play->dialogue, &length);
	if (is_half)
		length /= 2;
	mg_dialogue_sent(play->dialogue, length);
	g_string_erase(play->said, 0, (gssize)MIN(length, play->said->len));
	if (mg_dialogue_get_state(play->dialogue) == MG_DIALOGUE_ENDED)
		g_string_truncate(play->said, 0);
}

/* ---- what is answered ---- */

/* A reply of these digits is in the script, but for what the owner has in between. */
static gboolean
script_has(const playing *play, int code)
{
	char digits[4];

	g_snprintf(digits, sizeof(digits), "%d", code);
	for (gsize i = 0, matched = 0; i < play->script_length; i++) {
		if (play->script[i] >= OWNER_SENDS && play->script[i] <= OWNER_CUTS)
			continue;
		matched = play->script[i] == digits[matched] ? matched + 1 : play->script[i] == digits[0];
		if (matched == 3)
			return TRUE;
	}
	return FALSE;
}

static void
check_answers(const playing *play)
{
	guint n_answered = 0;

	for (guint i = 0; i < play->n; i++) {
		const mg_dialogue_recipient *recipient = &play->recipients[i];
		gboolean is_local = recipient->class == MG_RCPT_BAD_SYNTAX || recipient->class == MG_RCPT_UNVERIFIABLE;

		MUST(recipient->class <= MG_RCPT_TRANSPORT);
		if (!recipient->is_answered) {
			MUST(recipient->class == MG_RCPT_TRANSPORT || recipient->class == MG_RCPT_BATCH_LIMIT ||
			     recipient->class == MG_RCPT_CLOSING);
			continue;
		}
		MUST(recipient->class != MG_RCPT_BATCH_LIMIT && recipient->class != MG_RCPT_CLOSING);
		MUST((i == 2 || i == 3) <= (recipient->class == MG_RCPT_BAD_SYNTAX));
		if (recipient->reply.code == 0)
			MUST(is_local || recipient->class == MG_RCPT_TRANSPORT);
		else
			MUST(script_has(play, recipient->reply.code));
		if (mg_rcpt_class_is_negative(recipient->class))
			MUST(recipient->reply.code >= 500);
		/* What is refused before RCPT is told to all of a batch. */
		n_answered += recipient->reply.code != 0 && recipient->class != MG_RCPT_TEMP && recipient->class != MG_RCPT_SENDER &&
			recipient->class != MG_RCPT_CONFIG && recipient->class != MG_RCPT_PROTOCOL;
	}
	MUST(n_answered <= play->n_rcpt);
}

static void
check_nothing_is_believed(const playing *play)
{
	for (guint i = 0; i < play->n; i++)
		MUST(play->recipients[i].reply.code == 0);
}

static gboolean
is_surprised(const mg_dialogue *dialogue)
{
	static const char *const others[] = { "closing", "protocol", "lost", "banner", "greeting", "helo-word", "starttls",
		"tls-missing", "tls-refused", NULL };
	const char *problem = mg_dialogue_problem(dialogue);

	return mg_dialogue_get_state(dialogue) == MG_DIALOGUE_ENDED && problem != NULL && !g_strv_contains(others, problem);
}

static void
check_state(const playing *play, gboolean was_in_batch)
{
	MUST(!mg_rcpt_class_is_negative(mg_dialogue_failure(play->dialogue)));
	if (mg_dialogue_get_state(play->dialogue) == MG_DIALOGUE_ENDED) {
		gsize length;

		mg_dialogue_output(play->dialogue, &length);
		MUST(length == 0 && !mg_dialogue_awaits(play->dialogue));
	}
	if (was_in_batch && is_surprised(play->dialogue))
		check_nothing_is_believed(play);
	check_answers(play);
}

/* ---- playing ---- */

static void
batch_begin(playing *play)
{
	if (mg_dialogue_get_state(play->dialogue) == MG_DIALOGUE_BATCH)
		return;   /* the recipients are not ours to give again */
	memset(play->recipients, 0x55, sizeof(play->recipients));
	for (guint i = 0; i < play->n; i++)
		play->recipients[i].path = paths[i];
	check_said(play);
	play->n_rcpt = 0;
	mg_dialogue_begin(play->dialogue, play->recipients, play->n);
}

static void
piece_feed(playing *play, const char *octets, gsize length)
{
	char *copy = malloc(length);
	gboolean was_in_batch = mg_dialogue_get_state(play->dialogue) == MG_DIALOGUE_BATCH;

	memcpy(copy, octets, length);
	mg_dialogue_feed(play->dialogue, copy, length);
	free(copy);
	check_state(play, was_in_batch);
}

static void
owner_calls(playing *play, char call)
{
	switch (call) {
	case OWNER_BEGINS:
		batch_begin(play);
		break;
	case OWNER_TLS:
		mg_dialogue_secured(play->dialogue);
		break;
	case OWNER_LOSES:
		mg_dialogue_lose(play->dialogue, "lost");
		break;
	case OWNER_QUITS:
		mg_dialogue_quit(play->dialogue);
		break;
	}
	check_state(play, FALSE);
	if (call != OWNER_CUTS)
		send_octets(play, call == OWNER_HALF);
}

static void
script_play(playing *play)
{
	for (gsize at = 0, from = 0; at <= play->script_length; at++) {
		if (at < play->script_length && (play->script[at] < OWNER_SENDS || play->script[at] > OWNER_CUTS))
			continue;
		if (at > from)
			piece_feed(play, play->script + from, at - from);
		if (at < play->script_length)
			owner_calls(play, play->script[at]);
		from = at + 1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	g_autoptr(GPtrArray) senders = g_ptr_array_new();
	g_autoptr(GString) said = g_string_new(NULL);
	mg_dialogue_settings settings = { .helo = "mx.example.net", .refused_max = 4, .transactions_max = 5,
		.probe_senders = senders };
	playing play = { .said = said };

	if (length < 2 || length > OCTETS_MAX)
		return 0;
	settings.tls = (mg_tls_mode)(octets[0] & 3);
	settings.is_lmtp = octets[0] >> 2 & 1;
	settings.avoids_pipelining = octets[0] >> 3 & 1;
	settings.quirk = octets[0] >> 5 & 1 ? MG_QUIRK_EXCHANGE_ONLINE : MG_QUIRK_NONE;
	if (octets[0] >> 4 & 1)
		g_ptr_array_add(senders, (char *)probe_sender);
	play.n = 1 + octets[1] % MG_DIALOGUE_BATCH_MAX;
	play.script = (const char *)octets + 2;
	play.script_length = length - 2;

	check_reader(play.script, play.script_length);
	for (guint i = 0; i < MG_DIALOGUE_BATCH_MAX; i++)   /* no batch yet */
		play.recipients[i] = (mg_dialogue_recipient){ .path = paths[i], .class = MG_RCPT_TRANSPORT };
	play.dialogue = mg_dialogue_new(&settings);
	script_play(&play);
	mg_dialogue_free(play.dialogue);
	return 0;
}
