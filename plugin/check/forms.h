/* forms.h - the ways in which an address can hide where its mail would go; the corpus that every policy is tried with.
 * Rules: RFC 5321 4.1.2 and appendix C; what open-relay testers send. A form is a text with {t} for the domain that
 *        is really meant and {o} for one of ours. */
#ifndef MG_CHECK_FORMS_H
#define MG_CHECK_FORMS_H

#include <glib.h>

typedef struct mg_address_form {
	const char *name;
	const char *text;      /* may hold a NUL: use length */
	gsize       length;
	gboolean    smtputf8;
} mg_address_form;

guint mg_address_forms_count(void);
const mg_address_form *mg_address_forms_get(guint index);

/* The path for a target domain; the caller's to free. */
GString *mg_address_form_make(const mg_address_form *form, const char *target, const char *ours);

#endif
