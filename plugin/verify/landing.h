/* landing.h - how a batch of recipients went, as a whole.
 * In:    its recipients, answered or not, and the connection it went over
 * Out:   how many answers are definite, trouble, lost; how the connection came out of it
 * Rules: trouble is what another endpoint may not have; a policy or protocol reply is the endpoint's answer like any other. */
#ifndef MG_VERIFY_LANDING_H
#define MG_VERIFY_LANDING_H

#include "verify/connection.h"

typedef struct mg_landing {
	guint    n_definite;    /* answered, and no trouble */
	guint    n_trouble;
	guint    n_lost;        /* of these, those that nobody answered */
	guint    n_replied;
	guint    n_waiting, n_alone;   /* for who settles them: that wait again, ahead of all others */
	gboolean has_ended;     /* and the connection with it */
	gboolean was_stale;     /* it had been closed while it was idle, which says nothing about the endpoint */
	gboolean is_surprise;   /* the connection ended otherwise than by a deadline: worth another try */
} mg_landing;

/* Trouble of the backend's own, or with it. */
gboolean mg_landing_is_trouble(mg_rcpt_class class);
mg_landing mg_landing_judge(const mg_connection *connection, const mg_dialogue_recipient *recipients, guint n);

#endif
