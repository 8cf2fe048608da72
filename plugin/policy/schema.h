/* schema.h - every section and key that mailguard.conf may have.
 * In:    a parsed file (conf.h)
 * Out:   values in the policy; unknown names as errors, with the nearest known one
 * Rules: mailguard.conf(5) has the same names; a test compares the two. */
#ifndef MG_POLICY_SCHEMA_H
#define MG_POLICY_SCHEMA_H

#include "policy/loader.h"

/* Reads all sections into loader->policy. */
void mg_schema_read(mg_loader *loader);

/* What keys leave to others: actions of [spf listed] that are not written are those of [spf]. */
void mg_schema_settle(mg_loader *loader);

/* Calls @function for each key of each section, in the order of the tables; named sections as "zone NAME". */
void mg_schema_foreach(void (*function)(void *context, const char *section, const char *key), void *context);

#endif
