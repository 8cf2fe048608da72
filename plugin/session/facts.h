/* facts.h - a question and the facts that came with it.
 * In:    a message (api/wire.h)
 * Out:   its fields, borrowed from the message
 * Rules: the message is from our own library or, over the socket, from anybody who may connect: every field is
 *        checked for its shape, and one of another shape counts as not given. */
#ifndef MG_SESSION_FACTS_H
#define MG_SESSION_FACTS_H

#include <glib.h>

#include "mailguard/names.h"
#include "session/ip.h"

/* Octets that the client wrote. octets NULL: not given. */
typedef struct mg_words {
	const char *octets;
	gsize       length;
} mg_words;

#define MG_EARLIER_HELOS_MAX 4

/* A word that the client said before the one that counts. */
typedef struct mg_earlier_helo {
	mg_words word;
	gboolean is_before_tls;   /* TLS was started since */
} mg_earlier_helo;

typedef struct mg_facts {
	guint64       request;
	mg_question   question;
	mg_stage      stage;           /* 0: a single question */
	mg_identity   identity;
	guint         deadline_ms;
	int           on_failure;      /* mg_action; 0: as the policy says */

	const char   *session_id;      /* "": none */
	mg_provenance provenance;
	gboolean      has_client, has_peer, has_server;
	mg_ip         client, peer, server;
	const char   *server_name;     /* "": not known */
	const char   *ptr;             /* "": none */
	mg_iprev      iprev;           /* 0: not looked up */
	const char   *tls_version;     /* "": no TLS */
	const guint8 *fingerprint;     /* 32 octets; NULL: none shown */
	mg_words      helo;
	gboolean      helo_is_extended;
	guint         n_helo_before;
	mg_earlier_helo helo_before[MG_EARLIER_HELOS_MAX];
	mg_words      auth;
	mg_words      reverse_path;
	gboolean      smtputf8;
	mg_words      forward_path;
	guint         n_recipients;    /* accepted earlier in this transaction */
	guint64       transaction;     /* the same in all questions of one mail transaction; 0: not told */
	const char   *reply;           /* that a backend gave to the forward-path; "": none is told */
	mg_words      spf_record;      /* to judge by in place of the domain's own */
} mg_facts;

/* FALSE, @facts_out undefined, if it is no question. */
gboolean mg_facts_read(const guint8 *octets, gsize length, mg_facts *facts_out);

#endif
