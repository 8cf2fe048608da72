/* test_loop.c - what an engine waits for: timers, watches, and work that no descriptor tells of. Times are far in
 * the past or far in the future, so that nothing here depends on how fast it runs. */
#include "base/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "support.h"

#define HANG_S 120                                          /* a call that blocks ends the program, not the run */
#define FAR_US (G_GINT64_CONSTANT(3600) * G_USEC_PER_SEC)   /* no test lasts as long */

/* Whether the loop's descriptor is readable, now or in a while. */
static gboolean
becomes_readable(const mg_loop *loop)
{
	struct pollfd fd = { mg_loop_fd(loop), POLLIN, 0 };

	return poll(&fd, 1, HANG_S * 1000) == 1;
}

static gboolean
is_readable(const mg_loop *loop)
{
	struct pollfd fd = { mg_loop_fd(loop), POLLIN, 0 };

	return poll(&fd, 1, 0) == 1;
}

static gint64
far_away(void)
{
	return g_get_monotonic_time() + FAR_US;
}

/* ---- timers ---- */

/* Timers that write their letter into one text, and do something beside. */
typedef struct band band;

typedef struct player {
	band     *all;
	char      letter;
	mg_timer *timer;
} player;

struct band {
	mg_loop *loop;
	GString *played;
	player   players[8];
	void   (*beside)(band *all, player *one);   /* NULL: nothing */
};

static void
play(void *context)
{
	player *one = context;

	g_string_append_c(one->all->played, one->letter);
	if (one->all->beside != NULL)
		one->all->beside(one->all, one);
}

static void
band_begin(band *all, void (*beside)(band *all, player *one))
{
	*all = (band){ .loop = mg_loop_new(), .played = g_string_new(NULL), .beside = beside };
	g_assert_nonnull(all->loop);
	for (guint i = 0; i < G_N_ELEMENTS(all->players); i++) {
		player *one = &all->players[i];

		*one = (player){ all, (char)('a' + i), mg_timer_new(all->loop, play, one) };
	}
}

static void
band_end(band *all)
{
	for (guint i = 0; i < G_N_ELEMENTS(all->players); i++)
		mg_timer_free(all->players[i].timer);
	mg_loop_free(all->loop);
	g_string_free(all->played, TRUE);
}

typedef struct order_case {
	const char *name;
	const char *started;    /* letter and time: "b3 a1": b at 3, a at 1; 'F': in the far future; 'N': negative;
	                         * '-': stopped */
	const char *expected;
} order_case;

static const order_case order_cases[] = {
	{ "none", "", "" },
	{ "one", "a1", "a" },
	{ "at-0", "a0", "a" },
	{ "at-a-negative-time", "aN", "a" },
	{ "at-a-negative-time-behind-others", "b0 c1 aN", "abc" },
	{ "at-0-behind-others", "b1 c2 a0", "abc" },
	{ "in-order", "a1 b2 c3 d4", "abcd" },
	{ "reversed", "d4 c3 b2 a1", "abcd" },
	{ "mixed", "c3 a1 h8 b2 g7 d4 f6 e5", "abcdefgh" },
	{ "future-waits", "aF b1", "b" },
	{ "all-future", "aF bF cF", "" },
	{ "started-again-earlier", "a9 b5 a1", "ab" },
	{ "started-again-later", "a1 b5 a9", "ba" },
	{ "started-again-into-the-future", "a1 b5 aF", "b" },
	{ "started-again-from-the-future", "aF b5 a1", "ab" },
	{ "stopped", "a1 b2 a-", "b" },
	{ "stopped-first-of-many", "a1 b2 c3 d4 e5 a-", "bcde" },
	{ "stopped-last-of-many", "a1 b2 c3 d4 e5 e-", "abcd" },
	{ "stopped-inside", "a1 b2 c3 d4 e5 f6 g7 b-", "acdefg" },
	/* The last of the heap takes the place of the one stopped, and belongs above it. */
	{ "stopped-inside-settles-up", "a0 b5 c1 d6 e7 f2 g3 d-", "acfgbe" },
	{ "stopped-twice", "a1 b2 a- a-", "b" },
	{ "stopped-never-started", "a- b2", "b" },
	{ "stopped-and-started", "a1 a- a2", "a" },
	{ "all-stopped", "a1 b2 a- b-", "" },
};

