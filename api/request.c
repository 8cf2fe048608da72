/* request.c - the requests under way: found by number, listed by session. */
#include <stdlib.h>
#include <time.h>

#include "internal.h"

#define CAPACITY_MIN 16

uint64_t
mg_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct mg_verdict **
entry_of(const mg_requests *requests, uint64_t request)
{
	return &requests->entries[request & (requests->capacity - 1)];
}

/* At least twice as many places as entries, so that a free place is near. Numbers that differ modulo the old
 * capacity differ modulo the new one: nothing can collide. */
static bool
requests_make_room(mg_requests *requests)
{
	mg_requests grown = *requests;

	if (requests->n_entries * 2 < requests->capacity)
		return true;
	grown.capacity = requests->capacity ? requests->capacity * 2 : CAPACITY_MIN;
	grown.entries = calloc(grown.capacity, sizeof(grown.entries[0]));
	if (grown.entries == NULL)
		return false;
	for (size_t i = 0; i < requests->capacity; i++)
		if (requests->entries[i] != NULL)
			*entry_of(&grown, requests->entries[i]->request) = requests->entries[i];
	free(requests->entries);
	*requests = grown;
	return true;
}

int
mg_request_new(mg_session *session, mg_question question, int stage, mg_verdict **verdict_out)
{
	mg_guard *guard = session->guard;
	mg_requests *requests = &guard->requests;
	mg_verdict *verdict;

	if (requests->n_entries >= MG_REQUESTS_MAX)
		return MG_E_LIMIT;
	verdict = calloc(1, sizeof(*verdict));
	if (verdict == NULL || !requests_make_room(requests)) {
		free(verdict);
		return MG_E_MEMORY;
	}

	do
		verdict->request = ++requests->last;
	while (*entry_of(requests, verdict->request) != NULL);
	*entry_of(requests, verdict->request) = verdict;
	requests->n_entries++;

	verdict->guard = guard;
	verdict->session = session;
	verdict->context = session->context;
	verdict->transaction = session->transaction;
	verdict->question = question;
	verdict->stage = stage;
	verdict->deadline_ms = mg_now_ms() + guard->deadline_ms;
	verdict->next = session->first;
	if (verdict->next != NULL)
		verdict->next->previous = verdict;
	session->first = verdict;
	*verdict_out = verdict;
	return MG_OK;
}

mg_verdict *
mg_request_find(const mg_guard *guard, uint64_t request)
{
	mg_verdict *verdict;

	if (guard->requests.capacity == 0)
		return NULL;
	verdict = *entry_of(&guard->requests, request);
	return verdict != NULL && verdict->request == request ? verdict : NULL;
}

void
mg_request_finish(mg_verdict *verdict)
{
	mg_session *session = verdict->session;

	if (verdict->stage == MG_STAGE_RCPT && verdict->action == MG_ACCEPT && verdict->transaction == session->transaction)
		session->n_recipients++;
	mg_request_detach(verdict);
}

void
mg_request_detach(mg_verdict *verdict)
{
	mg_requests *requests = &verdict->guard->requests;

	*entry_of(requests, verdict->request) = NULL;
	requests->n_entries--;
	if (verdict->previous != NULL)
		verdict->previous->next = verdict->next;
	else
		verdict->session->first = verdict->next;
	if (verdict->next != NULL)
		verdict->next->previous = verdict->previous;
	verdict->previous = verdict->next = NULL;
	verdict->guard = NULL;
	verdict->session = NULL;
}

void
mg_requests_clear(mg_requests *requests)
{
	for (size_t i = 0; i < requests->capacity; i++)
		mg_verdict_free(requests->entries[i]);
	free(requests->entries);
	*requests = (mg_requests){ NULL, 0, 0, 0 };
}
