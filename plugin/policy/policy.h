/* policy.h - mailguard.conf as an immutable snapshot.
 * In:    the path of the file
 * Out:   everything that checks and verdict ask of it; findings about what is wrong in it
 * Owns:  all lists; reference counted, so that a question keeps the policy it was asked under
 * Rules: DESIGN: nothing is trusted by default. mailguard.conf(5) says what each member means. */
#ifndef MG_POLICY_POLICY_H
#define MG_POLICY_POLICY_H

#include <glib.h>

#include "base/reason.h"
#include "policy/addresses.h"
#include "policy/backend.h"
#include "policy/domains.h"
#include "policy/findings.h"
#include "policy/logins.h"
#include "policy/networks.h"
#include "policy/patterns.h"
#include "policy/recipients.h"
#include "policy/schedule.h"

#define MG_POLICY_OVERRIDES "options.policy"   /* where keys stand that are in no file */
#define MG_NO_END G_MAXINT64   /* of a grant without "until" */

typedef enum mg_mode { MG_MODE_ENFORCE, MG_MODE_MONITOR } mg_mode;
typedef enum mg_decide_at { MG_DECIDE_AT_RCPT, MG_DECIDE_AT_STAGE } mg_decide_at;

/* Checks that [exempt] can leave out. */
typedef enum mg_exempt_check {
	MG_EXEMPT_SPF    = 1 << 0,
	MG_EXEMPT_HELO   = 1 << 1,
	MG_EXEMPT_PTR    = 1 << 2,
	MG_EXEMPT_SENDER = 1 << 3,
	MG_EXEMPT_RCPT   = 1 << 4
} mg_exempt_check;

/* mg_hosts - clients by address, or by forward-confirmed name. */
typedef struct mg_hosts {
	mg_networks *networks;   /* owned; NULL: none */
	mg_domains  *names;      /* owned; NULL: none */
} mg_hosts;

typedef struct mg_zone {
	char    *name;               /* owned */
	char    *owner;              /* owned; NULL: none */
	guint    line;
	gboolean is_local;           /* clients without a network address */
	gboolean is_shared_by_nat;
	gboolean may_be_open;        /* open-relay = i-understand */
	gboolean is_open;            /* and has a network so wide that strangers are in it */
	gboolean is_unreadable;      /* a list of it could not be read */
	GArray  *networks;           /* owned; of mg_network, at most a few, for reports */
} mg_zone;

/* The terms of a grant; one that is absent holds. */
typedef struct mg_grant {
	char         *name;           /* owned */
	guint         line;
	GPtrArray    *zone_names;     /* owned; as written; NULL: absent */
	GPtrArray    *zones;          /* owned; of borrowed mg_zone; NULL: absent */
	GHashTable   *users;          /* owned set of names; NULL: absent, unless auth_any */
	char         *example_user;   /* owned; one of them, for reports; NULL: none */
	gboolean      auth_any;
	GPtrArray    *fingerprints;   /* owned; of 32 octets; NULL: absent */
	mg_patterns  *helo;           /* owned; NULL: absent */
	gboolean      helo_unreadable;
	mg_addresses *from;           /* owned; NULL: absent */
	gboolean      from_unreadable;
	mg_addresses *to;             /* owned; NULL: absent */
	gboolean      to_unreadable;
	mg_schedule  *hours;          /* owned; NULL: absent */
	gint64        end_s;          /* the first second it no longer holds, or MG_NO_END */
	char         *until;          /* owned; as written; NULL: absent */
	char         *owner;          /* owned; NULL: none */
	char         *reason;         /* owned; NULL: none */
} mg_grant;

/* What proves that a sender or a HELO name is no mere word. */
typedef enum mg_proof {
	MG_PROOF_SPF    = 1 << 0,   /* SPF of the identity passes */
	MG_PROOF_FCRDNS = 1 << 1,   /* the client's confirmed name is of the same organisation */
	MG_PROOF_AUTH   = 1 << 2    /* the client is authenticated */
} mg_proof;

typedef struct mg_exempt {
	char    *name;     /* owned */
	guint    line;
	mg_hosts hosts;
	mg_addresses *senders;   /* owned; NULL: none; words, that want proof */
	mg_domains   *helo;      /* owned; NULL: none; the same */
	guint    proofs;   /* mg_proof bits: any of these will do; 0: any at all */
	guint    checks;   /* mg_exempt_check bits */
	char    *owner;    /* owned */
	char    *reason;   /* owned */
} mg_exempt;

