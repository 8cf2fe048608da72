/* fuzz_path.c - paths in any octets, and what the relay decision makes of them.
 * In:    the first octet: bit 0 is SMTPUTF8, the others choose the limit of a Local-part; then the path
 * Rules: what path.h promises of layers; what is accepted for an outsider has no routing in it, by a reading of the
 *        octets that shares nothing with path.c; no junk around a path that was denied makes it accepted (RELIABILITY
 *        3.3, F5 and F6), nor hides it from a deny list. A broken rule traps.
 * Needs: all of plugin/, api/wire.c, api/names.c, api/path.c. */
#include <string.h>

#include "fuzz.h"
#include "check/relay.h"
#include "mailguard/session.h"
#include "policy/policy.h"
#include "session/domain.h"
#include "session/path.h"

#define OURS            "ours.example"
#define PARTNER         "partner.example"
#define OCTETS_MAX      1024    /* more than any limit of a path; the rest would only be slow */
#define WRAPPED_MAX     1024

static const char policy_text[] =
	"[mailguard]\n"
	"hostname = mx." OURS "\n"
	"own-addresses = 192.0.2.1 2001:db8::1\n"
	"[domains]\n"
	"local = " OURS "\n"
	"relay-to = backup.example .backup.example\n"
	"[zone inside]\n"
	"networks = 198.51.100.0/24\n"
	"[grant users]\n"
	"auth = any\n"
	"[grant inside]\n"
	"zone = inside\n"
	"to = @" PARTNER " @." PARTNER "\n"
	"[deny recipients]\n"
	"recipients = @denied.example denied@\n";

static const mg_policy *
policy_get(void)
{
	static mg_policy *policy;   /* parsed once; lives as long as the process */
	mg_findings *findings;

	if (policy != NULL)
		return policy;
	findings = mg_findings_new();
	policy = mg_policy_parse(policy_text, strlen(policy_text), "/nonexistent/mailguard.conf", findings);
	MUST(policy != NULL && mg_findings_errors(findings) == 0);
	mg_findings_free(findings);
	return policy;
}

/* ---- what path.h says of layers ---- */

static gboolean
is_inside(const mg_path *path, const char *text)
{
	return text >= path->text && text + strlen(text) < path->text + path->n_used;
}

static void
check_domain(const mg_mailbox *layer)
{
	char canonical[MG_DOMAIN_MAX + 1], address[MG_IP_TEXT_MAX];

	if (layer->is_literal) {
		gsize length = strlen(layer->domain);

		mg_ip_format(&layer->literal, address);
		MUST(length == strlen(address) + 2 && layer->domain[0] == '[' && layer->domain[length - 1] == ']');
		MUST(memcmp(layer->domain + 1, address, length - 2) == 0);
		return;
	}
	for (const char *at = layer->domain; *at; at++)
		MUST((guchar)*at < 0x80 && !g_ascii_isupper(*at));
	MUST(mg_domain_canonical(layer->domain, strlen(layer->domain), FALSE, canonical));
	MUST(strcmp(canonical, layer->domain) == 0);
}

static void
check_layer(const mg_path *path, guint index)
{
	const mg_mailbox *layer = &path->layers[index];
	gsize n_local;

	MUST(layer->local != NULL && is_inside(path, layer->local));
	MUST((layer->key == NULL) == (layer->domain == NULL));
	MUST(g_utf8_validate(layer->local, -1, NULL));
	for (const char *at = layer->local; *at; at++)
		MUST(!g_ascii_isupper(*at) && (guchar)*at >= ' ' && *at != 0x7f);
	if (layer->domain == NULL) {
		MUST(index > 0);   /* the path's own domain is one, or the path is none */
		return;
	}
	MUST(is_inside(path, layer->key) && is_inside(path, layer->domain));
	n_local = strlen(layer->local);
	MUST(strncmp(layer->key, layer->local, n_local) == 0 && layer->key[n_local] == '@');
	MUST(strcmp(layer->key + n_local + 1, layer->domain) == 0);
	if (layer->domain[0] != 0)
		check_domain(layer);
	else
		MUST(index == 0 && (path->forms & MG_FORM_NO_DOMAIN));
}

static void
check_path(const mg_path *path, gsize length)
{
	MUST(path->is_null == (length == 0));
	if (path->is_null) {
		MUST(path->n_layers == 0 && path->forms == 0 && !path->is_mailbox);
		return;
	}
	MUST(path->n_layers >= 1 && path->n_layers <= MG_LAYERS_MAX);
	MUST(path->n_used <= sizeof(path->text));
	MUST(path->forms < MG_FORM_LITERAL << 1);
	for (guint i = 0; i < path->n_layers; i++)
		check_layer(path, i);
	MUST(!path->is_mailbox || path->layers[0].domain[0] != 0);
	MUST(((path->forms & MG_FORM_NO_DOMAIN) != 0) == (path->layers[0].domain[0] == 0));
	MUST(((path->forms & MG_FORM_LITERAL) != 0) == path->layers[0].is_literal);
	MUST(path->forms != 0 || (path->n_layers == 1 && path->is_mailbox));
}