static void
test_order(gconstpointer data)
{
	const order_case *row = data;
	g_auto(GStrv) words = g_strsplit(row->started, " ", -1);
	band all;

	band_begin(&all, NULL);
	for (guint i = 0; words[i] != NULL; i++) {
		mg_timer *timer;

		if (words[i][0] == 0)
			continue;
		timer = all.players[words[i][0] - 'a'].timer;
		if (words[i][1] == '-')
			mg_timer_stop(timer);
		else
			mg_timer_start(timer, words[i][1] == 'F' ? far_away() : words[i][1] == 'N' ? -1 : words[i][1] - '0');
	}
	if (row->expected[0] != 0)
		g_assert_true(becomes_readable(all.loop));
	mg_loop_dispatch(all.loop);
	g_assert_cmpstr(all.played->str, ==, row->expected);
	g_assert_false(is_readable(all.loop));
	mg_loop_dispatch(all.loop);
	g_assert_cmpstr(all.played->str, ==, row->expected);
	band_end(&all);
}

static void
start_again_far(band *all G_GNUC_UNUSED, player *one)
{
	mg_timer_start(one->timer, far_away());
}

static void
start_again_past(band *all G_GNUC_UNUSED, player *one)
{
	mg_timer_start(one->timer, one->letter - 'a' + 1);
}

static void
first_starts_fourth(band *all, player *one)
{
	if (one->letter == 'a')
		mg_timer_start(all->players[3].timer, 2);
}

static void
first_stops_second(band *all, player *one)
{
	if (one->letter == 'a')
		mg_timer_stop(all->players[1].timer);
}

static void
first_postpones_second(band *all, player *one)
{
	if (one->letter == 'a')
		mg_timer_start(all->players[1].timer, far_away());
}

static void
first_starts_second_again(band *all, player *one)
{
	if (one->letter == 'a')
		mg_timer_start(all->players[1].timer, 1);
}

static void
first_stops_and_starts_second(band *all, player *one)
{
	if (one->letter == 'a') {
		mg_timer_stop(all->players[1].timer);
		mg_timer_stop(all->players[1].timer);
		mg_timer_start(all->players[1].timer, 1);
	}
}

static void
first_frees_second(band *all, player *one)
{
	if (one->letter == 'a')
		g_clear_pointer(&all->players[1].timer, mg_timer_free);
}

static void
first_frees_itself(band *all G_GNUC_UNUSED, player *one)
{
	if (one->letter == 'a')
		g_clear_pointer(&one->timer, mg_timer_free);
}

static void
first_frees_all(band *all, player *one)
{
	if (one->letter == 'a')
		for (guint i = 0; i < G_N_ELEMENTS(all->players); i++)
			g_clear_pointer(&all->players[i].timer, mg_timer_free);
}

static void
first_stops_itself(band *all G_GNUC_UNUSED, player *one)
{
	if (one->letter == 'a')
		mg_timer_stop(one->timer);
}

static void
first_makes_another(band *all, player *one)
{
	if (one->letter == 'a') {
		mg_timer_free(all->players[3].timer);
		all->players[3].timer = mg_timer_new(all->loop, play, &all->players[3]);
		mg_timer_start(all->players[3].timer, far_away());
	}
}

typedef struct within_case {
	const char *name;
	void      (*beside)(band *all, player *one);
	const char *expected[2];   /* after one dispatch, after two */
	gboolean    stays;         /* there is more to do at once */
} within_case;

