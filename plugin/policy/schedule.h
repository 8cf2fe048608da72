/* schedule.h - hours of a week, and last days.
 * In:    "mon-fri 08:00-18:00, sat 09:00-12:00"; "2027-01-31" or RFC 3339
 * Out:   whether a moment is in
 * Rules: local time of the host. The first minute is in, the last is not; a span over midnight belongs to the day it
 *        began. A day alone is the whole day, hours alone are every day's. */
#ifndef MG_POLICY_SCHEDULE_H
#define MG_POLICY_SCHEDULE_H

#include <glib.h>

typedef struct mg_schedule mg_schedule;

/* NULL, @why_out set (the caller's to free), if @text is none. */
mg_schedule *mg_schedule_parse(const char *text, char **why_out);
void mg_schedule_free(mg_schedule *schedule);
/* @now_s: seconds since 1970, UTC. */
gboolean mg_schedule_contains(const mg_schedule *schedule, gint64 now_s);

/* The first second after the day or moment that @text names. FALSE, @end_s_out untouched, if it names none. */
gboolean mg_until_parse(const char *text, gint64 *end_s_out);

#endif
