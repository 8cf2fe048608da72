/* test_wire.c - the encoding: what is written is read again, and what does not add up is refused whole. */
#include <glib.h>
#include <string.h>

#include "mailguard/names.h"
#include "session/facts.h"
#include "wire.h"

static mg_writer
sample(void)
{
	mg_writer writer = { 0 };

	mg_writer_begin(&writer, MG_MESSAGE_VERDICT, G_GUINT64_CONSTANT(0x1122334455667788));
	mg_writer_number(&writer, MG_FIELD_ACTION, G_MAXUINT64);
	mg_writer_text(&writer, MG_FIELD_TEXT, "");
	mg_writer_octets(&writer, MG_FIELD_HELO, "a\0b", 3);
	mg_writer_pair(&writer, MG_FIELD_RESULT, "relay", "denied");
	g_assert_true(mg_writer_end(&writer));
	return writer;
}

static void
test_round_trip(void)
{
	mg_writer writer = sample();
	mg_reader reader;
	mg_field field;

	g_assert_true(mg_reader_open(&reader, writer.octets, writer.length));
	g_assert_cmpint(reader.kind, ==, MG_MESSAGE_VERDICT);
	g_assert_cmpuint(reader.request, ==, G_GUINT64_CONSTANT(0x1122334455667788));
	g_assert_true(mg_reader_next(&reader, &field));
	g_assert_cmpint(field.id, ==, MG_FIELD_ACTION);
	g_assert_cmpuint(mg_field_number(&field), ==, G_MAXUINT64);
	g_assert_true(mg_reader_next(&reader, &field));
	g_assert_cmpstr(mg_field_text(&field), ==, "");
	g_assert_cmpuint(mg_field_number(&field), ==, 0);
	g_assert_true(mg_reader_next(&reader, &field));
	g_assert_cmpmem(field.octets, field.length, "a\0b", 3);
	g_assert_cmpstr(mg_field_second(&field), ==, "b");
	g_assert_true(mg_reader_next(&reader, &field));
	g_assert_cmpstr(mg_field_text(&field), ==, "relay");
	g_assert_cmpstr(mg_field_second(&field), ==, "denied");
	g_assert_false(mg_reader_next(&reader, &field));
	mg_writer_clear(&writer);
}

/* Every proper prefix, and the message with one octet more, is refused. */
static void
test_every_length(void)
{
	mg_writer writer = sample();
	g_autofree guint8 *longer = g_malloc0(writer.length + 1);
	mg_reader reader;

	for (gsize length = 0; length < writer.length; length++) {
		g_autofree guint8 *cut = g_memdup2(writer.octets, length);   /* so that a read beyond is seen */

		g_assert_false(mg_reader_open(&reader, cut, length));
	}
	memcpy(longer, writer.octets, writer.length);
	g_assert_false(mg_reader_open(&reader, longer, writer.length + 1));
	mg_writer_clear(&writer);
}

/* Every octet changed to every value: refused, or read without leaving the message. */
static void
test_every_octet(void)
{
	mg_writer writer = sample();
	g_autofree guint8 *changed = g_memdup2(writer.octets, writer.length);
	mg_reader reader;
	mg_field field;
	guint n_refused = 0;

	for (gsize at = 0; at < writer.length; at++) {
		for (guint value = 0; value < 256; value++) {
			changed[at] = (guint8)value;
			if (!mg_reader_open(&reader, changed, writer.length)) {
				n_refused++;
				continue;
			}
			while (mg_reader_next(&reader, &field)) {
				g_assert_true(field.octets >= changed);
				g_assert_true(field.octets + field.length < changed + writer.length);
				g_assert_cmpuint(field.octets[field.length], ==, 0);
			}
		}
		changed[at] = writer.octets[at];
	}
	g_assert_cmpuint(n_refused, >, 1000);
	mg_writer_clear(&writer);
}

