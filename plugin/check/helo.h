/* helo.h - whether the word behind HELO can be what the client is called.
 * In:    the word, and those that came before it in the session; the client, its names; the answers present
 * Out:   helo.missing, .syntax, .own-name, ... , .changed
 * Rules: RFC 5321 4.1.4: a name that does not verify is told, and is no ground by itself to refuse. The worst of a session
 *        counts: every word that was said is judged. Who is in a zone of ours may say our names. */
#ifndef MG_CHECK_HELO_H
#define MG_CHECK_HELO_H

#include "check/host.h"
#include "check/judging.h"

void mg_helo_judge(mg_judging *judging, const mg_host *host);

#endif
