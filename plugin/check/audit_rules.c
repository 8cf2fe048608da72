/* audit_rules.c - see audit_rules.h. */
#include "check/audit_rules.h"

static const char *const severity_words[] = {
	[MG_SEVERITY_GOOD] = "good", [MG_SEVERITY_NOTE] = "note", [MG_SEVERITY_WARNING] = "warning",
	[MG_SEVERITY_ERROR] = "error", [MG_SEVERITY_UNKNOWN] = "unknown",
};
G_STATIC_ASSERT(G_N_ELEMENTS(severity_words) == MG_SEVERITY_UNKNOWN + 1);

void
mg_audit_tell(mg_audit_walk *at, const mg_audit_rule *rule, mg_severity severity, const char *format, ...)
{
	g_autofree char *found = NULL;
	va_list arguments;

	if (at->evidence == NULL)
		return;
	va_start(arguments, format);
	found = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	mg_evidence_add_text(at->evidence, "audit", "rule", rule->id);
	mg_evidence_add_text(at->evidence, "audit", "severity", severity_words[severity]);
	mg_evidence_add_word(at->evidence, "audit", "found", found);
	if (severity == MG_SEVERITY_GOOD || severity == MG_SEVERITY_UNKNOWN)
		return;
	mg_evidence_add_text(at->evidence, "audit", "expected", rule->expected);
	mg_evidence_add_text(at->evidence, "audit", "mend", rule->mend);
}

mg_tristate
mg_audit_tell_existence(mg_audit_walk *at, const mg_audit_rule *rule, mg_severity severity, mg_tristate exists,
                        const mg_dns_answer *answer, const char *what)
{
	switch (exists) {
	case MG_YES:     mg_audit_tell(at, rule, MG_SEVERITY_GOOD, "%s", what); break;
	case MG_NO:      mg_audit_tell(at, rule, severity, "no %s", what); break;
	case MG_UNKNOWN:
		mg_audit_tell(at, rule, MG_SEVERITY_UNKNOWN, "DNS does not say whether there is %s: %s", what, mg_audit_doubt(answer));
		break;
	}
	return exists;
}

const char *
mg_audit_doubt(const mg_dns_answer *answer)
{
	return answer != NULL && answer->outcome == MG_DNS_UNKNOWN ? answer->why : "no answer";
}

const mg_dns_answer *
mg_audit_doubtful(const mg_dns_answer *a, const mg_dns_answer *b)
{
	return mg_answer_exists(a) == MG_UNKNOWN ? a : b;
}

mg_tristate
mg_tristate_either(mg_tristate a, mg_tristate b)
{
	return a == MG_YES || b == MG_YES ? MG_YES : a == MG_UNKNOWN || b == MG_UNKNOWN ? MG_UNKNOWN : MG_NO;
}
