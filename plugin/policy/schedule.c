/* schedule.c - see schedule.h. */
#include "policy/schedule.h"

#include <string.h>

#define DAY_MINUTES 1440

typedef struct span {
	guint8  days;          /* bit 0: Monday */
	guint16 from, to;      /* minutes of the day; to <= from: over midnight */
} span;

struct mg_schedule {
	GArray *spans;   /* owned; of span */
};

static const char *const day_names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static int
day_parse(const char *text, gsize length)
{
	for (guint i = 0; i < G_N_ELEMENTS(day_names); i++)
		if (length == 3 && g_ascii_strncasecmp(text, day_names[i], 3) == 0)
			return (int)i;
	return -1;
}

/* "mon" or "fri-mon" */
static gboolean
days_parse(const char *text, guint8 *days_out)
{
	const char *hyphen = strchr(text, '-');
	int first = day_parse(text, hyphen ? (gsize)(hyphen - text) : strlen(text));
	int last = hyphen ? day_parse(hyphen + 1, strlen(hyphen + 1)) : first;

	if (first < 0 || last < 0)
		return FALSE;
	for (int day = first;; day = (day + 1) % 7) {
		*days_out |= (guint8)(1u << day);
		if (day == last)
			return TRUE;
	}
}

/* "08:00"; 24:00 is allowed where @is_end. */
static gboolean
minute_parse(const char *text, gboolean is_end, guint16 *minute_out)
{
	guint hour, minute;

	if (strlen(text) != 5 || text[2] != ':' || !g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1])
	    || !g_ascii_isdigit(text[3]) || !g_ascii_isdigit(text[4]))
		return FALSE;
	hour = (guint)(text[0] - '0') * 10 + (guint)(text[1] - '0');
	minute = (guint)(text[3] - '0') * 10 + (guint)(text[4] - '0');
	if (minute > 59 || hour > 24 || (hour == 24 && (minute > 0 || !is_end)))
		return FALSE;
	*minute_out = (guint16)(hour * 60 + minute);
	return TRUE;
}

/* "08:00-18:00" */
static gboolean
hours_parse(const char *text, span *span_out)
{
	g_auto(GStrv) ends = g_strsplit(text, "-", 3);

	return g_strv_length(ends) == 2 && minute_parse(ends[0], FALSE, &span_out->from)
	       && minute_parse(ends[1], TRUE, &span_out->to) && span_out->from != span_out->to;
}

/* "mon-fri 08:00-18:00", either half alone too */
static gboolean
span_parse(const char *text, span *span_out)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
	span parsed = { 0, 0, DAY_MINUTES };
	gboolean has_days = FALSE, has_hours = FALSE;

	for (guint i = 0; words[i] != NULL; i++) {
		if (words[i][0] == 0)
			continue;
		if (!has_days && !has_hours && days_parse(words[i], &parsed.days))
			has_days = TRUE;
		else if (!has_hours && hours_parse(words[i], &parsed))
			has_hours = TRUE;
		else
			return FALSE;
	}
	if (!has_days)
		parsed.days = 0x7f;
	*span_out = parsed;
	return has_days || has_hours;
}

mg_schedule *
mg_schedule_parse(const char *text, char **why_out)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);
	mg_schedule *schedule = g_new0(mg_schedule, 1);

	schedule->spans = g_array_new(FALSE, FALSE, sizeof(span));
	for (guint i = 0; i == 0 || parts[i] != NULL; i++) {   /* an empty text has no parts, and one fault */
		span parsed;

		if (parts[i] == NULL || !span_parse(parts[i], &parsed)) {
			*why_out = g_strdup_printf("'%.80s' are no hours; 'mon-fri 08:00-18:00' was expected",
			                           parts[i] ? parts[i] : "");
			mg_schedule_free(schedule);
			return NULL;
		}
		g_array_append_val(schedule->spans, parsed);
	}
	return schedule;
}

void
mg_schedule_free(mg_schedule *schedule)
{
	if (schedule == NULL)
		return;
	g_array_unref(schedule->spans);
	g_free(schedule);
}

gboolean
mg_schedule_contains(const mg_schedule *schedule, gint64 now_s)
{
	g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(now_s);
	guint today, yesterday, minute;

	if (now == NULL)
		return FALSE;
	today = 1u << (g_date_time_get_day_of_week(now) - 1);
	yesterday = 1u << ((g_date_time_get_day_of_week(now) + 5) % 7);
	minute = (guint)(g_date_time_get_hour(now) * 60 + g_date_time_get_minute(now));
	for (guint i = 0; i < schedule->spans->len; i++) {
		const span *open = &g_array_index(schedule->spans, span, i);
		gboolean over_midnight = open->to < open->from;

		if ((open->days & today) && minute >= open->from && (over_midnight || minute < open->to))
			return TRUE;
		if ((open->days & yesterday) && over_midnight && minute < open->to)
			return TRUE;
	}
	return FALSE;
}

gboolean
mg_until_parse(const char *text, gint64 *end_s_out)
{
	static const char day_form[] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
	static const char moment_form[] =
		"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$";
	g_autofree char *upper = g_ascii_strup(text, -1);
	g_autoptr(GTimeZone) local = g_time_zone_new_local();
	g_autoptr(GDateTime) moment = NULL;

	/* GLib reads more forms of ISO 8601 than RFC 3339 has. */
	if (g_regex_match_simple(day_form, upper, G_REGEX_DOLLAR_ENDONLY, 0)) {
		/* Its last second, not the next day's first: where clocks change at midnight there may be none. */
		g_autofree char *last = g_strconcat(upper, "T23:59:59", NULL);

		moment = g_date_time_new_from_iso8601(last, local);
	} else if (g_regex_match_simple(moment_form, upper, G_REGEX_DOLLAR_ENDONLY, 0)) {
		moment = g_date_time_new_from_iso8601(upper, NULL);
	}
	if (moment == NULL)
		return FALSE;
	*end_s_out = g_date_time_to_unix(moment) + (strlen(text) == strlen("2027-01-31"));
	return TRUE;
}
