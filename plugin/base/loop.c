/* loop.c - see loop.h. Timers stand in a binary heap; the timerfd is set to the first of them. Work at hand is an
 * eventfd of its own: a timer that is due at once costs an interrupt. */
#include "base/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS_A_DISPATCH 64
#define NEVER             G_MAXINT64
#define NOT_RUNNING       G_MAXUINT

struct mg_watch {
	mg_loop          *loop;       /* borrowed */
	int               fd;         /* borrowed */
	mg_watch_function function;   /* NULL: freed while its event was being dispatched */
	void             *context;    /* borrowed */
};

struct mg_timer {
	mg_loop          *loop;       /* borrowed */
	mg_timer_function function;
	void             *context;    /* borrowed */
	gint64            at_us;
	gboolean          is_due;     /* it stands in the batch of this dispatch, no longer in the heap */
	guint             place;      /* in heap or batch, or NOT_RUNNING */
};

struct mg_loop {
	int        epoll_fd;    /* owned */
	int        timer_fd;    /* owned */
	int        ready_fd;    /* owned */
	gint64     armed_us;    /* what timer_fd is set to; NEVER: not set; -1: it has fired */
	gboolean   ready;       /* ready_fd is readable */
	gboolean   dispatching;
	GPtrArray *heap;        /* owned array of borrowed timers */
	GPtrArray *due;         /* owned array of borrowed timers, NULL where one was stopped meanwhile */
	GPtrArray *garbage;     /* owned; watches freed during dispatch */
};

mg_loop *
mg_loop_new(void)
{
	mg_loop *loop = g_new0(mg_loop, 1);
	/* Our own two are told from watches by their addresses; nobody reads ready_fd in dispatch. */
	struct epoll_event timer = { .events = EPOLLIN, .data = { .ptr = &loop->timer_fd } };
	struct epoll_event ready = { .events = EPOLLIN, .data = { .ptr = &loop->ready_fd } };
	int error;

	loop->armed_us = NEVER;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	loop->ready_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (loop->epoll_fd < 0 || loop->timer_fd < 0 || loop->ready_fd < 0
	    || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->timer_fd, &timer) < 0
	    || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->ready_fd, &ready) < 0) {
		error = errno;
		mg_loop_free(loop);
		errno = error;
		return NULL;
	}
	loop->heap = g_ptr_array_new();
	loop->due = g_ptr_array_new();
	loop->garbage = g_ptr_array_new_with_free_func(g_free);
	return loop;
}

void
mg_loop_free(mg_loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->timer_fd >= 0)
		close(loop->timer_fd);
	if (loop->ready_fd >= 0)
		close(loop->ready_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	g_clear_pointer(&loop->heap, g_ptr_array_unref);
	g_clear_pointer(&loop->due, g_ptr_array_unref);
	g_clear_pointer(&loop->garbage, g_ptr_array_unref);
	g_free(loop);
}

int
mg_loop_fd(const mg_loop *loop)
{
	return loop->epoll_fd;
}

/* Sets the timerfd to what comes first, if that has changed. During dispatch this waits for its end. */
static void
loop_arm(mg_loop *loop)
{
	const mg_timer *first = loop->heap->len > 0 ? loop->heap->pdata[0] : NULL;
	gint64 at_us = first != NULL ? MAX(first->at_us, 0) : NEVER;
	struct itimerspec when = { 0 };

	if (loop->dispatching || at_us == loop->armed_us)
		return;
	if (at_us != NEVER) {
		/* An absolute time in the past fires at once; zero would switch the timer off. */
		when.it_value.tv_sec = (time_t)(at_us / G_USEC_PER_SEC);
		when.it_value.tv_nsec = (long)(at_us % G_USEC_PER_SEC) * 1000 + (at_us == 0);
	}
	timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
	loop->armed_us = at_us;
}

void
mg_loop_set_ready(mg_loop *loop, gboolean ready)
{
	guint64 count = 1;
	gssize moved = 0;

	if (ready == loop->ready)
		return;
	moved = ready ? write(loop->ready_fd, &count, sizeof(count)) : read(loop->ready_fd, &count, sizeof(count));
	loop->ready = ready;
	g_assert(moved == sizeof(count));   /* it counts from 0 to 1 and back: neither can fail */
}

mg_watch *
mg_loop_watch(mg_loop *loop, int fd, guint32 events, mg_watch_function function, void *context)
{
	mg_watch *watch = g_new0(mg_watch, 1);
	struct epoll_event event = { .events = events, .data = { .ptr = watch } };

	*watch = (mg_watch){ loop, fd, function, context };
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		int error = errno;

		g_free(watch);
		errno = error;
		return NULL;
	}
	return watch;
}

