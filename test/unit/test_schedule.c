/* test_schedule.c - hours of a week and last days, in zones with and without summer time. The zones are written as
 * POSIX has them (TZ), so that no table of zones is needed. */
#include "policy/schedule.h"

#include "support.h"

#define UTC      "UTC"
#define CENTRAL  "CET-1CEST,M3.5.0,M10.5.0/3"   /* summer: last Sunday of March, 02:00, to October's, 03:00 */
#define EASTERN  "EST5EDT,M3.2.0,M11.1.0"
#define MIDNIGHT "AAT3AAST,M11.1.0/0,M2.3.0/0"  /* changes at midnight: a Sunday in November begins at 01:00 */
#define FAR_EAST "FET-14"

/* "2026-11-20T12:00:00Z" in seconds. */
static gint64
moment_of(const char *text)
{
	g_autoptr(GDateTime) moment = g_date_time_new_from_iso8601(text, NULL);

	g_assert_nonnull(moment);
	return moment != NULL ? g_date_time_to_unix(moment) : 0;
}

/* ---- what is a schedule ---- */

typedef struct parse_case {
	const char *name;
	const char *text;
	gboolean    expected;
} parse_case;

static const parse_case parse_cases[] = {
	{ "days-and-hours", "mon-fri 08:00-18:00", TRUE },
	{ "two-spans", "mon-fri 08:00-18:00, sat 09:00-12:00", TRUE },
	{ "days-alone", "mon-fri", TRUE },
	{ "day-alone", "sun", TRUE },
	{ "hours-alone", "08:00-18:00", TRUE },
	{ "upper-case", "MON-Fri 08:00-18:00", TRUE },
	{ "white-space", " \tmon-fri \t 08:00-18:00 ,\tsat ", TRUE },
	{ "days-over-the-week-end", "sat-mon", TRUE },
	{ "all-days", "mon-sun", TRUE },
	{ "one-day-as-range", "mon-mon", TRUE },
	{ "over-midnight", "22:00-06:00", TRUE },
	{ "to-24", "08:00-24:00", TRUE },
	{ "to-0", "22:00-00:00", TRUE },
	{ "whole-day", "00:00-24:00", TRUE },
	{ "last-minute", "23:59-24:00", TRUE },
	{ "empty", "", FALSE },
	{ "blank", " ", FALSE },
	{ "comma-alone", ",", FALSE },
	{ "comma-last", "mon-fri,", FALSE },
	{ "comma-first", ",mon-fri", FALSE },
	{ "commas", "mon,,tue", FALSE },
	{ "hours-before-days", "08:00-18:00 mon-fri", FALSE },
	{ "days-twice", "mon tue 08:00-18:00", FALSE },
	{ "hours-twice", "mon 08:00-12:00 13:00-18:00", FALSE },
	{ "no-hours", "08:00-08:00", FALSE },
	{ "no-hours-0", "00:00-00:00", FALSE },
	{ "from-24", "24:00-06:00", FALSE },
	{ "to-24-01", "08:00-24:01", FALSE },
	{ "hour-25", "08:00-25:00", FALSE },
	{ "minute-60", "08:00-18:60", FALSE },
	{ "one-digit", "8:00-18:00", FALSE },
	{ "no-minutes", "08-18", FALSE },
	{ "seconds", "08:00:00-18:00:00", FALSE },
	{ "minus", "-1:00-18:00", FALSE },
	{ "plus", "+8:00-18:00", FALSE },
	{ "no-end", "08:00-", FALSE },
	{ "no-start", "-18:00", FALSE },
	{ "three-times", "08:00-12:00-18:00", FALSE },
	{ "twelve-hours", "08:00am-06:00pm", FALSE },
	{ "dot", "08.00-18.00", FALSE },
	{ "fullwidth-digit", "0\xef\xbc\x98:00-18:00", FALSE },
	{ "space-inside", "08:00 - 18:00", FALSE },
	{ "day-long", "monday", FALSE },
	{ "day-short", "mo", FALSE },
	{ "day-unknown", "day 08:00-18:00", FALSE },
	{ "days-open", "mon-", FALSE },
	{ "days-no-first", "-fri", FALSE },
	{ "days-three", "mon-wed-fri", FALSE },
	{ "days-and-word", "mon-fri always", FALSE },
	{ "semicolon", "mon;tue", FALSE },
	{ "star", "*", FALSE },
};

