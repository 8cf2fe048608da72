/* matrix.c - see matrix.h. */
#include "check/matrix.h"

#include <string.h>

#include "check/forms.h"
#include "check/relay.h"

#define OUTSIDE "outside.invalid"   /* RFC 2606: nobody's */

/* Somebody who might send. */
typedef struct client_class {
	char          *name;          /* owned */
	const mg_zone *zone;          /* NULL: in no zone */
	gboolean       is_outsider;   /* nothing about it is known, or its zone holds strangers */
	const char    *user;          /* NULL: not authenticated */
	const guint8  *fingerprint;
	char          *helo;          /* owned */
	const mg_grant *of;           /* the grant it is made for, or NULL */
} client_class;

/* A path that somebody might name, as sender or as where to. */
typedef struct path_class {
	char           *name;   /* owned */
	char           *path;   /* owned; of a recipient, its domain */
	const mg_grant *of;   /* the grant it is made from, or NULL */
} path_class;

typedef struct matrix_classes {
	const mg_policy *policy;       /* borrowed */
	GPtrArray       *clients;      /* owned; of client_class */
	GPtrArray       *senders;      /* owned; of path_class */
	GPtrArray       *recipients;   /* owned; of path_class */
	char            *ours;         /* owned; a domain of [domains], or one that could be */
} matrix_classes;

static void
client_class_free(gpointer data)
{
	client_class *client = data;

	g_free(client->name);
	g_free(client->helo);
	g_free(client);
}

static void
path_class_free(gpointer data)
{
	path_class *class = data;

	g_free(class->name);
	g_free(class->path);
	g_free(class);
}

/* ---- the classes ---- */

static void
add_client(matrix_classes *matrix, char *name, const mg_zone *zone, const char *user)
{
	client_class *client = g_new0(client_class, 1);

	client->name = name;
	client->zone = zone;
	client->user = user;
	client->helo = g_strdup("host." OUTSIDE);
	client->is_outsider = user == NULL && (zone == NULL || zone->is_open);
	g_ptr_array_add(matrix->clients, client);
}

/* One who has all that the grant wants of a client. */
static void
add_client_of(matrix_classes *matrix, const mg_grant *grant)
{
	client_class *client = g_new0(client_class, 1);

	client->name = g_strdup_printf("as grant %s wants", grant->name);
	client->of = grant;
	client->zone = grant->zones && grant->zones->len > 0 ? grant->zones->pdata[0] : NULL;
	client->user = grant->auth_any ? "someone" : grant->example_user;
	if (grant->fingerprints && grant->fingerprints->len > 0)
		client->fingerprint = grant->fingerprints->pdata[0];
	client->helo = grant->helo ? mg_patterns_example(grant->helo) : g_strdup("host." OUTSIDE);
	g_ptr_array_add(matrix->clients, client);
}

static void
add_path(GPtrArray *classes, char *name, char *path, const mg_grant *of)
{
	path_class *class = g_new0(path_class, 1);

	class->name = name;
	class->path = path;
	class->of = of;
	g_ptr_array_add(classes, class);
}

/* A domain that an entry of the list stands for. */
static char *
example_domain(const mg_domains *domains)
{
	const char *entry = mg_domains_count(domains) > 0 ? mg_domains_get(domains, 0) : NULL;

	if (entry == NULL)
		return NULL;
	return *entry == '.' ? g_strconcat("host", entry, NULL) : g_strdup(entry);
}

/* Strangers, zones, authenticated users, and for each grant one who has all that it wants. */
static void
add_clients(matrix_classes *matrix)
{
	const mg_policy *policy = matrix->policy;

	add_client(matrix, g_strdup("outside"), NULL, NULL);
	add_client(matrix, g_strdup("outside, authenticated"), NULL, "someone");
	for (guint i = 0; i < policy->zones->len; i++) {
		const mg_zone *zone = policy->zones->pdata[i];

		add_client(matrix, g_strdup_printf("zone %s", zone->name), zone, NULL);
	}
	for (guint i = 0; i < policy->grants->len; i++)
		add_client_of(matrix, policy->grants->pdata[i]);
}