void
mg_watch_set_events(mg_watch *watch, guint32 events)
{
	struct epoll_event event = { .events = events, .data = { .ptr = watch } };

	epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

void
mg_watch_free(mg_watch *watch)
{
	if (watch == NULL)
		return;
	epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->function = NULL;
	if (watch->loop->dispatching)   /* an event of it may stand in the batch at hand */
		g_ptr_array_add(watch->loop->garbage, watch);
	else
		g_free(watch);
}

static void
heap_put(GPtrArray *heap, guint place, mg_timer *timer)
{
	heap->pdata[place] = timer;
	timer->place = place;
}

/* Moves the timer at @place to where it belongs, up or down. */
static void
heap_settle(GPtrArray *heap, guint place)
{
	mg_timer *timer = heap->pdata[place];

	while (place > 0) {
		mg_timer *parent = heap->pdata[(place - 1) / 2];

		if (parent->at_us <= timer->at_us)
			break;
		heap_put(heap, place, parent);
		place = (place - 1) / 2;
	}
	for (;;) {
		guint child = place * 2 + 1;

		if (child >= heap->len)
			break;
		if (child + 1 < heap->len
		    && ((mg_timer *)heap->pdata[child + 1])->at_us < ((mg_timer *)heap->pdata[child])->at_us)
			child++;
		if (((mg_timer *)heap->pdata[child])->at_us >= timer->at_us)
			break;
		heap_put(heap, place, heap->pdata[child]);
		place = child;
	}
	heap_put(heap, place, timer);
}

mg_timer *
mg_timer_new(mg_loop *loop, mg_timer_function function, void *context)
{
	mg_timer *timer = g_new0(mg_timer, 1);

	*timer = (mg_timer){ .loop = loop, .function = function, .context = context, .place = NOT_RUNNING };
	return timer;
}

void
mg_timer_start(mg_timer *timer, gint64 at_us)
{
	GPtrArray *heap = timer->loop->heap;

	if (timer->is_due)
		mg_timer_stop(timer);
	timer->at_us = at_us;
	if (timer->place == NOT_RUNNING) {
		timer->place = heap->len;
		g_ptr_array_add(heap, timer);
	}
	heap_settle(heap, timer->place);
	loop_arm(timer->loop);
}

static void
heap_remove(GPtrArray *heap, guint place)
{
	mg_timer *last = heap->pdata[heap->len - 1];

	g_ptr_array_set_size(heap, (gint)heap->len - 1);
	if (place < heap->len) {
		heap_put(heap, place, last);
		heap_settle(heap, place);
	}
}

void
mg_timer_stop(mg_timer *timer)
{
	if (timer->place == NOT_RUNNING)
		return;
	if (timer->is_due)
		timer->loop->due->pdata[timer->place] = NULL;
	else
		heap_remove(timer->loop->heap, timer->place);
	timer->is_due = FALSE;
	timer->place = NOT_RUNNING;
	loop_arm(timer->loop);
}

void
mg_timer_free(mg_timer *timer)
{
	if (timer == NULL)
		return;
	mg_timer_stop(timer);
	g_free(timer);
}

/* Calls what is due by now, in order. What is started meanwhile, be it for the past, waits for the next dispatch: the
 * work is bounded, and nobody is kept waiting by one who starts anew. */
static void
loop_run_timers(mg_loop *loop)
{
	gint64 now_us = g_get_monotonic_time();

	while (loop->heap->len > 0 && ((mg_timer *)loop->heap->pdata[0])->at_us <= now_us) {
		mg_timer *timer = loop->heap->pdata[0];

		heap_remove(loop->heap, 0);
		timer->is_due = TRUE;
		timer->place = loop->due->len;
		g_ptr_array_add(loop->due, timer);
	}
	for (guint i = 0; i < loop->due->len; i++) {
		mg_timer *timer = loop->due->pdata[i];

		if (timer == NULL)
			continue;
		mg_timer_stop(timer);
		timer->function(timer->context);
	}
	g_ptr_array_set_size(loop->due, 0);
}

void
mg_loop_dispatch(mg_loop *loop)
{
	struct epoll_event events[EVENTS_A_DISPATCH];
	int n_events = epoll_wait(loop->epoll_fd, events, EVENTS_A_DISPATCH, 0);

	loop->dispatching = TRUE;
	for (int i = 0; i < n_events; i++) {
		mg_watch *watch = events[i].data.ptr;

		if (events[i].data.ptr == &loop->timer_fd)
			loop->armed_us = -1;   /* set it anew, which also clears it */
		else if (events[i].data.ptr != &loop->ready_fd && watch->function != NULL)
			watch->function(watch->context, events[i].events);
	}
	loop_run_timers(loop);
	loop->dispatching = FALSE;
	g_ptr_array_set_size(loop->garbage, 0);
	loop_arm(loop);
}