/* a, b and c at 1, 2 and 3; what a callback does to itself and to others. */
static const within_case within_cases[] = {
	{ "nothing", NULL, { "abc", "abc" }, FALSE },
	{ "restart-in-the-future", start_again_far, { "abc", "abc" }, FALSE },
	{ "restart-in-the-past", start_again_past, { "abc", "abcabc" }, TRUE },
	{ "start-another-in-the-past", first_starts_fourth, { "abc", "abcd" }, TRUE },
	{ "stop-another", first_stops_second, { "ac", "ac" }, FALSE },
	{ "postpone-another", first_postpones_second, { "ac", "ac" }, FALSE },
	{ "start-another-again", first_starts_second_again, { "ac", "acb" }, TRUE },
	{ "stop-and-start-another", first_stops_and_starts_second, { "ac", "acb" }, TRUE },
	{ "free-another", first_frees_second, { "ac", "ac" }, FALSE },
	{ "free-itself", first_frees_itself, { "abc", "abc" }, FALSE },
	{ "free-all", first_frees_all, { "a", "a" }, FALSE },
	{ "stop-itself", first_stops_itself, { "abc", "abc" }, FALSE },
	{ "make-another", first_makes_another, { "abc", "abc" }, FALSE },
};

static void
test_within(gconstpointer data)
{
	const within_case *row = data;
	band all;

	band_begin(&all, row->beside);
	for (guint i = 0; i < 3; i++)
		mg_timer_start(all.players[i].timer, i + 1);
	g_assert_true(becomes_readable(all.loop));
	mg_loop_dispatch(all.loop);
	/* loop.h: a bounded amount of work; what is started for the past meanwhile waits for the next dispatch. */
	g_assert_cmpstr(all.played->str, ==, row->expected[0]);
	if (row->stays)
		g_assert_true(becomes_readable(all.loop));
	else
		g_assert_false(is_readable(all.loop));
	mg_loop_dispatch(all.loop);
	g_assert_cmpstr(all.played->str, ==, row->expected[1]);
	band_end(&all);
}

/* A timer is not called before its time, and it is called then: waiting on the descriptor is enough. */
static void
test_in_time(void)
{
	gint64 at_us = g_get_monotonic_time() + 20000;
	band all;

	band_begin(&all, NULL);
	mg_timer_start(all.players[0].timer, at_us);
	for (guint i = 0; i < 1000 && all.played->len == 0; i++) {
		g_assert_true(becomes_readable(all.loop));
		mg_loop_dispatch(all.loop);
	}
	g_assert_cmpstr(all.played->str, ==, "a");
	g_assert_cmpint(g_get_monotonic_time(), >=, at_us);
	band_end(&all);
}

/* The descriptor follows the first timer: set back, set forth, stopped. */
static void
test_descriptor(void)
{
	band all;

	band_begin(&all, NULL);
	g_assert_false(is_readable(all.loop));
	mg_timer_start(all.players[0].timer, far_away());
	g_assert_false(is_readable(all.loop));
	mg_timer_start(all.players[1].timer, 1);
	g_assert_true(becomes_readable(all.loop));
	mg_timer_stop(all.players[1].timer);
	g_assert_false(is_readable(all.loop));
	mg_timer_start(all.players[0].timer, 1);
	g_assert_true(becomes_readable(all.loop));
	mg_timer_start(all.players[0].timer, far_away());
	g_assert_false(is_readable(all.loop));
	mg_timer_start(all.players[0].timer, 1);
	g_assert_true(becomes_readable(all.loop));
	g_clear_pointer(&all.players[0].timer, mg_timer_free);
	g_assert_false(is_readable(all.loop));
	mg_loop_dispatch(all.loop);
	g_assert_cmpstr(all.played->str, ==, "");
	band_end(&all);
}

/* ---- ten thousand ---- */

#define MANY 10000

typedef struct many_timer {
	mg_timer *timer;
	gint64    at_us;
	gboolean  is_stopped;
	guint     n_calls;
	gint64   *last_us;   /* of the timer called before */
} many_timer;

static void
call_many(void *context)
{
	many_timer *one = context;

	one->n_calls++;
	g_assert_cmpint(one->at_us, >=, *one->last_us);
	*one->last_us = one->at_us;
}

