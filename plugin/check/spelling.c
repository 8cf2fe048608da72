/* spelling.c - see spelling.h. */
#include "check/spelling.h"

#include <string.h>

#include "check/relay.h"

const mg_mailbox *
mg_spelling_mailbox(const mg_policy *policy, const mg_envelope *envelope)
{
	const mg_path *path = mg_envelope_forward(envelope);

	if (path == NULL || path->forms != 0 || !path->is_mailbox || !mg_relay_is_own_domain(policy, path->layers[0].domain))
		return NULL;
	return mg_relay_is_role_address(policy, path) ? NULL : &path->layers[0];
}

static void
spelling_add(mg_spellings *spellings, const char *sent, gsize length, gboolean folds_case)
{
	mg_spelling *one = &spellings->all[spellings->n++];

	one->key = mg_local_part_key(sent, length, folds_case);
	one->path = g_strdup_printf("%.*s@%s", (int)length, sent, spellings->domain);
}

void
mg_spellings_find(const mg_facts *facts, const mg_path *path, const mg_local_rules *rules, mg_spellings *spellings_out)
{
	const char *sent = facts->forward_path.octets;
	const char *at = memrchr(sent, '@', facts->forward_path.length);
	gsize length = (gsize)(at - sent);
	gsize base = sent[0] == '"' ? strlen(path->local) : mg_local_part_base(path->local, rules->delimiters);

	*spellings_out = (mg_spellings){ .domain = g_strdup(path->layers[0].domain) };
	if (base < strlen(path->local))
		spelling_add(spellings_out, sent, base, rules->folds_case);
	spelling_add(spellings_out, sent, length, rules->folds_case);
}

void
mg_spellings_clear(mg_spellings *spellings)
{
	for (guint i = 0; i < spellings->n; i++) {
		g_free(spellings->all[i].key);
		g_free(spellings->all[i].path);
	}
	g_free(spellings->domain);
}
