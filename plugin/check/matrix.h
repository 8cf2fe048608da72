/* matrix.h - who may relay where: zones x senders x recipients x address forms, judged by a loaded policy.
 * In:    a policy
 * Out:   a table for people, and whether an outsider reaches an outside domain in any form
 * Rules: every grant is taken as running and open at this hour, so that what a policy can ever allow is seen. It runs
 *        at every load: a policy that lets an outsider through is refused. Pure. */
#ifndef MG_CHECK_MATRIX_H
#define MG_CHECK_MATRIX_H

#include "policy/policy.h"

/* TRUE if an outsider can send outside: @why_out, if not NULL, gets a sentence that is the caller's to free.
 * Zones of strangers (open-relay = i-understand) count as outsiders only if @with_open_zones. */
gboolean mg_matrix_leaks(const mg_policy *policy, gboolean with_open_zones, char **why_out);

/* The table, one line a row, without line ends; the caller's to free. */
GPtrArray *mg_matrix_table(const mg_policy *policy);

#endif