static void
test_many_timers(void)
{
	g_autofree many_timer *all = g_new0(many_timer, MANY);
	mg_loop *loop = mg_loop_new();
	gint64 last_us = 0;
	guint n_wrong = 0;

	for (guint i = 0; i < MANY; i++) {
		all[i].last_us = &last_us;
		all[i].timer = mg_timer_new(loop, call_many, &all[i]);
		mg_timer_start(all[i].timer, far_away());
	}
	for (guint i = 0; i < MANY; i++) {
		all[i].at_us = g_test_rand_int_range(0, 5000);
		mg_timer_start(all[i].timer, all[i].at_us);
	}
	for (guint i = 0; i < MANY; i++)
		if (g_test_rand_int_range(0, 4) == 0) {
			all[i].is_stopped = TRUE;
			mg_timer_stop(all[i].timer);
		}
	alarm(HANG_S);
	for (guint i = 0; i < MANY && is_readable(loop); i++)
		mg_loop_dispatch(loop);
	mg_loop_dispatch(loop);
	alarm(0);
	for (guint i = 0; i < MANY; i++) {
		n_wrong += all[i].n_calls != (all[i].is_stopped ? 0 : 1);
		mg_timer_free(all[i].timer);
	}
	g_assert_cmpuint(n_wrong, ==, 0);
	g_assert_false(is_readable(loop));
	mg_loop_free(loop);
}

/* ---- watches ---- */

#define N_WATCHED 200   /* more than one dispatch takes from the system */

typedef struct watched {
	struct watched *all;       /* of N_WATCHED */
	guint           index;
	int             fd;
	mg_watch       *watch;
	guint           n_calls;
	guint32         events;
	void          (*beside)(struct watched *one);   /* NULL: nothing */
	mg_loop        *loop;
} watched;

static void
take_event(void *context, guint32 events)
{
	watched *one = context;
	guint64 count;

	one->n_calls++;
	one->events = events;
	if (events & EPOLLIN)
		g_assert_cmpint(read(one->fd, &count, sizeof(count)), ==, sizeof(count));
	if (one->beside != NULL)
		one->beside(one);
}

/* Descriptors that are all readable. */
static watched *
watched_begin(mg_loop *loop, guint n, void (*beside)(watched *one))
{
	watched *all = g_new0(watched, N_WATCHED);

	for (guint i = 0; i < n; i++) {
		all[i] = (watched){ .all = all, .index = i, .fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC), .beside = beside,
		                    .loop = loop };
		g_assert_cmpint(all[i].fd, >=, 0);
		all[i].watch = mg_loop_watch(loop, all[i].fd, EPOLLIN, take_event, &all[i]);
		g_assert_nonnull(all[i].watch);
	}
	return all;
}

static void
watched_end(watched *all, guint n)
{
	for (guint i = 0; i < n; i++) {
		mg_watch_free(all[i].watch);
		close(all[i].fd);
	}
	g_free(all);
}

/* All are served in a few dispatches, each as often as it had something, and none is starved by the others. */
static void
test_watches(void)
{
	mg_loop *loop = mg_loop_new();
	watched *all = watched_begin(loop, N_WATCHED, NULL);
	guint n_wrong = 0;

	for (guint i = 0; i < 20 && becomes_readable(loop); i++) {
		mg_loop_dispatch(loop);
		if (!is_readable(loop))
			break;
	}
	for (guint i = 0; i < N_WATCHED; i++)
		n_wrong += all[i].n_calls != 1 || all[i].events != EPOLLIN;
	g_assert_cmpuint(n_wrong, ==, 0);
	g_assert_false(is_readable(loop));
	watched_end(all, N_WATCHED);
	mg_loop_free(loop);
}

static void
write_again(watched *one)
{
	const guint64 count = 1;

	g_assert_cmpint(write(one->fd, &count, sizeof(count)), ==, sizeof(count));
}

static void
count_call(void *context)
{
	(*(guint *)context)++;
}

