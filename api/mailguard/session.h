/* session.h - what the server knows of one SMTP client, and the questions it asks about it.
 *
 * Two kinds of facts. What the server itself states (addresses, TLS, the authenticated user) is checked
 * here, and a mistake is an mg_error. What the client wrote (HELO word, reverse-path, forward-path) is
 * taken as it came, with its length, since it may hold any octet, NUL among them: however malformed,
 * it is no error but leads to a verdict (501). */
#ifndef MAILGUARD_SESSION_H
#define MAILGUARD_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "guard.h"
#include "names.h"

#ifdef __cplusplus
extern "C" {
#endif

/** mg_session - what the server has learned from one SMTP client so far.
 * Reference counted, starts at one. Not locked: use it where its guard is used. Since: 0.1 */
typedef struct mg_session mg_session;

/** MG_TEXT - as a length: "count up to the NUL". */
#define MG_TEXT ((size_t)-1)

/** MG_MAIL_SMTPUTF8 - flag of mg_session_set_mail_from: the SMTPUTF8 parameter was given (RFC 6531 3.4). */
#define MG_MAIL_SMTPUTF8 1u

/** MG_HELO_EXTENDED - flag of mg_session_set_helo: it was EHLO (RFC 5321 4.1.1.1). */
#define MG_HELO_EXTENDED 1u

/**
 * mg_session_new - begin a session
 * @guard:        the guard that will be asked; must outlive the session
 * @session_out:  the session, with one reference that is the caller's
 *
 * Returns MG_OK, or, @session_out untouched, MG_E_MEMORY, MG_E_STATE (forked child).
 * Since: 0.1
 */
MG_API int mg_session_new(mg_guard *guard, mg_session **session_out);

/**
 * mg_session_ref, mg_session_unref - take one more reference, give one back
 * @session:  a session; mg_session_unref takes NULL too
 *
 * With the last reference the session ends: its requests are cancelled, and no verdict of them comes.
 * mg_session_ref returns @session.
 * Since: 0.1
 */
MG_API mg_session *mg_session_ref(mg_session *session);
MG_API void mg_session_unref(mg_session *session);

/**
 * mg_session_set_context, mg_session_context - a pointer of the caller's, to find its client again
 * @context:  any; not followed, not freed
 * Since: 0.1
 */
MG_API void mg_session_set_context(mg_session *session, void *context);
MG_API void *mg_session_context(const mg_session *session);

/**
 * mg_session_set_id - the server's own name for the session, for the log
 * @id:  1..64 octets of printable ASCII without space, NUL-terminated; copied
 *
 * Returns MG_OK, or, leaving the session as it was, MG_E_ARGUMENT.
 * Since: 0.1
 */
MG_API int mg_session_set_id(mg_session *session, const char *id);

/**
 * mg_session_set_client - the client's address
 * @address:     IPv4 dotted or IPv6 (RFC 4291 2.2), without brackets, NUL-terminated; a zone id ("%eth0")
 *               is split off; an IPv4-mapped IPv6 address becomes IPv4. NULL with MG_FROM_LOCAL.
 * @provenance:  how the server knows it
 *
 * An address from MG_FROM_PROXY or MG_FROM_XCLIENT is believed only if the peer (mg_session_set_peer) is
 * among the policy's proxies; otherwise the client counts as unknown, and nothing is granted by address.
 * The same holds for a proxy that sends no address of a client.
 *
 * Returns MG_OK, or, leaving the session as it was, MG_E_SYNTAX (no address), MG_E_ARGUMENT.
 * Since: 0.1
 */
MG_API int mg_session_set_client(mg_session *session, const char *address, mg_provenance provenance);

/**
 * mg_session_set_peer - the other end of the TCP connection, where it is not the client
 * @address:  as in mg_session_set_client
 *
 * Returns MG_OK, or, leaving the session as it was, MG_E_SYNTAX.
 * Since: 0.1
 */
MG_API int mg_session_set_peer(mg_session *session, const char *address);

/**
 * mg_session_set_server - our end of the connection
 * @address:  as in mg_session_set_client; NULL: not known
 * @name:     the name in the server's greeting, 1..253 octets, NUL-terminated; NULL: not known; copied
 *
 * Returns MG_OK, or, leaving the session as it was, MG_E_SYNTAX, MG_E_TOO_LONG.
 * Since: 0.1
 */
MG_API int mg_session_set_server(mg_session *session, const char *address, const char *name);

/**
 * mg_session_set_ptr - the client's reverse DNS, where the server has looked it up already
 * @name:   the name found, 1..253 octets, NUL-terminated, NULL or "" for none; copied
 * @iprev:  whether the name leads back to the client; only MG_IPREV_PASS makes it count
 *
 * Returns MG_OK, or, leaving the session as it was, MG_E_TOO_LONG, MG_E_ARGUMENT.
 * Since: 0.1
 */
MG_API int mg_session_set_ptr(mg_session *session, const char *name, mg_iprev iprev);

/**
 * mg_session_set_helo - the word of a HELO or EHLO command
 * @word:    as the client sent it
 * @length:  octets in @word, or MG_TEXT; any number: past 1,024 only the fact that it is too long is kept
 * @flags:   MG_HELO_EXTENDED or 0
 *
 * Ends the mail transaction (RFC 5321 4.1.4).
 * Returns MG_OK, or, leaving the session as it was, MG_E_MEMORY, MG_E_ARGUMENT (unknown flag).
 * Since: 0.1
 */
MG_API int mg_session_set_helo(mg_session *session, const char *word, size_t length, uint32_t flags);

/**
 * mg_session_set_tls - TLS was started
 * @version:      "TLSv1.3", up to 32 octets, NUL-terminated; NULL: no TLS (forgets what was set); copied
 * @fingerprint:  SHA-256 of the client's certificate, 64 hexadecimal digits, colons allowed; NULL: it showed
 *                none that the server accepts as proof of possession; copied
 *
 * Returns MG_OK, or, leaving the session as it was, MG_E_SYNTAX, MG_E_TOO_LONG.
 * Since: 0.1
 */
MG_API int mg_session_set_tls(mg_session *session, const char *version, const char *fingerprint);

/**
 * mg_session_set_auth - who the client has proved to be (RFC 4954); the server has checked it
 * @user:    the user's name; NULL or empty: nobody; copied
 * @length:  octets in @user, up to 255, or MG_TEXT
 *
 * Returns MG_OK, or, leaving the session as it was, MG_E_MEMORY, MG_E_TOO_LONG,
 * MG_E_SYNTAX (control octets).
 * Since: 0.1
 */
MG_API int mg_session_set_auth(mg_session *session, const char *user, size_t length);

/**
 * mg_session_set_mail_from - the reverse-path of a MAIL command
 * @path:    without its angle brackets; "" for the null reverse-path (RFC 5321 4.5.5); copied
 * @length:  octets in @path, or MG_TEXT; any number, as in mg_session_set_helo
 * @flags:   MG_MAIL_SMTPUTF8 or 0
 *
 * Starts a new mail transaction.
 * Returns MG_OK, or, leaving the session as it was, MG_E_MEMORY, MG_E_ARGUMENT (unknown flag).
 * Since: 0.1
 */
MG_API int mg_session_set_mail_from(mg_session *session, const char *path, size_t length, uint32_t flags);

/**
 * mg_session_set_spf_record - an SPF record to judge by in place of the one that the identity's domain publishes
 * @record:  "v=spf1 ...", up to 65,535 octets (over 4,096 SPF is permerror, as of any record); NULL: what DNS says;
 *           copied
 *
 * For trying a record out before it is published; no mail server has a use for it.
 * Returns MG_OK, or, leaving the session as it was, MG_E_MEMORY, MG_E_TOO_LONG.
 * Since: 0.1
 */
MG_API int mg_session_set_spf_record(mg_session *session, const char *record);

/**
 * mg_session_reset - the mail transaction is over (RSET, or the message was taken; RFC 5321 4.1.1.5)
 * Since: 0.1
 */
MG_API void mg_session_reset(mg_session *session);

/**
 * mg_path_from_parts - a path from a Local-part and a Domain, for servers that give the two apart
 * @local_part, @local_length:  Local-part with its quotes taken off, any octets
 * @domain, @domain_length:     Domain or address-literal; NULL or empty: the path has none
 * @path_out, @path_size:       room for the path and its NUL
 *
 * The Local-part is quoted again where RFC 5321 4.1.2 needs it, so that "u@b" at a becomes "\"u@b\"@a" and
 * is judged the same as when it came whole.
 *
 * Returns MG_OK, or, @path_out untouched, MG_E_TOO_LONG.
 * Since: 0.1
 */
MG_API int mg_path_from_parts(const char *local_part, size_t local_length, const char *domain, size_t domain_length,
                              char *path_out, size_t path_size);

/**
 * mg_ask_stage - everything that the policy wants to know at a stage; what a server normally asks
 * @stage:        which
 * @path:         at MG_STAGE_RCPT the forward-path without its angle brackets; else NULL
 * @length:       octets in @path, or MG_TEXT; any number, as in mg_session_set_helo
 * @request_out:  a number that the verdict will carry; never 0, not used again while the guard is open
 *
 * Every request gets exactly one verdict within options.deadline_ms, unless it is cancelled.
 *
 * Returns MG_OK, or, @request_out untouched, MG_E_MEMORY, MG_E_LIMIT, MG_E_ARGUMENT,
 *   MG_E_STATE   no client was set; no MAIL before MG_STAGE_RCPT; or a forked child
 * Since: 0.1
 */
MG_API int mg_ask_stage(mg_session *session, mg_stage stage, const char *path, size_t length, uint64_t *request_out);

/**
 * mg_ask_relay - may this client send to this forward-path through us?
 * @path, @length:  the forward-path, as in mg_ask_stage
 *
 * May be asked at any time. Without HELO or MAIL the verdict is not final where these could change it.
 * Returns as mg_ask_stage.
 * Since: 0.1
 */
MG_API int mg_ask_relay(mg_session *session, const char *path, size_t length, uint64_t *request_out);

/**
 * mg_ask_spf - the SPF result of one identity (RFC 7208)
 * @identity:  HELO, or MAIL FROM (with a null reverse-path: postmaster at the HELO name)
 *
 * The verdict's result "spf", or "spf-helo", is the standard's word; its action is the policy's.
 * Returns as mg_ask_stage.
 * Since: 0.1
 */
MG_API int mg_ask_spf(mg_session *session, mg_identity identity, uint64_t *request_out);

/**
 * mg_ask_helo - are the HELO name, the host and, once MAIL was said, the sender's domain sane?
 *
 * Every word that the client has said in this session is judged, and the worst of them counts (RFC 5321 4.1.4).
 * Returns as mg_ask_stage.
 * Since: 0.1
 */
MG_API int mg_ask_helo(mg_session *session, uint64_t *request_out);

/**
 * mg_ask_recipient - does this forward-path lead to a mailbox behind us?
 * @path, @length:  the forward-path, as in mg_ask_stage
 *
 * Asks tables and the backend of the domain ([recipients] and [backend NAME] in mailguard.conf(5)). The reason is one of section
 * "rcpt"; "none" for a recipient that is none of ours, or of a domain that nobody can tell about.
 *
 * Returns as mg_ask_stage.
 * Since: 0.1
 */
MG_API int mg_ask_recipient(mg_session *session, const char *path, size_t length, uint64_t *request_out);

/**
 * mg_tell_delivery - what the backend said of a recipient when a message was delivered to it
 * @path, @length:  the forward-path, as in mg_ask_stage
 * @reply:          its reply to RCPT, one line without CR LF: "250 2.1.5 Ok"; 1..512 octets, NUL-terminated
 *
 * What is told is remembered as a probe's answer would be, and saves the probe. The verdict accepts; its evidence has "rcpt.class",
 * which says what the reply means, unless the recipient is of a domain without a backend.
 *
 * Returns as mg_ask_stage.
 * Since: 0.1
 */
MG_API int mg_tell_delivery(mg_session *session, const char *path, size_t length, const char *reply, uint64_t *request_out);

/**
 * mg_ask_audit - does this domain keep to good practice: MX, SPF, PTR, SOA, DMARC?
 * @domain:  1..253 octets, NUL-terminated; or NULL: audited are our own names and addresses, [mailguard] of the policy
 *
 * The session's client address, if there is one, is taken for an address that sends the domain's mail, and its HELO word for
 * what such a host says. Where we ourselves are audited the address is one more of ours, and the HELO word has no part.
 * The verdict accepts whatever is found: the findings are its evidence, five pieces each (libmailguard(3)). Since: 0.1
 *
 * Returns as mg_ask_stage.
 */
MG_API int mg_ask_audit(mg_session *session, const char *domain, uint64_t *request_out);

#ifdef __cplusplus
}
#endif
#endif