/* A plain path, put together from the parts of its key, is the same mailbox again. */
static void
check_again(const mg_path *path, gboolean utf8)
{
	const mg_mailbox *layer = &path->layers[0];
	char text[4 * MG_PATH_MAX];
	const char *fault = NULL;
	mg_path again;

	if (path->is_null || path->forms != 0)
		return;
	if (mg_path_from_parts(layer->local, strlen(layer->local), layer->domain, strlen(layer->domain), text,
	                       sizeof(text)) != MG_OK)
		return;
	if (strlen(text) > MG_PATH_MAX)   /* folding, A-labels and quotes can make it longer */
		return;
	MUST(mg_path_parse(text, strlen(text), utf8, MG_PATH_MAX, &again, &fault));
	MUST(again.forms == 0 && strcmp(again.layers[0].key, layer->key) == 0);
}

/* ---- the relay decision ---- */

/* Whether a client in @zone, of whom nothing else is known, may send to @path. */
static gboolean
is_accepted(const mg_path *path, const char *fault, const mg_zone *zone, mg_reason *reason_out)
{
	const mg_relay_question question = {
		.policy = policy_get(), .zone = zone, .forward_path = path, .forward_fault = fault,
	};
	mg_relay_answer answer;

	mg_relay_judge(&question, NULL, &answer);
	*reason_out = answer.reason;
	MUST(fault == NULL || answer.reason == MG_REASON_RELAY_DENIED);
	MUST(zone != NULL || answer.reason != MG_REASON_RELAY_GRANTED);
	return answer.reason == MG_REASON_RELAY_OWN_DOMAIN || answer.reason == MG_REASON_RELAY_GRANTED;
}

static gsize
count_of(const char *text, const char *set)
{
	gsize n = 0;

	for (; *text; text++)
		n += strchr(set, *text) != NULL;
	return n;
}

/* What an outsider may send to, by the look of its octets alone: one at sign and nothing else that routes, here or in
 * what Unicode makes of it; or postmaster by himself. */
static void
check_own(const char *octets, gsize length, const mg_path *path)
{
	g_autofree char *text = g_strndup(octets, length);
	g_autofree char *mapped = g_utf8_validate(text, -1, NULL) ? g_utf8_normalize(text, -1, G_NORMALIZE_NFKC) : NULL;
	const char *domain = strrchr(text, '@');
	char canonical[MG_DOMAIN_MAX + 1];

	MUST(mapped != NULL && strlen(text) == length && path->n_layers == 1);
	MUST(count_of(text, "%!") == 0 && count_of(mapped, "%!") == 0);
	if (domain == NULL) {
		MUST(count_of(mapped, "@") == 0 && strcasestr(text, "postmaster") != NULL);
		return;
	}
	domain++;
	MUST(count_of(text, "@") == 1 && count_of(mapped, "@") == 1);
	if (*domain == '[') {
		MUST(g_ascii_strncasecmp(text, "postmaster@", 11) == 0
		     || g_ascii_strncasecmp(text, "\"postmaster\"@", 13) == 0);
		return;
	}
	MUST(mg_domain_canonical(domain, strlen(domain), TRUE, canonical));
	MUST(strcmp(canonical, OURS) == 0 || g_str_has_suffix(canonical, "backup.example"));
}

static gboolean
is_denied_recipient(const mg_path *path)
{
	return mg_addresses_find_any(policy_get()->deny_recipients, path) != NULL;
}

/* ---- junk around a path ---- */

/* {p} the path as it came, {q} with its quotes and backslashes escaped, {l} and {d} what is before and behind its last
 * at sign, {h} the host around. */
static const char *const wraps[] = {
	"{l}%{d}@{h}", "{d}!{l}@{h}", "{h}!{p}", "\"{q}\"@{h}", "@{h}:{p}", "@{h},@{h}:{p}", "{p}@{h}", "{p}%{h}@{h}",
	"\"@{h}:{q}\"@{h}", "{h}!{l}%{d}@{h}", "\"{h}!{q}\"@{h}", "\"{q}%{h}\"@{h}",
	"\"\\\"{q}\\\"\"@{h}",   /* the last: in quotes twice it is a Local-part that nobody routes by */
};