static void
test_parse(gconstpointer data)
{
	const parse_case *row = data;
	g_autofree char *why = NULL;
	mg_schedule *schedule = mg_schedule_parse(row->text, &why);

	g_assert_cmpint(schedule != NULL, ==, row->expected);
	g_assert_cmpint(why == NULL, ==, row->expected);
	mg_schedule_free(schedule);
}

/* ---- when it holds ---- */

typedef struct contains_case {
	const char *name;
	const char *zone;
	const char *text;
	const char *moment;
	gboolean    expected;
} contains_case;

/* 2026-11-16 is a Monday. */
#define OFFICE "mon-fri 08:00-18:00, sat 09:00-12:00"
#define NIGHT  "fri 22:00-06:00"

static const contains_case contains_cases[] = {
	{ "first-second", UTC, OFFICE, "2026-11-16T08:00:00Z", TRUE },
	{ "second-before", UTC, OFFICE, "2026-11-16T07:59:59Z", FALSE },
	{ "last-second", UTC, OFFICE, "2026-11-16T17:59:59Z", TRUE },
	{ "end", UTC, OFFICE, "2026-11-16T18:00:00Z", FALSE },
	{ "last-day", UTC, OFFICE, "2026-11-20T17:59:59Z", TRUE },
	{ "second-span", UTC, OFFICE, "2026-11-21T09:00:00Z", TRUE },
	{ "second-span-hours-of-the-first", UTC, OFFICE, "2026-11-21T08:00:00Z", FALSE },
	{ "no-span-that-day", UTC, OFFICE, "2026-11-22T10:00:00Z", FALSE },
	{ "day-alone-first", UTC, "sun", "2026-11-22T00:00:00Z", TRUE },
	{ "day-alone-last", UTC, "sun", "2026-11-22T23:59:59Z", TRUE },
	{ "day-alone-before", UTC, "sun", "2026-11-21T23:59:59Z", FALSE },
	{ "day-alone-behind", UTC, "sun", "2026-11-23T00:00:00Z", FALSE },
	{ "hours-alone-on-sunday", UTC, "08:00-18:00", "2026-11-22T08:00:00Z", TRUE },
	{ "days-over-the-week-end-in", UTC, "sat-mon", "2026-11-22T12:00:00Z", TRUE },
	{ "days-over-the-week-end-last", UTC, "sat-mon", "2026-11-23T23:59:59Z", TRUE },
	{ "days-over-the-week-end-out", UTC, "sat-mon", "2026-11-24T00:00:00Z", FALSE },
	{ "to-24-last", UTC, "mon 20:00-24:00", "2026-11-16T23:59:59Z", TRUE },
	{ "to-24-behind", UTC, "mon 20:00-24:00", "2026-11-17T00:00:00Z", FALSE },
	{ "to-0-last", UTC, "mon 20:00-00:00", "2026-11-16T23:59:59Z", TRUE },
	{ "to-0-behind", UTC, "mon 20:00-00:00", "2026-11-17T00:00:00Z", FALSE },
	{ "from-0", UTC, "mon 00:00-06:00", "2026-11-16T00:00:00Z", TRUE },
	{ "from-0-before", UTC, "mon 00:00-06:00", "2026-11-15T23:59:59Z", FALSE },

	{ "night-before", UTC, NIGHT, "2026-11-20T21:59:59Z", FALSE },
	{ "night-first", UTC, NIGHT, "2026-11-20T22:00:00Z", TRUE },
	{ "night-midnight", UTC, NIGHT, "2026-11-21T00:00:00Z", TRUE },
	{ "night-last", UTC, NIGHT, "2026-11-21T05:59:59Z", TRUE },
	{ "night-end", UTC, NIGHT, "2026-11-21T06:00:00Z", FALSE },
	{ "night-of-the-day-before", UTC, NIGHT, "2026-11-20T05:00:00Z", FALSE },
	{ "night-of-the-day-behind", UTC, NIGHT, "2026-11-21T22:00:00Z", FALSE },
	{ "night-of-sunday-on-monday", UTC, "sun 22:00-06:00", "2026-11-23T05:59:59Z", TRUE },
	{ "night-of-sunday-not-on-sunday", UTC, "sun 22:00-06:00", "2026-11-22T05:59:59Z", FALSE },
	{ "night-of-monday-not-before", UTC, "mon 22:00-06:00", "2026-11-16T05:59:59Z", FALSE },
	{ "night-of-every-day", UTC, "22:00-06:00", "2026-11-18T03:00:00Z", TRUE },
	{ "night-of-every-day-out", UTC, "22:00-06:00", "2026-11-18T12:00:00Z", FALSE },
	{ "night-all-but-a-minute", UTC, "mon 08:01-08:00", "2026-11-17T07:59:59Z", TRUE },
	{ "night-all-but-a-minute-out", UTC, "mon 08:01-08:00", "2026-11-17T08:00:00Z", FALSE },

	{ "zone-east", CENTRAL, OFFICE, "2026-11-16T07:00:00Z", TRUE },
	{ "zone-east-before", CENTRAL, OFFICE, "2026-11-16T06:59:59Z", FALSE },
	{ "zone-summer", CENTRAL, OFFICE, "2026-07-20T06:00:00Z", TRUE },
	{ "zone-summer-before", CENTRAL, OFFICE, "2026-07-20T05:59:59Z", FALSE },
	{ "zone-west", EASTERN, OFFICE, "2026-11-16T13:00:00Z", TRUE },
	{ "zone-west-day-before", EASTERN, "sun", "2026-11-23T04:59:59Z", TRUE },
	{ "zone-west-day-behind", EASTERN, "sun", "2026-11-23T05:00:00Z", FALSE },
	{ "zone-far-east-day-before", FAR_EAST, "mon", "2026-11-15T10:00:00Z", TRUE },

	/* Summer begins: 2027-03-28 has no 02:00 to 03:00. */
	{ "gap-before", CENTRAL, "sun 01:00-02:00", "2027-03-28T00:59:59Z", TRUE },
	{ "gap-is-three", CENTRAL, "sun 03:00-04:00", "2027-03-28T01:00:00Z", TRUE },
	{ "gap-is-not-two", CENTRAL, "sun 02:00-03:00", "2027-03-28T01:00:00Z", FALSE },
	{ "gap-inside", CENTRAL, "sun 01:00-04:00", "2027-03-28T01:59:59Z", TRUE },
	{ "gap-inside-end", CENTRAL, "sun 01:00-04:00", "2027-03-28T02:00:00Z", FALSE },
	{ "gap-over-midnight", CENTRAL, "sat 22:00-06:00", "2027-03-28T03:59:59Z", TRUE },
	{ "gap-over-midnight-end", CENTRAL, "sat 22:00-06:00", "2027-03-28T04:00:00Z", FALSE },
	/* Summer ends: 2027-10-31 has 02:00 to 03:00 twice. */
	{ "twice-first", CENTRAL, "sun 02:00-03:00", "2027-10-31T00:00:00Z", TRUE },
	{ "twice-first-last", CENTRAL, "sun 02:00-03:00", "2027-10-31T00:59:59Z", TRUE },
	{ "twice-second", CENTRAL, "sun 02:00-03:00", "2027-10-31T01:00:00Z", TRUE },
	{ "twice-second-last", CENTRAL, "sun 02:00-03:00", "2027-10-31T01:59:59Z", TRUE },
	{ "twice-end", CENTRAL, "sun 02:00-03:00", "2027-10-31T02:00:00Z", FALSE },
	/* A day that begins at 01:00, and one whose last hour comes twice. */
	{ "no-midnight", MIDNIGHT, "sun", "2027-11-07T03:00:00Z", TRUE },
	{ "no-midnight-before", MIDNIGHT, "sun", "2027-11-07T02:59:59Z", FALSE },
	{ "two-last-hours", MIDNIGHT, "sat 23:00-24:00", "2027-02-21T02:59:59Z", TRUE },
	{ "two-last-hours-end", MIDNIGHT, "sat 23:00-24:00", "2027-02-21T03:00:00Z", FALSE },
};