static void
add_paths(matrix_classes *matrix)
{
	const mg_policy *policy = matrix->policy;
	char *local = example_domain(policy->local), *relay_to = example_domain(policy->relay_to);

	matrix->ours = g_strdup(local ? local : relay_to ? relay_to : "ours.invalid");
	add_path(matrix->senders, g_strdup("<>"), g_strdup(""), NULL);
	add_path(matrix->senders, g_strdup("ours"), g_strconcat("user@", matrix->ours, NULL), NULL);
	add_path(matrix->senders, g_strdup("foreign"), g_strdup("user@" OUTSIDE), NULL);
	add_path(matrix->recipients, g_strdup("foreign"), g_strdup(OUTSIDE), NULL);
	if (local != NULL)
		add_path(matrix->recipients, g_strdup_printf("local %s", local), local, NULL);
	if (relay_to != NULL)
		add_path(matrix->recipients, g_strdup_printf("relay-to %s", relay_to), relay_to, NULL);
	for (guint i = 0; i < policy->grants->len; i++) {
		const mg_grant *grant = policy->grants->pdata[i];
		char *from = grant->from ? mg_addresses_example(grant->from) : NULL;
		char *to = grant->to ? mg_addresses_example_domain(grant->to) : NULL;

		if (from != NULL)
			add_path(matrix->senders, g_strdup_printf("from of %s", grant->name), from, grant);
		if (to != NULL)
			add_path(matrix->recipients, g_strdup_printf("to of %s (%s)", grant->name, to), to, grant);
	}
}

static void
matrix_begin(matrix_classes *matrix, const mg_policy *policy)
{
	matrix->policy = policy;
	matrix->clients = g_ptr_array_new_with_free_func(client_class_free);
	matrix->senders = g_ptr_array_new_with_free_func(path_class_free);
	matrix->recipients = g_ptr_array_new_with_free_func(path_class_free);
	add_clients(matrix);
	add_paths(matrix);
}

static void
matrix_end(matrix_classes *matrix)
{
	g_ptr_array_unref(matrix->clients);
	g_ptr_array_unref(matrix->senders);
	g_ptr_array_unref(matrix->recipients);
	g_free(matrix->ours);
}

/* ---- one decision ---- */

typedef struct matrix_answer {
	gboolean  is_accepted;
	gboolean  is_plain_own;   /* it goes to a domain of ours and nowhere else */
	mg_reason reason;
} matrix_answer;

static matrix_answer
matrix_judge(const matrix_classes *matrix, const client_class *client, const path_class *sender, const path_class *recipient,
             const mg_address_form *form)
{
	const mg_policy *policy = matrix->policy;
	GString *made = mg_address_form_make(form, recipient->path, matrix->ours);
	mg_path reverse_path, forward_path;
	const char *reverse_fault = NULL, *forward_fault = NULL;
	mg_relay_answer answer;
	mg_relay_question question = {
		.policy = policy,
		.zone = client->zone,
		.auth = { client->user, client->user ? strlen(client->user) : 0 },
		.fingerprint = client->fingerprint,
		.helo = { client->helo, strlen(client->helo) },
		.forward_path = &forward_path,
		.at_any_hour = TRUE,
	};
	gboolean is_path, is_granted;

	mg_path_parse(sender->path, strlen(sender->path), TRUE, policy->local_part_max, &reverse_path, &reverse_fault);
	mg_path_parse(made->str, made->len, form->smtputf8, policy->local_part_max, &forward_path, &forward_fault);
	g_string_free(made, TRUE);
	question.reverse_path = reverse_fault ? NULL : &reverse_path;
	question.forward_fault = forward_fault;
	mg_relay_judge(&question, NULL, &answer);

	is_path = forward_fault == NULL;
	is_granted = answer.reason == MG_REASON_RELAY_GRANTED && !answer.is_undeliverable;
	return (matrix_answer){
		.is_accepted = is_path && (is_granted || answer.reason == MG_REASON_RELAY_OWN_DOMAIN),
		.is_plain_own = is_path && forward_path.forms == 0
		                && mg_relay_is_own_domain(policy, forward_path.layers[0].domain),
		.reason = is_path ? answer.reason : MG_REASON_ADDRESS_SYNTAX,
	};
}

static guint
sender_forms(const path_class *sender)
{
	return sender->of ? 1 : mg_address_forms_count();
}

