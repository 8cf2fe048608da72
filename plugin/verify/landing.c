/* landing.c - see landing.h. */
#include "verify/landing.h"

gboolean
mg_landing_is_trouble(mg_rcpt_class class)
{
	return class == MG_RCPT_TRANSPORT || class == MG_RCPT_BACKEND_TEMP || class == MG_RCPT_CLOSING
	       || class == MG_RCPT_CONFIG;
}

mg_landing
mg_landing_judge(const mg_connection *connection, const mg_dialogue_recipient *recipients, guint n)
{
	mg_landing how = { .has_ended = mg_connection_get_phase(connection) == MG_CONNECTION_ENDED };

	for (guint i = 0; i < n; i++) {
		const mg_dialogue_recipient *recipient = &recipients[i];
		gboolean is_trouble = mg_landing_is_trouble(recipient->class);

		how.n_replied += recipient->reply.code != 0;
		how.n_lost += recipient->is_answered && recipient->class == MG_RCPT_TRANSPORT;
		how.n_trouble += is_trouble && (recipient->is_answered || recipient->class == MG_RCPT_CLOSING);
		how.n_definite += recipient->is_answered && !is_trouble;
	}
	how.is_surprise = how.has_ended && !mg_connection_timed_out(connection);
	how.was_stale = how.has_ended && mg_connection_was_dropped(connection) && how.n_replied == 0
	                && mg_connection_count(connection) > 1;
	return how;
}