static void
test_contains(gconstpointer data)
{
	const contains_case *row = data;
	g_autofree char *why = NULL;
	mg_schedule *schedule;

	g_setenv("TZ", row->zone, TRUE);
	schedule = mg_schedule_parse(row->text, &why);
	g_assert_nonnull(schedule);
	if (schedule != NULL)
		g_assert_cmpint(mg_schedule_contains(schedule, moment_of(row->moment)), ==, row->expected);
	mg_schedule_free(schedule);
}

/* Times that no calendar has are in no schedule. */
static void
test_no_time(void)
{
	g_autofree char *why = NULL;
	mg_schedule *schedule = mg_schedule_parse("mon-sun", &why);

	g_setenv("TZ", UTC, TRUE);
	g_assert_nonnull(schedule);
	g_assert_false(mg_schedule_contains(schedule, G_MAXINT64));
	g_assert_false(mg_schedule_contains(schedule, G_MININT64));
	g_assert_true(mg_schedule_contains(schedule, 0));
	mg_schedule_free(schedule);
	mg_schedule_free(NULL);
}

/* ---- last days and moments ---- */

typedef struct until_case {
	const char *name;
	const char *zone;
	const char *text;
	const char *expected;   /* the first second that is out; NULL: neither a day nor a moment */
} until_case;

