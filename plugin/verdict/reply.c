/* reply.c - see reply.h. */
#include "verdict/reply.h"

#include <string.h>

#define WORD_MAX 100   /* octets of one inserted word; the recipient's administrator knows the rest */

static void
text_append(mg_reply *reply, gsize *length, char c)
{
	if (*length < MG_REPLY_TEXT_MAX)
		reply->text[(*length)++] = c;
}

static void
text_append_word(mg_reply *reply, gsize *length, mg_words word)
{
	for (gsize i = 0; i < MIN(word.length, WORD_MAX); i++) {
		char c = word.octets[i];

		text_append(reply, length, g_ascii_isalnum(c) || (c != 0 && strchr(".@_-+=:/[]<>!%#*", c)) ? c : '?');
	}
	if (word.length > WORD_MAX)
		for (guint i = 0; i < 3; i++)
			text_append(reply, length, '.');
}

static mg_words
word_of(const char *text)
{
	return (mg_words){ text, text ? strlen(text) : 0 };
}

/* What stands in for "{name}"; mailguard.conf was read with these names only. */
static mg_words
word_find(const mg_reply_words *words, const char *name, gsize length)
{
	const struct {
		const char *name;
		mg_words    word;
	} all[] = {
		{ "client-ip", word_of(words->client_ip) }, { "helo", words->helo },
		{ "sender", words->sender }, { "recipient", words->recipient },
		{ "domain", word_of(words->domain) }, { "result", word_of(words->result) },
		{ "reason", word_of(words->reason) }, { "hostname", word_of(words->hostname) },
	};

	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		if (strlen(all[i].name) == length && strncmp(all[i].name, name, length) == 0)
			return all[i].word;
	return (mg_words){ NULL, 0 };
}

static void
reply_expand(mg_reply *reply, const char *text, const mg_reply_words *words)
{
	gsize length = 0;

	while (*text != 0) {
		const char *end = *text == '{' ? strchr(text, '}') : NULL;

		if (end == NULL) {
			text_append(reply, &length, *text++);
			continue;
		}
		text_append_word(reply, &length, word_find(words, text + 1, (gsize)(end - text - 1)));
		text = end + 1;
	}
	/* Somebody else's words, marked as such; printable ASCII since they were evaluated. */
	if (words->explanation != NULL) {
		const char *parts[] = { "; ", words->domain ? words->domain : "the domain", " explains: ", words->explanation };

		for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
			for (const char *at = parts[i]; *at; at++)
				text_append(reply, &length, *at >= ' ' && *at <= '~' ? *at : '?');
	}
	reply->text[length] = 0;
	if (length == 0)   /* a text of placeholders with nothing to stand in for them */
		g_strlcpy(reply->text, "Not accepted here", sizeof(reply->text));
}

void
mg_reply_build(const mg_policy *policy, mg_action action, mg_reason reason, const mg_reply_words *words,
               mg_reply *reply_out)
{
	const mg_reason_info *info = mg_reason_get(reason);
	const mg_reply_form *form = &policy->replies[reason];
	const mg_reason_reply *standard = action == MG_REJECT ? &info->reject : &info->defer;
	const char *section_text = (action == MG_REJECT ? policy->reject_texts : policy->defer_texts)[reason];

	if (action == MG_ACCEPT) {
		reply_out->code = 250;
		reply_out->enhanced = "2.0.0";
		g_strlcpy(reply_out->text, "Ok", sizeof(reply_out->text));
		return;
	}
	reply_out->code = standard->code;
	reply_out->enhanced = standard->enhanced;
	if (form->code / 100 == standard->code / 100) {   /* safe-mode may have made another class of it */
		reply_out->code = form->code;
		if (form->enhanced[0] != 0)
			reply_out->enhanced = form->enhanced;
	}
	reply_expand(reply_out, form->text ? form->text : section_text ? section_text : info->text, words);
}
