/* header.h - the header fields that tell a verdict to who reads the message: Received-SPF, Authentication-Results.
 * In:    typed results, the facts they are about, further results as rows of a table
 * Out:   bodies of fields, folded, without the name of the field and without a line end after them
 * Rules: RFC 7208 9.1; RFC 8601 2.2; RFC 5322 2.1.1, 2.2.3, 3.2. Printable ASCII, and LF with a tab where a body is
 *        folded (the server may want CRLF). Whatever the network wrote is written anew, as dot-atom or quoted-string;
 *        octets that are no printable ASCII become "?". A result is told with the identity it is about: that of HELO
 *        never stands under the reverse-path (FEATURES U11). Pure. */
#ifndef MG_VERDICT_HEADER_H
#define MG_VERDICT_HEADER_H

#include "mailguard/names.h"
#include "session/facts.h"
#include "session/ip.h"
#include "spf/evaluate.h"

#define MG_RECEIVED_SPF           "Received-SPF"
#define MG_AUTHENTICATION_RESULTS "Authentication-Results"
#define MG_HEADER_BODY_MAX        2000   /* octets of a body, line ends in it counted as one */
#define MG_HEADER_LINE_MAX        998    /* RFC 5322 2.1.1: octets of a line, the name of the field counted */

/* What SPF says of one identity. */
typedef struct mg_header_spf {
	mg_spf_result result;
	const char   *domain;      /* whose policy it was; NULL: not known */
	const char   *problem;     /* told for temperror and permerror only; NULL: not known */
	const char   *mechanism;   /* what matched; "default" where nothing did (RFC 7208 9.1); NULL: not known */
} mg_header_spf;

/* A row of Authentication-Results besides those of SPF: "iprev=pass (comment) policy.iprev=192.0.2.1". */
typedef struct mg_resinfo {
	const char *method, *result;     /* Keywords (RFC 5321 4.1.2), at most 63 octets */
	const char *comment;             /* NULL: none */
	const char *ptype, *property;    /* Keywords; NULL: no property */
	mg_words    value;               /* octets NULL: no property */
} mg_resinfo;

typedef struct mg_header_facts {
	const char          *hostname;       /* of ours: receiver=; NULL or "": not told */
	const char          *authserv_id;    /* NULL or "": the hostname */
	mg_ip                client;
	mg_words             helo;           /* octets NULL: not given, told as "" */
	mg_words             reverse_path;   /* "" is the null reverse-path, told as "<>"; octets NULL: told as "" */
	const mg_header_spf *spf_mail_from;  /* NULL: not evaluated */
	const mg_header_spf *spf_helo;       /* NULL: not evaluated */
	const mg_resinfo    *others;         /* told after SPF, in this order */
	guint                n_others;
} mg_header_facts;

/* The body of Received-SPF for one identity, the caller's to free. NULL if that identity was not evaluated. A message
 * whose two identities were evaluated gets two fields. */
char *mg_received_spf_build(const mg_header_facts *facts, mg_identity identity);

/* The body of Authentication-Results, the caller's to free; "none" stands in it where there are no results. NULL if
 * there is no name to give them under. A row that is not made of Keywords, or whose method is SPF, is left out:
 * results of SPF come from the typed ones alone. From the first row that no longer fits, rows are left out. */
char *mg_authentication_results_build(const mg_header_facts *facts);

#endif