static const until_case until_cases[] = {
	{ "day", UTC, "2027-01-31", "2027-02-01T00:00:00Z" },
	{ "day-east", CENTRAL, "2027-01-31", "2027-01-31T23:00:00Z" },
	{ "day-west", EASTERN, "2027-01-31", "2027-02-01T05:00:00Z" },
	{ "day-far-east", FAR_EAST, "2027-01-31", "2027-01-31T10:00:00Z" },
	{ "day-summer", CENTRAL, "2027-07-31", "2027-07-31T22:00:00Z" },
	{ "day-last-of-year", UTC, "2026-12-31", "2027-01-01T00:00:00Z" },
	{ "day-leap", UTC, "2028-02-29", "2028-03-01T00:00:00Z" },
	{ "day-no-leap", UTC, "2027-02-29", NULL },
	{ "day-no-leap-2100", UTC, "2100-02-29", NULL },
	{ "day-past", UTC, "1999-12-31", "2000-01-01T00:00:00Z" },
	{ "day-last-of-the-calendar-but-one", UTC, "9999-12-30", "9999-12-31T00:00:00Z" },
	/* 23 hours, 25 hours, no midnight at the start, none at the end, two last hours. */
	{ "day-of-23-hours", CENTRAL, "2027-03-28", "2027-03-28T22:00:00Z" },
	{ "day-before-23-hours", CENTRAL, "2027-03-27", "2027-03-27T23:00:00Z" },
	{ "day-of-25-hours", CENTRAL, "2027-10-31", "2027-10-31T23:00:00Z" },
	{ "day-of-25-hours-west", EASTERN, "2027-11-07", "2027-11-08T05:00:00Z" },
	{ "day-before-no-midnight", MIDNIGHT, "2027-11-06", "2027-11-07T03:00:00Z" },
	{ "day-without-midnight", MIDNIGHT, "2027-11-07", "2027-11-08T02:00:00Z" },
	{ "day-of-two-last-hours", MIDNIGHT, "2027-02-20", "2027-02-21T03:00:00Z" },
	{ "day-behind-two-last-hours", MIDNIGHT, "2027-02-21", "2027-02-22T03:00:00Z" },

	{ "moment", UTC, "2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z" },
	{ "moment-zone-does-not-matter", CENTRAL, "2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z" },
	{ "moment-offset-east", UTC, "2027-01-31T12:00:00+01:00", "2027-01-31T11:00:00Z" },
	{ "moment-offset-west", UTC, "2027-01-31T12:00:00-05:00", "2027-01-31T17:00:00Z" },
	{ "moment-offset-half-hour", UTC, "2027-01-31T12:00:00+05:30", "2027-01-31T06:30:00Z" },
	{ "moment-offset-unknown", UTC, "2027-01-31T12:00:00-00:00", "2027-01-31T12:00:00Z" },
	{ "moment-fraction", UTC, "2027-01-31T12:00:00.000Z", "2027-01-31T12:00:00Z" },
	{ "moment-lower-case-t", UTC, "2027-01-31t12:00:00Z", "2027-01-31T12:00:00Z" },
	{ "moment-lower-case-z", UTC, "2027-01-31T12:00:00z", "2027-01-31T12:00:00Z" },   /* RFC 3339 5.6 */
	{ "moment-midnight", UTC, "2027-02-01T00:00:00Z", "2027-02-01T00:00:00Z" },

	{ "empty", UTC, "", NULL },
	{ "never", UTC, "never", NULL },
	{ "day-with-slashes", UTC, "2027/01/31", NULL },
	{ "day-with-dots", UTC, "31.01.2027", NULL },
	{ "day-reversed", UTC, "31-01-2027", NULL },
	{ "day-without-hyphens", UTC, "20270131", NULL },
	{ "day-one-digit", UTC, "2027-1-31", NULL },
	{ "day-space", UTC, "2027-01- 1", NULL },
	{ "day-minus", UTC, "-027-01-31", NULL },
	{ "day-32", UTC, "2027-01-32", NULL },
	{ "day-0", UTC, "2027-01-00", NULL },
	{ "month-13", UTC, "2027-13-01", NULL },
	{ "month-0", UTC, "2027-00-01", NULL },
	{ "year-0", UTC, "0000-01-01", NULL },
	{ "year-alone", UTC, "2027", NULL },
	{ "month-alone", UTC, "2027-01", NULL },
	{ "week-day", UTC, "2027-W05-1", NULL },
	{ "moment-without-zone", UTC, "2027-01-31T12:00:00", NULL },
	{ "moment-with-fraction-without-zone", UTC, "2027-01-31T12:00:00.25", NULL },
	{ "moment-without-seconds", UTC, "2027-01-31T12:00Z", NULL },
	{ "moment-hour-24", UTC, "2027-01-31T24:00:00Z", NULL },
	{ "moment-minute-60", UTC, "2027-01-31T12:60:00Z", NULL },
	{ "moment-no-leap", UTC, "2027-02-29T12:00:00Z", NULL },
	{ "moment-zone-by-name", UTC, "2027-01-31T12:00:00 CET", NULL },
	{ "moment-text-behind", UTC, "2027-01-31T12:00:00Z.", NULL },
	{ "moment-space-behind", UTC, "2027-01-31T12:00:00Z ", NULL },
	{ "moment-offset-99", UTC, "2027-01-31T12:00:00+99:00", NULL },
	/* ISO 8601 has them, RFC 3339 has not. */
	{ "moment-week-date", UTC, "2027-W04-7T12:00:00Z", NULL },
	{ "moment-day-of-year", UTC, "2027-031T12:00:00.0Z", NULL },
	{ "moment-time-without-colons", UTC, "2027-01-31T120000.0Z", NULL },
	{ "moment-offset-24", UTC, "2027-01-31T12:00:00+24:00", NULL },
};