/* A message over the limit is told at its end, and the writer can be used again. */
static void
test_too_long(void)
{
	mg_writer writer = { 0 };
	g_autofree char *large = g_strnfill(1 << 20, 'x');

	mg_writer_begin(&writer, MG_MESSAGE_REPORT, 0);
	for (guint i = 0; i < 15; i++)
		mg_writer_text(&writer, MG_FIELD_LINE, large);
	g_assert_true(mg_writer_end(&writer));
	mg_writer_text(&writer, MG_FIELD_LINE, large);
	g_assert_false(mg_writer_end(&writer));
	mg_writer_begin(&writer, MG_MESSAGE_REPORT, 0);
	g_assert_true(mg_writer_end(&writer));
	mg_writer_clear(&writer);
}

typedef struct question_case {
	const char *name;
	guint64     question, stage;
	gboolean    has_path, is_question;
} question_case;

static const question_case question_cases[] = {
	{ "connect", MG_ASK_STAGE, MG_STAGE_CONNECT, FALSE, TRUE },
	{ "rcpt", MG_ASK_STAGE, MG_STAGE_RCPT, TRUE, TRUE },
	{ "rcpt-without-path", MG_ASK_STAGE, MG_STAGE_RCPT, FALSE, FALSE },
	{ "no-stage", MG_ASK_STAGE, 0, FALSE, FALSE },
	{ "stage-6", MG_ASK_STAGE, 6, FALSE, FALSE },
	{ "relay", MG_ASK_RELAY, 0, TRUE, TRUE },
	{ "relay-without-path", MG_ASK_RELAY, 0, FALSE, FALSE },
	{ "relay-with-stage", MG_ASK_RELAY, MG_STAGE_RCPT, TRUE, FALSE },
	{ "spf", MG_ASK_SPF, 0, FALSE, TRUE },
	{ "question-0", 0, 0, FALSE, FALSE },
	{ "audit", MG_ASK_AUDIT, 0, TRUE, TRUE },
	{ "audit-of-ourselves", MG_ASK_AUDIT, 0, FALSE, TRUE },
	{ "delivery", MG_TELL_DELIVERY, 0, TRUE, TRUE },
	{ "question-8", 8, 0, TRUE, FALSE },
	{ "question-huge", G_MAXUINT64, 0, FALSE, FALSE },
};

static void
test_question(gconstpointer data)
{
	const question_case *row = data;
	mg_writer writer = { 0 };
	mg_facts facts;

	mg_writer_begin(&writer, MG_MESSAGE_QUESTION, 7);
	mg_writer_number(&writer, MG_FIELD_QUESTION, row->question);
	mg_writer_number(&writer, MG_FIELD_STAGE, row->stage);
	mg_writer_octets(&writer, MG_FIELD_CLIENT, "short", 5);             /* another shape: not given */
	mg_writer_octets(&writer, MG_FIELD_TLS_FINGERPRINT, "short", 5);
	mg_writer_number(&writer, (mg_field_id)9999, 1);                    /* of a newer library: skipped */
	if (row->has_path)
		mg_writer_text(&writer, MG_FIELD_FORWARD_PATH, "u@example.net");
	g_assert_true(mg_writer_end(&writer));
	g_assert_cmpint(mg_facts_read(writer.octets, writer.length, &facts), ==, row->is_question);
	if (row->is_question) {
		g_assert_cmpuint(facts.request, ==, 7);
		g_assert_false(facts.has_client);
		g_assert_null(facts.fingerprint);
	}
	mg_writer_clear(&writer);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/round-trip", test_round_trip);
	g_test_add_func("/wire/every-length", test_every_length);
	g_test_add_func("/wire/every-octet", test_every_octet);
	g_test_add_func("/wire/too-long", test_too_long);
	for (guint i = 0; i < G_N_ELEMENTS(question_cases); i++) {
		g_autofree char *path = g_strconcat("/wire/question/", question_cases[i].name, NULL);

		g_test_add_data_func(path, &question_cases[i], test_question);
	}
	return g_test_run();
}
