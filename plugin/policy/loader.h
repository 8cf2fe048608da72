/* loader.h - a policy being loaded: what the readers of values and the checks at the end share. */
#ifndef MG_POLICY_LOADER_H
#define MG_POLICY_LOADER_H

#include "policy/conf.h"
#include "policy/list.h"
#include "policy/policy.h"

typedef struct mg_loader {
	mg_policy           *policy;          /* borrowed */
	const mg_conf       *conf;            /* borrowed */
	mg_findings         *findings;        /* borrowed */
	char                *directory;       /* owned; where relative paths start */
	mg_networks_builder *zone_networks;   /* owned until built */
	GArray              *zone_places;     /* owned; of mg_place, by the place number of zone_networks */
	GArray              *gateways;        /* owned; of mg_ip: the default routers of this host */
} mg_loader;

/* mg_key_schema - a key: its name, how its value is read, and where it goes. */
typedef struct mg_key_schema mg_key_schema;

/* Reads @key into the member at @member. Faults become findings. */
typedef void (*mg_value_reader)(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, void *object,
                                void *member);

struct mg_key_schema {
	const char     *name;
	mg_value_reader read;
	gsize           offset;   /* of the member in the section's object */
	const void     *detail;   /* of the reader: the words of a choice, the range of a number */
};

/* The words of a choice; their index is the value. NULL ends them. */
void mg_read_choice(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* gboolean; "yes" or "no" */
void mg_read_switch(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
typedef struct mg_number_range { gint64 min, max; } mg_number_range;
/* gsize */
void mg_read_number(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* char *, owned: a note for people */
void mg_read_note(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* char *, owned: a canonical Domain */
void mg_read_name(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* char *, owned: a path, relative ones made to start where mailguard.conf lies */
void mg_read_path(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* mg_consequence */
void mg_read_consequence(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* mg_networks *: networks, and the words "loopback" and "private" for theirs */
void mg_read_skipped(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* mg_networks *, mg_domains *, mg_hosts, mg_addresses *, mg_pairs *: lists that must be readable */
void mg_read_networks(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_single_addresses(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_domains(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_hosts(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_addresses(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_pairs(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* mg_logins *: a list that must be readable */
void mg_read_logins(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* mg_patterns *: a list that must be readable */
void mg_read_patterns(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* The same for lists that could grant; what could not be read is remembered beside them. */
void mg_read_own_domains(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_zone_networks(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_zone_hosts(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_grant_from(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_grant_to(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_grant_helo(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* Other terms of a grant. */
void mg_read_grant_auth(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_fingerprints(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_hours(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_until(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* GPtrArray *, owned: words as written */
void mg_read_words(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* GPtrArray *, owned: canonical Domains, as many as the range allows; no file */
void mg_read_names(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* GArray *, owned: of mg_ip, as many as the range allows; no file */
void mg_read_ips(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* guint: a bit for each word of the schema, NULL at their end */
void mg_read_bits(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* GArray *, owned: of mg_reason */
void mg_read_reasons(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* mg_score_policy, but for its threshold: result:points */
void mg_read_points(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* GArray *, owned: of 32 octets, as many as the range allows: SHA-256 of public keys */
void mg_read_pins(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* mg_recipients *: a list that must be readable; "@word" is always a file */
void mg_read_recipients(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* Of [recipients] and [backend NAME]: char *, owned; mg_unknown_budget; GArray * of mg_endpoint, which is there; GPtrArray *, owned,
 * of mailboxes; the source of the mg_backend that is read. */
void mg_read_delimiters(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_cache(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_budget(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_endpoints(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_readable_path(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_source(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_fqdn(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_probe_senders(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
void mg_read_canary(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);
/* mg_reply_form */
void mg_read_reply(mg_loader *, const mg_key_schema *, const mg_conf_key *, void *object, void *member);

/* The words of a value, the caller's to unref; more than the range of @schema has are an error. */
GPtrArray *mg_loader_words(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key);

/* A text with placeholders, or NULL and a finding; the policy owns it. */
const char *mg_read_text(mg_loader *loader, const char *key_name, const char *text, guint line);

/* An error at a key. */
void mg_loader_fail(mg_loader *loader, guint line, const char *rule, const char *format, ...) G_GNUC_PRINTF(4, 5);
void mg_loader_warn(mg_loader *loader, guint line, const char *rule, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Ends a builder whose place numbers are those of @places (of mg_place). One network that is two things becomes an
 * error; NULL then. */
mg_networks *mg_loader_build_networks(mg_loader *loader, mg_networks_builder *builder, const GArray *places);

/* lint.c: the checks over the whole, once every value is read. */
void mg_lint_policy(mg_loader *loader);
/* lint_backend.c: those about recipients and backends. */
void mg_lint_backends(mg_loader *loader);

#endif