/* With every descriptor always readable, each dispatch ends, and in a while each watch and the timer had a turn. */
static void
test_busy(void)
{
	mg_loop *loop = mg_loop_new();
	watched *all = watched_begin(loop, N_WATCHED, write_again);
	guint n_starved = 0, n_timer_calls = 0;
	mg_timer *timer = mg_timer_new(loop, count_call, &n_timer_calls);

	mg_timer_start(timer, 1);
	alarm(HANG_S);
	for (guint i = 0; i < 100; i++)
		mg_loop_dispatch(loop);
	alarm(0);
	for (guint i = 0; i < N_WATCHED; i++)
		n_starved += all[i].n_calls < 2;
	g_assert_cmpuint(n_starved, ==, 0);
	g_assert_cmpuint(n_timer_calls, ==, 1);
	watched_end(all, N_WATCHED);
	mg_timer_free(timer);
	mg_loop_free(loop);
}

static void
free_all_others(watched *one)
{
	for (guint i = 0; i < N_WATCHED; i++)
		if (i != one->index)   /* those that are not there are NULL */
			g_clear_pointer(&one->all[i].watch, mg_watch_free);
}

static void
free_itself(watched *one)
{
	g_clear_pointer(&one->watch, mg_watch_free);
}

static void
free_everything(watched *one)
{
	free_all_others(one);
	free_itself(one);
}

typedef struct free_case {
	const char *name;
	void      (*beside)(watched *one);
	guint       expected;   /* calls of all together */
} free_case;

static const free_case free_cases[] = {
	{ "others", free_all_others, 1 },
	{ "itself", free_itself, 3 },
	{ "everything", free_everything, 1 },
};

/* Three watches are readable at once: what one frees is not called any more in the same batch. */
static void
test_free_within(gconstpointer data)
{
	const free_case *row = data;
	mg_loop *loop = mg_loop_new();
	watched *all = watched_begin(loop, 3, row->beside);
	guint n_calls = 0;

	g_assert_true(becomes_readable(loop));
	mg_loop_dispatch(loop);
	mg_loop_dispatch(loop);
	for (guint i = 0; i < 3; i++)
		n_calls += all[i].n_calls;
	g_assert_cmpuint(n_calls, ==, row->expected);
	g_assert_false(is_readable(loop));
	watched_end(all, 3);
	mg_loop_free(loop);
}

static void
exchange_other(watched *one)
{
	watched *other = &one->all[1 - one->index];

	if (other->n_calls > 0)
		return;
	mg_watch_free(other->watch);
	other->watch = mg_loop_watch(one->loop, other->fd, EPOLLIN, take_event, other);
	g_assert_nonnull(other->watch);
}

/* The other's watch is exchanged for a new one of the same descriptor while its event is in the batch: that event is
 * the old one's; the new one has its own in the next dispatch. */
static void
test_exchange_within(void)
{
	mg_loop *loop = mg_loop_new();
	watched *all = watched_begin(loop, 2, exchange_other);

	g_assert_true(becomes_readable(loop));
	mg_loop_dispatch(loop);
	g_assert_cmpuint(all[0].n_calls + all[1].n_calls, ==, 1);
	g_assert_true(becomes_readable(loop));
	mg_loop_dispatch(loop);
	g_assert_cmpuint(all[0].n_calls, ==, 1);
	g_assert_cmpuint(all[1].n_calls, ==, 1);
	watched_end(all, 2);
	mg_loop_free(loop);
}