/* mg_rule - a result that changes what others lead to. */
typedef struct mg_rule {
	char          *name;       /* owned */
	guint          line;
	GArray        *when;       /* owned; of mg_reason: all of them must have been found */
	GArray        *affected;   /* owned; of mg_reason */
	mg_consequence then;
} mg_rule;

/* mg_score_policy - results that lead to something together. */
typedef struct mg_score_policy {
	gboolean is_kept;                 /* some result has points */
	gint8    points[MG_N_REASONS];    /* 0: none */
	gsize    threshold;
} mg_score_policy;

/* How DNS is asked. */
typedef struct mg_dns_policy {
	char *servers;      /* owned; "system" or addresses; NULL: the system's */
	gsize timeout_ms;   /* of one try */
	gsize tries;
	char *local_zone;   /* owned; path of a master file; NULL: none */
	guint line;         /* of the section; 0: none */
} mg_dns_policy;

typedef enum mg_spf_engine { MG_SPF_ENGINE_OWN, MG_SPF_ENGINE_LIBSPF2 } mg_spf_engine;
/* "mailguard", "libspf2"; by mg_spf_engine, NULL at the end. */
extern const char *const mg_spf_engine_names[];

#define MG_N_SPF_RESULTS 7   /* RFC 7208 2.6 */

/* mg_spf_for - recipients with a set of actions of their own. */
typedef struct mg_spf_for {
	char          *name;                        /* owned */
	guint          line;
	mg_addresses  *recipients;                  /* owned */
	mg_consequence actions[MG_N_SPF_RESULTS];   /* as listed_actions */
} mg_spf_for;

/* What is judged by SPF, and how; the actions are consequences. */
typedef struct mg_spf_policy {
	mg_spf_engine  engine;
	gboolean       wants_explanation;
	mg_networks   *skipped;                      /* owned; clients that are not judged */
	gsize          voids_max;
	gboolean       voids_by_query;
	mg_domains    *listed;                       /* owned; domains with a set of actions of their own */
	mg_consequence listed_actions[MG_N_SPF_RESULTS];   /* in the order of the reasons from MG_REASON_SPF_PASS on */
	mg_consequence no_mail_action;               /* instead of fail's, for domains that send no mail at all */
	GPtrArray     *fors;                         /* owned; of mg_spf_for, in the order of the file */
	GArray        *egress;                       /* owned; of mg_ip: from which we send; NULL: not judged */
	mg_domains    *trusted_helo;                 /* owned; the same for whom these HELO names lead back to */
	mg_hosts       trusted;                      /* forwarders, who are not judged */
	GPtrArray     *trusted_domains;              /* owned; of canonical Domains; the same for whom these let pass; NULL: none */
} mg_spf_policy;

/* mg_unknown_budget - how many recipients that there are not a client may ask for, in which time. */
typedef struct mg_unknown_budget {
	guint count, time_s;
} mg_unknown_budget;

#define MG_BUDGET_COUNT_MAX  10000u
#define MG_BUDGET_TIME_MIN_S 10u
#define MG_BUDGET_TIME_MAX_S 86400u

/* mg_recipient_policy - which recipients there are, before any backend is asked. */
typedef struct mg_recipient_policy {
	mg_recipients    *tables;        /* owned; of those that exist; NULL: none */
	mg_recipients    *deny;          /* owned; of those that do not; NULL: none */
	char             *delimiters;    /* owned; of domains without backend; NULL: no sub-addresses */
	gboolean          folds_case;    /* of domains without backend */
	char             *cache;         /* owned; path of the store that outlives a restart; NULL: memory only */
	mg_unknown_budget unknown_budget;
} mg_recipient_policy;

/* mg_deny_dns - what the names of client, HELO and sender must not lead to. */
typedef struct mg_deny_dns {
	mg_networks *addresses;      /* all owned */
	mg_domains  *exchanges;
	mg_domains  *name_servers;
} mg_deny_dns;

/* mg_reply_form - how a deny list answers. */
typedef struct mg_reply_form {
	int   code;            /* 0: the reason's own */
	char  enhanced[12];    /* "": the reason's own */
	char *text;            /* owned; NULL: the reason's own */
} mg_reply_form;