gboolean
mg_matrix_leaks(const mg_policy *policy, gboolean with_open_zones, char **why_out)
{
	matrix_classes matrix;
	gboolean leaks = FALSE;

	matrix_begin(&matrix, policy);
	for (guint c = 0; c < matrix.clients->len && !leaks; c++) {
		const client_class *client = matrix.clients->pdata[c];

		if (!client->is_outsider || (client->zone != NULL && !with_open_zones))
			continue;
		for (guint s = 0; s < matrix.senders->len && !leaks; s++)
			/* A sender made from a grant is tried plainly only: a thousand grants must load at once. */
			for (guint form = 0; form < sender_forms(matrix.senders->pdata[s]) && !leaks; form++) {
				const path_class outside = { NULL, (char *)OUTSIDE, NULL };
				const path_class *sender = matrix.senders->pdata[s];
				matrix_answer judged = matrix_judge(&matrix, client, sender, &outside, mg_address_forms_get(form));

				/* A bare name is postmaster's alone; all else must go to ours, plainly. */
				leaks = judged.is_accepted && !judged.is_plain_own;
				if (leaks && why_out != NULL)
					*why_out = g_strdup_printf("%s, sender %s, reaches %s by the form '%s'", client->name,
					                           sender->name, OUTSIDE, mg_address_forms_get(form)->name);
			}
	}
	matrix_end(&matrix);
	return leaks;
}

/* ---- the table ---- */

/* "yes: relay.granted; 12 of 56 forms" for one sender. */
static char *
cell_format(const matrix_classes *matrix, const client_class *client, const path_class *sender, const path_class *recipient)
{
	matrix_answer plain = { 0 };
	guint n_forms = mg_address_forms_count(), n_accepted = 0;
	char reason[MG_REASON_NAME_MAX];

	for (guint form = 0; form < n_forms; form++) {
		matrix_answer judged = matrix_judge(matrix, client, sender, recipient, mg_address_forms_get(form));

		if (form == 0)
			plain = judged;
		else
			n_accepted += judged.is_accepted && !judged.is_plain_own;
	}
	mg_reason_name(plain.reason, reason);
	return g_strdup_printf("%-4s %-20s %u of %u", plain.is_accepted ? "yes" : "no", reason, n_accepted, n_forms - 1);
}

/* What was made from a grant is of interest to those made for it, and where it leads, to all without one. */
static gboolean
concerns(const client_class *client, const path_class *class, gboolean is_sender)
{
	return class->of == NULL || class->of == client->of || (!is_sender && client->of == NULL);
}

static void
table_add_rows(GPtrArray *rows, const matrix_classes *matrix, const client_class *client, const path_class *recipient)
{
	g_autoptr(GPtrArray) senders = g_ptr_array_new();   /* of borrowed path_class */
	g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
	gboolean all_same = TRUE;

	for (guint s = 0; s < matrix->senders->len; s++) {
		const path_class *sender = matrix->senders->pdata[s];

		if (!concerns(client, sender, TRUE))
			continue;
		g_ptr_array_add(senders, (gpointer)sender);
		g_ptr_array_add(cells, cell_format(matrix, client, sender, recipient));
		all_same = all_same && strcmp(cells->pdata[0], cells->pdata[cells->len - 1]) == 0;
	}
	for (guint i = 0; i < (all_same ? 1 : cells->len); i++) {
		const path_class *sender = senders->pdata[i];

		g_ptr_array_add(rows, g_strdup_printf("%-28s %-18s %-34s %s", client->name, all_same ? "any" : sender->name,
		                                      recipient->name, (const char *)cells->pdata[i]));
	}
}

static void
table_add_grants(GPtrArray *rows, const mg_policy *policy)
{
	g_ptr_array_add(rows, g_strdup(""));
	g_ptr_array_add(rows, g_strdup_printf("%-20s %-16s %-26s %s", "GRANT", "OWNER", "UNTIL", "REASON"));
	for (guint i = 0; i < policy->grants->len; i++) {
		const mg_grant *grant = policy->grants->pdata[i];

		g_ptr_array_add(rows, g_strdup_printf("%-20s %-16s %-26s %s", grant->name, grant->owner ? grant->owner : "-",
		                                      grant->until ? grant->until : "-", grant->reason ? grant->reason : "-"));
	}
}

GPtrArray *
mg_matrix_table(const mg_policy *policy)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
	matrix_classes matrix;

	matrix_begin(&matrix, policy);
	g_ptr_array_add(rows, g_strdup_printf("%-28s %-18s %-34s %-4s %-20s %s", "CLIENT", "SENDER", "RECIPIENT", "MAY",
	                                      "REASON", "OTHER FORMS THAT MAY"));
	for (guint c = 0; c < matrix.clients->len; c++)
		for (guint r = 0; r < matrix.recipients->len; r++)
			if (concerns(matrix.clients->pdata[c], matrix.recipients->pdata[r], FALSE))
				table_add_rows(rows, &matrix, matrix.clients->pdata[c], matrix.recipients->pdata[r]);
	table_add_grants(rows, policy);
	matrix_end(&matrix);
	return rows;
}