/* FALSE if it would be longer than any path. */
static gboolean
wrap(const char *form, const GString *path, const char *host, GString *out)
{
	const char *at = path->len > 0 ? memrchr(path->str, '@', path->len) : NULL;
	gsize n_local = at ? (gsize)(at - path->str) : path->len;

	g_string_truncate(out, 0);
	for (; *form; form++) {
		if (*form != '{') {
			g_string_append_c(out, *form);
			continue;
		}
		switch (form[1]) {
		case 'p':
			g_string_append_len(out, path->str, (gssize)path->len);
			break;
		case 'q':
			for (gsize i = 0; i < path->len; i++) {
				if (path->str[i] == '"' || path->str[i] == '\\')
					g_string_append_c(out, '\\');
				g_string_append_c(out, path->str[i]);
			}
			break;
		case 'l':
			g_string_append_len(out, path->str, (gssize)n_local);
			break;
		case 'd':
			if (at != NULL)
				g_string_append_len(out, at + 1, (gssize)(path->len - n_local - 1));
			break;
		default:
			g_string_append(out, host);
		}
		form += 2;
	}
	return out->len <= WRAPPED_MAX;
}

typedef struct judged {
	mg_path     path;
	const char *fault;
	mg_reason   outside, inside;   /* for a client in no zone, in the zone */
	gboolean    outside_accepted, inside_accepted;
} judged;

/* FALSE for the null path, which is no forward-path. The limit of Local-parts is not what is tried here. */
static gboolean
judge(const char *octets, gsize length, gboolean utf8, judged *judged_out)
{
	judged_out->fault = NULL;
	if (!mg_path_parse(octets, length, utf8, MG_PATH_MAX, &judged_out->path, &judged_out->fault))
		MUST(judged_out->fault != NULL && judged_out->fault[0] != 0);
	if (judged_out->fault == NULL && judged_out->path.is_null)
		return FALSE;
	judged_out->outside_accepted = is_accepted(&judged_out->path, judged_out->fault, NULL, &judged_out->outside);
	judged_out->inside_accepted = is_accepted(&judged_out->path, judged_out->fault, policy_get()->zones->pdata[0],
	                                          &judged_out->inside);
	if (judged_out->outside_accepted)
		check_own(octets, length, &judged_out->path);
	return TRUE;
}

static void
check_wraps(const GString *octets, gboolean utf8, const judged *alone)
{
	static const char *const hosts[] = { OURS, PARTNER };
	/* A bare word in quotes at a domain is a mailbox there and nothing else; octets that are no path may
	 * become one in quotes. Neither is hidden routing. */
	gboolean is_word = alone->fault != NULL ? strpbrk(octets->str, "@%!") == NULL
	                                        : alone->path.forms == MG_FORM_NO_DOMAIN;
	gboolean has_target = alone->fault == NULL && alone->path.layers[0].domain[0] != 0;
	/* A route in a route is none, and with a colon in it whatever begins with an at sign is read as a route alone. */
	gboolean is_denied = has_target && strchr(octets->str, ':') == NULL && is_denied_recipient(&alone->path);
	g_autoptr(GString) text = g_string_new(NULL);
	judged around;

	for (guint i = 0; i < G_N_ELEMENTS(wraps); i++)
		for (guint k = 0; k < G_N_ELEMENTS(hosts); k++) {
			if (!wrap(wraps[i], octets, hosts[k], text) || !judge(text->str, text->len, utf8, &around))
				continue;
			MUST(alone->outside_accepted || is_word || !around.outside_accepted);
			MUST(alone->inside_accepted || !has_target || !around.inside_accepted);
			if (is_denied && i + 1 < G_N_ELEMENTS(wraps))
				MUST(around.fault != NULL || is_denied_recipient(&around.path));
		}
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	char *copy;   /* of exactly its size, so that reading past it is seen */
	g_autoptr(GString) text = NULL;
	g_autoptr(GString) forms = NULL;
	gboolean utf8;
	gsize local_part_max;
	const char *fault = NULL;
	mg_path path;
	judged alone;

	if (length == 0 || length > OCTETS_MAX)
		return 0;
	utf8 = octets[0] & 1;
	local_part_max = MG_LOCAL_PART_MAX + (octets[0] >> 1) * (MG_PATH_MAX - MG_LOCAL_PART_MAX) / 127u;
	length--;
	copy = memcpy(malloc(length), octets + 1, length);
	if (mg_path_parse(copy, length, utf8, local_part_max, &path, &fault)) {
		MUST(fault == NULL);
		check_path(&path, length);
		check_again(&path, utf8);
		forms = g_string_new(NULL);
		mg_path_forms_append(forms, path.forms);
		MUST(forms->len > 0);
	} else {
		MUST(fault != NULL && fault[0] != 0);
	}
	text = g_string_new_len(copy, (gssize)length);
	free(copy);
	if (judge(text->str, text->len, utf8, &alone))
		check_wraps(text, utf8, &alone);
	return 0;
}