static void
test_until(gconstpointer data)
{
	const until_case *row = data;
	gint64 end_s = 4711;

	g_setenv("TZ", row->zone, TRUE);
	g_assert_cmpint(mg_until_parse(row->text, &end_s), ==, row->expected != NULL);
	g_assert_cmpint(end_s, ==, row->expected != NULL ? moment_of(row->expected) : 4711);
}

/* The last day that the calendar has, which people write for "never": no end in the past. */
static void
test_last_of_all(void)
{
	gint64 end_s = 4711;

	g_setenv("TZ", UTC, TRUE);
	if (mg_until_parse("9999-12-31", &end_s))
		g_assert_cmpint(end_s, >=, moment_of("9999-12-31T23:59:59Z"));
	else
		g_assert_cmpint(end_s, ==, 4711);
}

int
main(int argc, char **argv)
{
	g_setenv("TZ", UTC, TRUE);
	test_init(&argc, &argv);
	TEST_ROWS("/schedule/parse", parse_cases, test_parse);
	TEST_ROWS("/schedule/contains", contains_cases, test_contains);
	g_test_add_func("/schedule/no-time", test_no_time);
	TEST_ROWS("/schedule/until", until_cases, test_until);
	g_test_add_func("/schedule/until-last-of-all", test_last_of_all);
	return g_test_run();
}
