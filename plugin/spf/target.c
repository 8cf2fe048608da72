/* target.c - see target.h. */
#include "spf/target.h"

#include <string.h>

/* Not inline: a compiler that sees that the length is small copies octet by octet what a call copies at once. */
G_GNUC_NO_INLINE void
mg_spf_name_copy(const guint8 *octets, gsize length, mg_dns_name *name_out)
{
	name_out->length = (guint8)length;
	memcpy(name_out->octets, octets, length);
}

static gboolean
is_ascii(const char *text, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if ((guchar)text[i] >= 0x80)
			return FALSE;
	return TRUE;
}

static mg_spf_target_kind
target_expand(mg_spf_lookups *lookups, const mg_spf_record *record, const mg_spf_spec *spec, mg_spf_values *values,
              const mg_dns_name *name, mg_dns_name *name_out, char domain_out[MG_DOMAIN_MAX + 1])
{
	char validated[MG_DNS_NAME_TEXT_MAX];
	gsize length;

	if ((spec->uses & MG_SPF_USES_LOCAL) && !is_ascii(values->local, values->n_local))
		return MG_SPF_TARGET_UNMATCHABLE;
	if (spec->uses & MG_SPF_USES_VALIDATED) {
		mg_spf_found found = mg_spf_validated_text(lookups, name, validated);

		if (found != MG_SPF_FOUND)
			return found == MG_SPF_MISSING ? MG_SPF_TARGET_MISSING : MG_SPF_TARGET_TOO_MANY;
		values->validated = validated[0] != 0 ? validated : NULL;
	}
	length = mg_spf_macro_expand_domain(record->pieces + spec->first_piece, spec->n_pieces, record->text, values,
	                                    domain_out);
	values->validated = NULL;   /* it was borrowed from here */
	if (length == 0 || !mg_dns_name_from_text(domain_out, length, name_out))
		return MG_SPF_TARGET_MALFORMED;
	return MG_SPF_TARGET_NAME;
}

mg_spf_target_kind
mg_spf_target(mg_spf_lookups *lookups, const mg_spf_record *record, const mg_spf_spec *spec, mg_spf_values *values,
              const mg_dns_name *name, mg_dns_name *name_out, char domain_out[MG_DOMAIN_MAX + 1])
{
	if (!spec->is_given) {
		mg_spf_name_copy(name->octets, name->length, name_out);
		strcpy(domain_out, values->domain);
		return MG_SPF_TARGET_NAME;
	}
	if (!spec->is_fixed)
		return target_expand(lookups, record, spec, values, name, name_out, domain_out);
	if (spec->n_name == 0)
		return MG_SPF_TARGET_MALFORMED;
	mg_spf_name_copy(record->names + spec->name, spec->n_name, name_out);
	strcpy(domain_out, (const char *)record->names + spec->domain);
	return MG_SPF_TARGET_NAME;
}