/* A callback may close the descriptor once its watch is gone, and another may have the number at once. */
static void
close_and_open(watched *one)
{
	watched *other = &one->all[1 - one->index];

	if (other->watch == NULL)
		return;
	g_clear_pointer(&other->watch, mg_watch_free);
	close(other->fd);
	other->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static void
test_close_within(void)
{
	mg_loop *loop = mg_loop_new();
	watched *all = watched_begin(loop, 2, close_and_open);

	g_assert_true(becomes_readable(loop));
	mg_loop_dispatch(loop);
	mg_loop_dispatch(loop);
	g_assert_cmpuint(all[0].n_calls + all[1].n_calls, ==, 1);
	watched_end(all, 2);
	mg_loop_free(loop);
}

/* A watch and a timer that free each other: whichever comes first, the other is not called. */
typedef struct rivals {
	mg_watch *watch;
	mg_timer *timer;
	int       fd;
	guint     n_calls;
} rivals;

static void
watch_wins(void *context, guint32 events G_GNUC_UNUSED)
{
	rivals *both = context;

	both->n_calls++;
	g_clear_pointer(&both->timer, mg_timer_free);
	g_clear_pointer(&both->watch, mg_watch_free);
}

static void
timer_wins(void *context)
{
	rivals *both = context;

	both->n_calls++;
	g_clear_pointer(&both->watch, mg_watch_free);
	g_clear_pointer(&both->timer, mg_timer_free);
}

static void
test_rivals(void)
{
	mg_loop *loop = mg_loop_new();
	rivals both = { NULL, NULL, eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC), 0 };

	both.watch = mg_loop_watch(loop, both.fd, EPOLLIN, watch_wins, &both);
	both.timer = mg_timer_new(loop, timer_wins, &both);
	mg_timer_start(both.timer, 1);
	g_assert_true(becomes_readable(loop));
	mg_loop_dispatch(loop);
	mg_loop_dispatch(loop);
	g_assert_cmpuint(both.n_calls, ==, 1);
	close(both.fd);
	mg_loop_free(loop);
}

/* The events wanted can be changed; what came is told. */
static void
test_set_events(void)
{
	mg_loop *loop = mg_loop_new();
	watched *all = watched_begin(loop, 1, NULL);

	mg_watch_set_events(all[0].watch, 0);
	mg_loop_dispatch(loop);
	g_assert_cmpuint(all[0].n_calls, ==, 0);
	mg_watch_set_events(all[0].watch, EPOLLOUT);
	g_assert_true(becomes_readable(loop));
	mg_loop_dispatch(loop);
	g_assert_cmpuint(all[0].n_calls, ==, 1);
	g_assert_cmphex(all[0].events, ==, EPOLLOUT);
	mg_watch_set_events(all[0].watch, EPOLLIN | EPOLLOUT);
	mg_loop_dispatch(loop);
	g_assert_cmphex(all[0].events, ==, EPOLLIN | EPOLLOUT);
	mg_watch_set_events(all[0].watch, EPOLLIN);
	mg_loop_dispatch(loop);
	g_assert_cmpuint(all[0].n_calls, ==, 2);
	watched_end(all, 1);
	mg_loop_free(loop);
}

/* What cannot be watched is told by NULL and errno. */
static void
test_cannot_watch(void)
{
	mg_loop *loop = mg_loop_new();
	watched *all = watched_begin(loop, 1, NULL);
	FILE *file = tmpfile();

	errno = 0;
	g_assert_null(mg_loop_watch(loop, -1, EPOLLIN, take_event, NULL));
	g_assert_cmpint(errno, ==, EBADF);
	g_assert_null(mg_loop_watch(loop, all[0].fd, EPOLLIN, take_event, NULL));
	g_assert_cmpint(errno, ==, EEXIST);
	g_assert_nonnull(file);
	if (file != NULL) {
		g_assert_null(mg_loop_watch(loop, fileno(file), EPOLLIN, take_event, NULL));
		g_assert_cmpint(errno, ==, EPERM);
		fclose(file);
	}
	mg_loop_dispatch(loop);
	g_assert_cmpuint(all[0].n_calls, ==, 1);
	watched_end(all, 1);
	mg_watch_free(NULL);
	mg_timer_free(NULL);
	mg_loop_free(loop);
	mg_loop_free(NULL);
}

/* ---- ready ---- */

static void
test_ready(void)
{
	mg_loop *loop = mg_loop_new();

	g_assert_false(is_readable(loop));
	mg_loop_set_ready(loop, TRUE);
	for (guint i = 0; i < 5; i++) {
		g_assert_true(becomes_readable(loop));
		g_assert_true(is_readable(loop));   /* it stays */
		mg_loop_dispatch(loop);
	}
	mg_loop_set_ready(loop, TRUE);
	g_assert_true(becomes_readable(loop));
	mg_loop_set_ready(loop, FALSE);
	g_assert_false(is_readable(loop));
	mg_loop_dispatch(loop);
	g_assert_false(is_readable(loop));
	mg_loop_set_ready(loop, FALSE);
	g_assert_false(is_readable(loop));
	mg_loop_free(loop);
}