typedef struct mg_policy {
	guint n_references;

	mg_mode      mode;
	mg_decide_at decide_at;
	gboolean     is_safe_mode;
	int          on_failure;       /* MG_ACCEPT or MG_DEFER */
	char        *hostname;         /* owned; never NULL */
	mg_domains  *own_names;        /* owned */
	mg_networks *own_addresses;    /* owned */
	mg_networks *proxies;          /* owned */

	mg_domains  *local;            /* owned */
	mg_domains  *relay_to;         /* owned */
	gboolean     domains_unreadable;

	GPtrArray   *zones;            /* owned; of mg_zone; a zone's number in the lists below is its index */
	mg_networks *zone_networks;    /* owned */
	mg_domains  *zone_names;       /* owned */
	GPtrArray   *grants;           /* owned; of mg_grant, in the order of the file */
	GPtrArray   *exempts;          /* owned; of mg_exempt */
	GPtrArray   *rules;            /* owned; of mg_rule, in the order of the file: the last that fits holds */

	mg_hosts      deny_hosts;
	mg_addresses *deny_senders;      /* owned */
	mg_addresses *deny_recipients;   /* owned */
	mg_pairs     *deny_pairs;        /* owned */
	mg_deny_dns   deny_dns;
	mg_logins    *logins;            /* owned; NULL: nobody owns a sender */

	mg_score_policy score;
	mg_dns_policy  dns;
	mg_spf_policy  spf;

	mg_recipient_policy recipients;
	GPtrArray          *backends;    /* owned; of mg_backend, in the order of the file */

	gboolean       helo_forbids_underscore;
	mg_patterns   *helo_patterns;     /* owned */
	mg_domains    *helo_verified;     /* owned; names that none but their own hosts say */
	mg_networks   *sanity_skipped;    /* owned; clients that [helo], [ptr] and [sender] leave out */
	gboolean       ptr_is_from_server;

	gsize          local_part_max;
	mg_consequence consequences[MG_N_REASONS];
	gboolean       is_asked_for[MG_N_REASONS];   /* by a rule or the score: wanted, whatever its own consequence */
	mg_reply_form  replies[MG_N_REASONS];        /* of deny lists */
	const char    *reject_texts[MG_N_REASONS];   /* borrowed from texts; NULL: the reason's own */
	const char    *defer_texts[MG_N_REASONS];
	GPtrArray     *texts;                        /* owned; strings that members borrow: texts, names of files */

	guint n_unreadable;   /* lists that could grant and were not read */
} mg_policy;

/* Loads and checks the file at @path, the keys of @overrides in place of its own; either may be NULL. NULL if any finding is
 * an error that refuses it. Findings, warnings too, go to @findings; their places are copied. */
mg_policy *mg_policy_load(const char *path, const char *overrides, mg_findings *findings);
/* Of @text, as if it stood in @path. */
mg_policy *mg_policy_parse(const char *text, gsize length, const char *path, mg_findings *findings);

mg_policy *mg_policy_ref(mg_policy *policy);
void mg_policy_unref(mg_policy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mg_policy, mg_policy_unref)

/* What the policy makes of a result, its mode taken into account; of @consequence instead of the reason's own, if not
 * NULL. */
mg_consequence mg_policy_consequence(const mg_policy *policy, mg_reason reason, const mg_consequence *instead);

/* Whether a result has any use: what it leads to, or what a rule or the score makes of it. */
gboolean mg_policy_wants(const mg_policy *policy, mg_reason reason);

/* NULL if the client at @ip, or with the confirmed @name, is in no zone. @ip, @name: NULL where not known. @network_out
 * gets the network that matched, prefix 0 and address 0 if it was the name. */
const mg_zone *mg_policy_zone(const mg_policy *policy, const mg_ip *ip, const char *name, mg_network *network_out);
/* The zone of clients without a network address, or NULL. */
const mg_zone *mg_policy_local_zone(const mg_policy *policy);

/* Whether [mailguard] says so: hostname counts among the names. @name: canonical. */
gboolean mg_policy_is_own_name(const mg_policy *policy, const char *name);
gboolean mg_policy_is_own_address(const mg_policy *policy, const mg_ip *ip);

/* When two Local-parts are one mailbox, in a domain of @backend; NULL: in one that has none. Borrowed from the policy. */
mg_local_rules mg_policy_local_rules(const mg_policy *policy, const mg_backend *backend);

/* Whether the client is among @hosts. */
gboolean mg_hosts_contain(const mg_hosts *hosts, const mg_ip *ip, const char *name);

#endif
