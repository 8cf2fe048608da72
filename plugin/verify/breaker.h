/* breaker.h - whether an endpoint that has failed is worth another attempt yet.
 * In:    how each attempt ended
 * Out:   closed: go on; open: not now; half-open: one attempt, to see
 * Rules: RELIABILITY 4.5: five failures in a row, or half of twenty or more in thirty seconds, open it for five seconds; each
 *        time the attempt to see fails, for twice as long, up to sixty. Pure: no clock of its own. */
#ifndef MG_VERIFY_BREAKER_H
#define MG_VERIFY_BREAKER_H

#include <glib.h>

#define MG_BREAKER_IN_A_ROW 5
#define MG_BREAKER_MANY     20                      /* fewer say nothing about a share */
#define MG_BREAKER_WINDOW_S 30
#define MG_BREAKER_FIRST_US (5 * G_USEC_PER_SEC)    /* how long it is open */
#define MG_BREAKER_LAST_US  (60 * G_USEC_PER_SEC)

typedef enum mg_breaker_state { MG_BREAKER_CLOSED, MG_BREAKER_OPEN, MG_BREAKER_HALF_OPEN } mg_breaker_state;

typedef struct mg_breaker_second {
	gint64  second;      /* of the clock; what is older than the window does not count */
	guint32 n_ended;
	guint32 n_failed;
} mg_breaker_second;

/* All zeroes: closed, nothing known. */
typedef struct mg_breaker {
	guint             n_in_a_row;
	mg_breaker_second window[MG_BREAKER_WINDOW_S];
	gint64            open_us;     /* how long this time; 0: closed */
	gint64            until_us;    /* then half-open */
	gboolean          is_trying;   /* half-open, and the one attempt is under way */
} mg_breaker;

mg_breaker_state mg_breaker_get_state(const mg_breaker *breaker, gint64 now_us);
/* Whether one may begin, without beginning it. */
gboolean mg_breaker_would_take(const mg_breaker *breaker, gint64 now_us);
/* Whether an attempt may begin. In half-open that takes the one there is, until success, failure or give_back. */
gboolean mg_breaker_take(mg_breaker *breaker, gint64 now_us);
/* The attempt said nothing about the endpoint. */
void mg_breaker_give_back(mg_breaker *breaker);
void mg_breaker_success(mg_breaker *breaker, gint64 now_us);
/* TRUE: that opened it. */
gboolean mg_breaker_failure(mg_breaker *breaker, gint64 now_us);

/* "closed", "open", "half-open" */
const char *mg_breaker_state_name(mg_breaker_state state);

#endif
