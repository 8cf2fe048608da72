/* loop.h - what an engine waits for: descriptors and times, behind one descriptor.
 * In:    watches and timers
 * Out:   their functions called, from mg_loop_dispatch alone
 * Owns:  an epoll descriptor, which is the guard's, one timerfd for all timers, one eventfd for work at hand
 * Rules: dispatch never blocks and does a bounded amount of work; a function may add and remove watches and
 *        timers, its own too. Times are microseconds on the monotonic clock. */
#ifndef MG_BASE_LOOP_H
#define MG_BASE_LOOP_H

#include <glib.h>

typedef struct mg_loop mg_loop;
typedef struct mg_watch mg_watch;
typedef struct mg_timer mg_timer;
typedef gint64 (*mg_clock)(void);   /* microseconds: g_get_monotonic_time, or for tests one that they move */

/* @events: EPOLLIN and so on, as they came. */
typedef void (*mg_watch_function)(void *context, guint32 events);
typedef void (*mg_timer_function)(void *context);

/* Returns NULL, errno set, if the system gives no descriptors. */
mg_loop *mg_loop_new(void);
/* Watches and timers must be gone. */
void mg_loop_free(mg_loop *loop);

int mg_loop_fd(const mg_loop *loop);
void mg_loop_dispatch(mg_loop *loop);

/* Readable at once, and again after each dispatch, until it is cleared: there is work that no descriptor tells of. */
void mg_loop_set_ready(mg_loop *loop, gboolean ready);

/* @fd stays the caller's, and open while watched. Returns NULL, errno set, if it cannot be watched. */
mg_watch *mg_loop_watch(mg_loop *loop, int fd, guint32 events, mg_watch_function function, void *context);
void mg_watch_set_events(mg_watch *watch, guint32 events);
void mg_watch_free(mg_watch *watch);

/* A timer that is not running. */
mg_timer *mg_timer_new(mg_loop *loop, mg_timer_function function, void *context);
/* Calls once, not before @at_us. Replaces an earlier time. */
void mg_timer_start(mg_timer *timer, gint64 at_us);
void mg_timer_stop(mg_timer *timer);
void mg_timer_free(mg_timer *timer);

#endif
