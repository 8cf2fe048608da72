/* audit.h - a domain, or what we ourselves are called, held against good practice, rule by rule, for who is responsible for it.
 * In:    a domain (where a recipient's path would stand), perhaps a HELO name and an address from which mail is sent; or no
 *        domain, and the policy's own names and addresses; the answers present
 * Out:   for each rule what was found, what was expected, how to mend it, and how grave it is
 * Rules: DESIGN 1, promise 4: nothing is refused by it. A rule whose answers DNS owes is UNKNOWN, never a finding. */
#ifndef MG_CHECK_AUDIT_H
#define MG_CHECK_AUDIT_H

#include "base/evidence.h"
#include "check/check.h"
#include "check/tools.h"
#include "policy/policy.h"
#include "session/facts.h"

typedef struct mg_audit_check mg_audit_check;

/* The domain stands in the forward-path's place; without one, we ourselves are meant. The HELO name and the address are the
 * session's. NULL: the question is another. What @facts point to is borrowed as long as the check lives. */
mg_audit_check *mg_audit_check_new(const mg_tools *tools, mg_policy *policy, const mg_facts *facts, gint64 now_s);
mg_check *mg_audit_check_base(mg_audit_check *audit);

/* As evidence, five pieces a rule: audit.rule, .severity, .found, .expected, .mend; the last two only where something is wrong.
 * Between them audit.address, for each address of an MX host. */
void mg_audit_check_report(const mg_audit_check *audit, mg_evidence *evidence);

#endif