/* Ready beside a timer: neither hides the other. */
static void
test_ready_and_timer(void)
{
	band all;

	band_begin(&all, NULL);
	mg_timer_start(all.players[0].timer, far_away());
	mg_loop_set_ready(all.loop, TRUE);
	g_assert_true(becomes_readable(all.loop));
	mg_loop_dispatch(all.loop);
	g_assert_cmpstr(all.played->str, ==, "");
	g_assert_true(becomes_readable(all.loop));
	mg_timer_start(all.players[0].timer, 1);
	mg_loop_dispatch(all.loop);
	g_assert_cmpstr(all.played->str, ==, "a");
	g_assert_true(becomes_readable(all.loop));
	mg_timer_start(all.players[1].timer, 1);
	mg_loop_set_ready(all.loop, FALSE);
	g_assert_true(becomes_readable(all.loop));
	mg_loop_dispatch(all.loop);
	g_assert_cmpstr(all.played->str, ==, "ab");
	g_assert_false(is_readable(all.loop));
	band_end(&all);
}

static void
set_ready_within(band *all, player *one G_GNUC_UNUSED)
{
	mg_loop_set_ready(all->loop, TRUE);
}

static void
clear_ready_within(band *all, player *one G_GNUC_UNUSED)
{
	mg_loop_set_ready(all->loop, FALSE);
}

static void
test_ready_within(void)
{
	band all;

	band_begin(&all, set_ready_within);
	mg_timer_start(all.players[0].timer, 1);
	mg_loop_dispatch(all.loop);
	g_assert_true(becomes_readable(all.loop));
	all.beside = clear_ready_within;
	mg_timer_start(all.players[0].timer, 1);
	mg_loop_dispatch(all.loop);
	g_assert_cmpstr(all.played->str, ==, "aa");
	g_assert_false(is_readable(all.loop));
	band_end(&all);
}

/* ---- dispatch ---- */

/* With nothing to do, and with nothing but the future to wait for, dispatch comes back. */
static void
test_never_blocks(void)
{
	mg_loop *loop = mg_loop_new();
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	band all;
	mg_watch *watch;

	alarm(HANG_S);
	mg_loop_dispatch(loop);
	watch = mg_loop_watch(loop, fd, EPOLLIN, take_event, NULL);
	g_assert_nonnull(watch);
	mg_loop_dispatch(loop);
	band_begin(&all, NULL);
	mg_timer_start(all.players[0].timer, far_away());
	for (guint i = 0; i < 1000; i++)
		mg_loop_dispatch(all.loop);
	alarm(0);
	g_assert_cmpstr(all.played->str, ==, "");
	band_end(&all);
	mg_watch_free(watch);
	close(fd);
	mg_loop_free(loop);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/loop/order", order_cases, test_order);
	TEST_ROWS("/loop/within", within_cases, test_within);
	g_test_add_func("/loop/in-time", test_in_time);
	g_test_add_func("/loop/descriptor", test_descriptor);
	g_test_add_func("/loop/many-timers", test_many_timers);
	g_test_add_func("/loop/watches", test_watches);
	g_test_add_func("/loop/busy", test_busy);
	TEST_ROWS("/loop/free-within", free_cases, test_free_within);
	g_test_add_func("/loop/exchange-within", test_exchange_within);
	g_test_add_func("/loop/close-within", test_close_within);
	g_test_add_func("/loop/rivals", test_rivals);
	g_test_add_func("/loop/set-events", test_set_events);
	g_test_add_func("/loop/cannot-watch", test_cannot_watch);
	g_test_add_func("/loop/ready", test_ready);
	g_test_add_func("/loop/ready-and-timer", test_ready_and_timer);
	g_test_add_func("/loop/ready-within", test_ready_within);
	g_test_add_func("/loop/never-blocks", test_never_blocks);
	return g_test_run();
}
