/* probe.h - what pool and peer know of a recipient that is asked about. Of these two alone. */
#ifndef MG_VERIFY_PROBE_H
#define MG_VERIFY_PROBE_H

#include "verify/pool.h"

typedef struct mg_peer mg_peer;

/* The pool owns it wherever it is. */
typedef enum mg_probe_place {
	MG_PROBE_WAITING,    /* in a peer's queue */
	MG_PROBE_ASKED,      /* in a batch */
	MG_PROBE_ANSWERED    /* to be told */
} mg_probe_place;

struct mg_probe {
	mg_pool          *pool;         /* borrowed */
	char             *path;         /* owned; ASKED: lent to the batch, which outlives it if need be */
	mg_probe_function function;
	void             *context;      /* borrowed */
	mg_probe_place    place;
	guint             n_peer;       /* which peer it is with */
	gint64            asked_us;
	gint64            queued_us;    /* where it waits now */
	guint             n_requeued;
	gboolean          is_alone;     /* a connection broke over it, or over another of its batch: none is risked with it now */
	mg_probe_answer   answer;       /* ANSWERED */
	GList             in_pool;      /* among those that have no answer yet, or those to be told */
	GQueue           *queue;        /* borrowed; WAITING */
	GList             in_queue;
	struct mg_probe **slot;         /* borrowed; ASKED: where the batch has it */
};

/* By peers, about probes that are with them no more: */
void mg_pool_answer(mg_probe *probe, const mg_probe_answer *answer);
/* Another endpoint may do better; @answer, if there is none. */
void mg_pool_pass_on(mg_probe *probe, const mg_probe_answer *answer);

#endif
