/* test_dialogue.c - dialogues with a backend, as transcripts.
 * Each row is played whole (what the backend says between two of our commands in one piece), one octet at a time, and cut
 * once at every point; the outcome must be the same. */
#include "verify/commands.h"
#include "verify/dialogue.h"

#include "support.h"

#define LINES_MAX 48

typedef struct dialogue_case {
	const char *name;
	const char *recipients;     /* of each batch, separated by spaces; NULL: a@b.example */
	const char *expected;       /* the state; if ENDED the problem, and what it is for recipients if there was no batch; then
	                               the last batch's classes, those not answered with a question mark */
	gboolean    is_lmtp;
	mg_tls_mode tls;
	const char *senders;        /* probe senders, separated by spaces */
	guint       refused_max;    /* 0: 4 */
	guint       transactions_max;   /* 0: 100 */
	gboolean    avoids_pipelining;
	gboolean    is_whole;       /* not to be cut: what the same octets bring behind RSET's reply would come too late */

	/* "S: " a line of the backend's, CRLF added; "S= " octets without; "C: " our line: what lies between two lines of the
	 * backend's is one write; "--" the octets so far are fed before what follows; "begin" "secured" "quit" "lose" calls of
	 * the owner's; "unsent" what we say from here on does not go out. */
	const char *script[LINES_MAX];
} dialogue_case;

#define BANNER       "S: 220 b.example ESMTP", "C: EHLO mx.example.net"
#define EHLO         BANNER, "S: 250 b.example"
#define EHLO_WITH(x) BANNER, "S: 250-b.example", "S: 250 " x
#define PIPELINED    EHLO_WITH("PIPELINING")
#define MAIL         "C: MAIL FROM:<>", "S: 250 2.1.0 ok"
#define RCPT(x)      "C: RCPT TO:<" x ">"
#define RSET         "C: RSET", "S: 250 2.0.0 ok"
#define AB           "a@b.example b@b.example"
#define ABC          "a@b.example b@b.example c@b.example"
#define A            "a@b.example"
#define B            "b@b.example"
#define C            "c@b.example"
#define SAID_AB      "C: MAIL FROM:<>", RCPT(A), RCPT(B), "C: RSET"
#define SAID_ABC     "C: MAIL FROM:<>", RCPT(A), RCPT(B), RCPT(C), "C: RSET"

static const dialogue_case dialogue_cases[] = {
	/* ---- as it should be ---- */
	{ "lock-step", AB, "ready valid unknown", .script = { EHLO, "begin", MAIL, RCPT(A), "S: 250 2.1.5 ok",
	  RCPT(B), "S: 550 5.1.1 no", RSET } },
	{ "pipelined", AB, "ready valid unknown", .script = { PIPELINED, "begin", SAID_AB, "S: 250 2.1.0 ok", "S: 250 2.1.5 ok",
	  "S: 550 5.1.1 no", "S: 250 2.0.0 ok" } },
	{ "pipelined-lines", AB, "ready valid unknown",
	  .script = { PIPELINED, "begin", SAID_AB, "S: 250-2.1.0 ok", "S: 250 2.1.0 ok",
	  "S: 250 2.1.5 ok", "S: 550-5.1.1 no", "S: 550-5.1.1 such", "S: 550 5.1.1 user", "S: 250 2.0.0 ok" } },
	{ "pipelining-avoided", NULL, "ready valid", .avoids_pipelining = TRUE, .script = { PIPELINED, "begin", MAIL, RCPT(A),
	  "S: 250 ok", RSET } },
	{ "pipelining-in-the-first-line", NULL, "ready valid", .script = { BANNER, "S: 250 PIPELINING", "begin", MAIL, RCPT(A),
	  "S: 250 ok", RSET } },
	{ "two-batches", NULL, "ready valid", .script = { PIPELINED, "begin", "C: MAIL FROM:<>", RCPT(A), "C: RSET", "S: 250 ok",
	  "S: 550 5.1.1 no", "S: 250 ok", "begin", "C: MAIL FROM:<>", RCPT(A), "C: RSET", "S: 250 ok", "S: 250 ok",
	  "S: 250 ok" } },
	{ "quit", NULL, "ended -", .script = { EHLO, "quit", "C: QUIT", "S: 221 bye" } },
	{ "quit-and-closed", NULL, "ended -", .script = { EHLO, "quit", "C: QUIT", "lose" } },
	{ "quit-refused", NULL, "ended -", .script = { EHLO, "quit", "C: QUIT", "S: 421 bye" } },
	{ "quit-not-answered", NULL, "quitting", .script = { EHLO, "quit", "C: QUIT" } },
	{ "quit-too-early", NULL, "banner", .script = { "quit" } },
	{ "begin-too-early", AB, "greeting ?transport ?transport", .script = { BANNER, "begin" } },
	{ "banner-of-lines", NULL, "ready",
	  .script = { "S: 220-b.example", "S: 220-no spam", "S: 220 ESMTP", "C: EHLO mx.example.net",
	  "S: 250 b.example" } },
	{ "lmtp", NULL, "ready valid", .is_lmtp = TRUE, .script = { "S: 220 b.example LMTP", "C: LHLO mx.example.net",
	  "S: 250-b.example", "S: 250 PIPELINING", "begin", "C: MAIL FROM:<>", RCPT(A), "C: RSET", "S: 250 ok", "S: 250 ok",
	  "S: 250 ok" } },
	{ "lmtp-refused", NULL, "ended greeting protocol", .is_lmtp = TRUE,
	  .script = { "S: 220 b.example", "C: LHLO mx.example.net",
	  "S: 500 what" } },

	/* ---- banner ---- */
	{ "banner-421", NULL, "ended closing closing", .script = { "S: 421 4.3.2 busy" } },
	{ "banner-450", NULL, "ended banner backend-temp", .script = { "S: 450 4.3.2 busy" } },
	{ "banner-554", NULL, "ended banner policy", .script = { "S: 554 5.7.1 go away" } },
	{ "banner-554-as-of-a-recipient", NULL, "ended banner policy", .script = { "S: 554 5.1.1 no such user" } },
	{ "banner-521", NULL, "ended banner policy", .script = { "S: 521 no mail here" } },
	{ "banner-250", NULL, "ended banner protocol", .script = { "S: 250 ok" } },
	{ "banner-354", NULL, "ended banner protocol", .script = { "S: 354 go on" } },
	{ "banner-garbage", NULL, "ended not-a-reply transport", .script = { "S: SSH-2.0-OpenSSH_9.2" } },
	{ "banner-bare-lf", NULL, "ended bare-lf transport", .script = { "S= 220 hi\n" } },
	{ "banner-nul", NULL, "ended control-octet transport", .script = { "S: 220 hi\x01" } },
	{ "banner-codes-differ", NULL, "ended codes-differ transport", .script = { "S: 220-hi", "S: 250 hi" } },
	{ "banner-early", NULL, "ended early-reply transport",
	  .script = { "S: 220 hi", "S: 250-b.example", "S: 250 PIPELINING" } },
	{ "banner-twice", NULL, "ended early-reply transport",
	  .script = { "S: 220 hi", "unsent", "C: EHLO mx.example.net", "S: 220 hi" } },
	{ "banner-and-closing", NULL, "ended closing closing", .script = { "S: 220 hi", "S: 421 busy" } },
	{ "silence", NULL, "ended lost transport", .script = { "lose" } },
	{ "closed-in-the-banner", NULL, "ended lost transport", .script = { "S= 220 b.exa", "lose" } },

	/* ---- greeting ---- */
	{ "ehlo-500", NULL, "ready valid",
	  .script = { BANNER, "S: 500 what", "C: HELO mx.example.net", "S: 250 b.example", "begin", MAIL,
	  RCPT(A), "S: 250 ok", RSET } },
	{ "ehlo-550", NULL, "ready", .script = { BANNER, "S: 550 5.7.1 no", "C: HELO mx.example.net", "S: 250-b.example",
	  "S: 250 PIPELINING" } },
	{ "helo-has-no-pipelining", NULL, "ready valid", .script = { BANNER, "S: 502-b.example", "S: 502 PIPELINING",
	  "C: HELO mx.example.net", "S: 250-b.example", "S: 250 PIPELINING", "begin", MAIL, RCPT(A), "S: 250 ok", RSET } },
	{ "helo-550", NULL, "ended greeting policy", .script = { BANNER, "S: 550 5.7.1 no", "C: HELO mx.example.net",
	  "S: 550 5.1.1 no" } },
	{ "ehlo-450", NULL, "ended greeting backend-temp", .script = { BANNER, "S: 450 4.7.1 no" } },
	{ "ehlo-421", NULL, "ended closing closing", .script = { BANNER, "S: 421 no" } },
	{ "ehlo-220", NULL, "ended greeting protocol", .script = { BANNER, "S: 220 hi" } },
	{ "ehlo-hangs", NULL, "ended lost transport", .script = { BANNER, "lose" } },
	{ "ehlo-answered-twice", NULL, "ended surplus-reply transport",
	  .script = { BANNER, "S: 250 b.example", "S: 250 b.example" } },
	{ "ehlo-answered-before-it-is-sent", NULL, "ended early-reply transport", .script = { "S: 220 hi", "unsent",
	  "C: EHLO mx.example.net", "S: 250 b.example" } },
	{ "530-wants-tls", NULL, "ended greeting config",
	  .script = { BANNER, "S: 530 5.7.0 STARTTLS first", "C: HELO mx.example.net",
	  "S: 530 5.7.0 STARTTLS first" } },

	/* ---- STARTTLS ---- */
	{ "starttls", NULL, "ready valid", .tls = MG_TLS_REQUIRE,
	  .script = { EHLO_WITH("STARTTLS"), "C: STARTTLS", "S: 220 go", "secured",
	  "C: EHLO mx.example.net", "S: 250-b.example", "S: 250 STARTTLS", "begin", MAIL, RCPT(A), "S: 250 ok", RSET } },
	{ "starttls-forgets-ehlo", NULL, "ready valid", .tls = MG_TLS_MAY,
	  .script = { BANNER, "S: 250-b.example", "S: 250-PIPELINING",
	  "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go", "secured", "C: EHLO mx.example.net", "S: 250 b.example", "begin", MAIL,
	  RCPT(A), "S: 250 ok", RSET } },
	{ "starttls-off", NULL, "ready", .tls = MG_TLS_OFF, .script = { EHLO_WITH("STARTTLS") } },
	{ "starttls-missing-may", NULL, "ready", .tls = MG_TLS_MAY, .script = { EHLO } },
	{ "starttls-missing", NULL, "ended tls-missing config", .tls = MG_TLS_REQUIRE, .script = { EHLO } },
	{ "starttls-missing-verify", NULL, "ended tls-missing config", .tls = MG_TLS_VERIFY, .script = { EHLO } },
	{ "starttls-missing-pin", NULL, "ended tls-missing config", .tls = MG_TLS_PIN, .script = { EHLO_WITH("XSTARTTLS") } },
	{ "starttls-missing-helo", NULL, "ended tls-missing config", .tls = MG_TLS_REQUIRE, .script = { BANNER, "S: 500 what",
	  "C: HELO mx.example.net", "S: 250-b.example", "S: 250 STARTTLS" } },
	{ "starttls-454-may", NULL, "ready", .tls = MG_TLS_MAY,
	  .script = { EHLO_WITH("STARTTLS"), "C: STARTTLS", "S: 454 4.7.0 no" } },
	{ "starttls-454", NULL, "ended tls-refused backend-temp", .tls = MG_TLS_PIN,
	  .script = { EHLO_WITH("STARTTLS"), "C: STARTTLS",
	  "S: 454 4.7.0 no" } },
	{ "starttls-501", NULL, "ended tls-refused config", .tls = MG_TLS_VERIFY, .script = { EHLO_WITH("STARTTLS"), "C: STARTTLS",
	  "S: 501 no" } },
	{ "starttls-250", NULL, "ended starttls protocol", .tls = MG_TLS_MAY, .script = { EHLO_WITH("STARTTLS"), "C: STARTTLS",
	  "S: 250 ok" } },
	{ "starttls-421", NULL, "ended closing closing", .tls = MG_TLS_MAY, .script = { EHLO_WITH("STARTTLS"), "C: STARTTLS",
	  "S: 421 no" } },
	{ "starttls-plaintext-injected", NULL, "ended plaintext-after-tls transport", .tls = MG_TLS_MAY,
	  .script = { EHLO_WITH("STARTTLS"), "C: STARTTLS", "S: 220 go", "S: 250 b.example" } },
	{ "starttls-octet-injected", NULL, "ended plaintext-after-tls transport", .tls = MG_TLS_VERIFY,
	  .script = { EHLO_WITH("STARTTLS"), "C: STARTTLS", "S: 220 go", "S= 4" } },
	{ "starttls-handshake", NULL, "handshake", .tls = MG_TLS_MAY,
	  .script = { EHLO_WITH("STARTTLS"), "C: STARTTLS", "S: 220 go" } },
	{ "starttls-handshake-fails", NULL, "ended lost transport", .tls = MG_TLS_MAY,
	  .script = { EHLO_WITH("STARTTLS"), "C: STARTTLS",
	  "S: 220 go", "lose" } },
	{ "secured-uncalled-for", NULL, "ready", .tls = MG_TLS_MAY, .script = { EHLO, "secured" } },

	/* ---- MAIL ---- */
	{ "mail-450", AB, "ready temp temp", .script = { PIPELINED, "begin", SAID_AB, "S: 450 4.7.1 later", "S: 503 no MAIL",
	  "S: 503 no MAIL", "S: 250 ok" } },
	{ "mail-452-disk", NULL, "ready temp", .script = { EHLO, "begin", "C: MAIL FROM:<>", "S: 452 4.3.1 disk full", RSET } },
	{ "mail-550", AB, "ready sender sender", .script = { PIPELINED, "begin", SAID_AB, "S: 550 5.1.1 no such user",
	  "S: 550 5.1.1 no such user", "S: 550 5.1.1 no such user", "S: 250 ok" } },
	{ "mail-550-and-recipients-taken", AB, "ready sender sender", .script = { PIPELINED, "begin", SAID_AB, "S: 550 5.1.1 no",
	  "S: 250 ok", "S: 250 ok", "S: 250 ok" } },
	{ "mail-550-lock-step", AB, "ready sender sender",
	  .script = { EHLO, "begin", "C: MAIL FROM:<>", "S: 550 5.7.1 no <>", RSET } },
	{ "mail-501", NULL, "ready sender", .script = { EHLO, "begin", "C: MAIL FROM:<>", "S: 501 5.1.7 no <>", RSET } },
	{ "mail-421", AB, "ended closing ?closing ?closing", .script = { PIPELINED, "begin", SAID_AB, "S: 421 bye" } },
	{ "mail-503", AB, "ended protocol protocol protocol", .script = { PIPELINED, "begin", SAID_AB, "S: 503 EHLO first" } },
	{ "mail-251", NULL, "ended protocol protocol", .script = { EHLO, "begin", "C: MAIL FROM:<>", "S: 251 ok" } },
	{ "mail-354", NULL, "ended protocol protocol", .script = { EHLO, "begin", "C: MAIL FROM:<>", "S: 354 ok" } },
	{ "mail-530", AB, "ready config config", .script = { PIPELINED, "begin", SAID_AB, "S: 530 5.7.0 auth", "S: 530 auth",
	  "S: 530 auth", "S: 250 ok" } },
	{ "mail-probe-sender", NULL, "ready unknown", .senders = "probe@mx.example", .script = { EHLO, "begin", "C: MAIL FROM:<>",
	  "S: 550 no <>", RSET, "C: MAIL FROM:<probe@mx.example>", "S: 250 ok", RCPT(A), "S: 550 5.1.1 no", RSET } },
	/* One refused MAIL of a pipelined batch costs as many errors as it has recipients: the next goes alone. */
	{ "mail-probe-sender-pipelined", AB, "ready valid unknown", .senders = "probe@mx.example", .script = { PIPELINED, "begin",
	  SAID_AB, "S: 550 no <>", "S: 503 no", "S: 503 no", "S: 250 ok", "C: MAIL FROM:<probe@mx.example>", "S: 250 ok",
	  RCPT(A), RCPT(B), "C: RSET", "S: 250 ok", "S: 550 5.1.1 no", "S: 250 ok" } },
	{ "mail-probe-sender-is-kept", NULL, "ready valid", .senders = "probe@mx.example", .script = { PIPELINED, "begin",
	  "C: MAIL FROM:<>", RCPT(A), "C: RSET", "S: 550 no <>", "S: 503 no", "S: 250 ok", "C: MAIL FROM:<probe@mx.example>",
	  "S: 250 ok", RCPT(A), "C: RSET", "S: 250 ok", "S: 250 ok", "begin", "C: MAIL FROM:<probe@mx.example>", RCPT(A),
	  "C: RSET",
	  "S: 250 ok", "S: 250 ok", "S: 250 ok" } },
	{ "mail-probe-senders", NULL, "ready valid", .senders = "one@mx.example two@mx.example", .script = { EHLO, "begin",
	  "C: MAIL FROM:<>", "S: 550 no", RSET, "C: MAIL FROM:<one@mx.example>", "S: 553 no", RSET,
	  "C: MAIL FROM:<two@mx.example>",
	  "S: 250 ok", RCPT(A), "S: 250 ok", RSET } },
	{ "mail-probe-senders-refused", AB, "ready sender sender", .senders = "one@mx.example", .script = { EHLO, "begin",
	  "C: MAIL FROM:<>", "S: 550 no", RSET, "C: MAIL FROM:<one@mx.example>", "S: 550 no", RSET } },
	{ "mail-probe-senders-begin-again", NULL, "ready valid", .senders = "one@mx.example", .script = { EHLO, "begin",
	  "C: MAIL FROM:<>", "S: 550 no", RSET, "C: MAIL FROM:<one@mx.example>", "S: 550 no", RSET, "begin", MAIL, RCPT(A),
	  "S: 250 ok", RSET } },
	{ "mail-probe-sender-450", NULL, "ready temp", .senders = "one@mx.example two@mx.example", .script = { EHLO, "begin",
	  "C: MAIL FROM:<>", "S: 550 no", RSET, "C: MAIL FROM:<one@mx.example>", "S: 450 later", RSET } },
	{ "mail-probe-sender-unsafe", NULL, "ready valid", .senders = "o>ne@mx.example tw\xc3\xb6@mx.example three@mx.example",
	  .script = { EHLO, "begin", "C: MAIL FROM:<>", "S: 550 no", RSET, "C: MAIL FROM:<three@mx.example>", "S: 250 ok", RCPT(A),
	  "S: 250 ok", RSET } },
	{ "mail-450-tries-no-probe-sender", NULL, "ready temp", .senders = "one@mx.example", .script = { EHLO, "begin",
	  "C: MAIL FROM:<>", "S: 450 later", RSET } },

	/* ---- RCPT ---- */
	{ "rcpt-each-code",
	  "a@b.example b@b.example c@b.example d@b.example e@b.example f@b.example g@b.example h@b.example i@b.example",
	  "quitting valid valid unverifiable grey temp full unknown policy suspect", .script = { PIPELINED, "begin",
	  "C: MAIL FROM:<>",
	  RCPT(A), RCPT(B), RCPT(C), RCPT("d@b.example"), RCPT("e@b.example"), RCPT("f@b.example"), RCPT("g@b.example"),
	  RCPT("h@b.example"), RCPT("i@b.example"), "C: RSET", "S: 250 ok", "S: 250 ok", "S: 251 ok", "S: 252 ok",
	  "S: 450 4.7.1 grey",
	  "S: 451 4.4.3 later", "S: 452 4.2.2 full", "S: 550 5.1.1 no", "S: 550 5.7.1 no relaying", "S: 550 no", "S: 250 ok",
	  "C: QUIT" } },
	{ "rcpt-530", NULL, "ready config", .script = { EHLO, "begin", MAIL, RCPT(A), "S: 530 5.7.0 auth", RSET } },
	{ "rcpt-503", AB, "ended protocol protocol ?transport", .script = { EHLO, "begin", MAIL, RCPT(A), "S: 503 5.5.1 no" } },
	{ "rcpt-503-pipelined", ABC, "ended protocol valid protocol transport",
	  .script = { PIPELINED, "begin", SAID_ABC, "S: 250 ok",
	  "S: 250 ok", "S: 503 5.5.1 no" } },
	{ "rcpt-354", NULL, "ended protocol protocol", .script = { EHLO, "begin", MAIL, RCPT(A), "S: 354 go on" } },
	{ "rcpt-452-limit", ABC, "ready valid ?batch-limit ?batch-limit",
	  .script = { EHLO, "begin", MAIL, RCPT(A), "S: 250 ok", RCPT(B),
	  "S: 452 4.5.3 too many", RSET } },
	{ "rcpt-452-limit-pipelined", ABC, "ready valid ?batch-limit ?batch-limit",
	  .script = { PIPELINED, "begin", SAID_ABC, "S: 250 ok",
	  "S: 250 ok", "S: 452 4.5.3 too many", "S: 550 5.1.1 no", "S: 250 ok" } },
	{ "rcpt-452-limit-of-none", AB, "ready temp ?batch-limit", .script = { PIPELINED, "begin", SAID_AB, "S: 250 ok",
	  "S: 452 4.5.3 too many", "S: 452 4.5.3 too many", "S: 250 ok" } },
	{ "rcpt-452-limit-is-no-refusal", ABC, "ready unknown ?batch-limit ?batch-limit", .refused_max = 2, .script = { PIPELINED,
	  "begin", SAID_ABC, "S: 250 ok", "S: 550 5.1.1 no", "S: 452 4.5.3 too many", "S: 452 4.5.3 too many", "S: 250 ok" } },
	{ "rcpt-452-disk", NULL, "ready backend-temp",
	  .script = { EHLO, "begin", MAIL, RCPT(A), "S: 452 4.3.1 disk full", RSET } },
	{ "rcpt-421", AB, "ended closing unknown ?closing", .script = { EHLO, "begin", MAIL, RCPT(A), "S: 550 5.1.1 no", RCPT(B),
	  "S: 421 bye" } },
	{ "rcpt-421-pipelined", ABC, "ended closing valid ?closing ?closing",
	  .script = { PIPELINED, "begin", SAID_ABC, "S: 250 ok",
	  "S: 250 ok", "S: 421 bye" } },
	/* Postfix's way of saying that there were too many errors. */
	{ "rcpt-421-unasked", AB, "ended closing unknown ?closing", .script = { EHLO, "begin", MAIL, RCPT(A), "S: 550 5.1.1 no",
	  "S: 421 too many errors" } },
	{ "rset-421", NULL, "ended closing unknown", .script = { EHLO, "begin", MAIL, RCPT(A), "S: 550 5.1.1 no", "C: RSET",
	  "S: 421 bye" } },
	{ "421-behind-rset", NULL, "ended closing unknown", .script = { EHLO, "begin", MAIL, RCPT(A), "S: 550 5.1.1 no", RSET,
	  "S: 421 bye" } },
	{ "421-while-pooled", NULL, "ended closing valid", .script = { EHLO, "begin", MAIL, RCPT(A), "S: 250 ok", RSET, "--",
	  "S: 421 idle" } },
	{ "421-before-any-batch", NULL, "ended closing closing", .script = { EHLO, "--", "S: 421 idle" } },
	{ "dies-while-pooled", NULL, "ended lost valid",
	  .script = { EHLO, "begin", MAIL, RCPT(A), "S: 250 ok", RSET, "--", "lose" } },
	{ "speaks-while-pooled", NULL, "ended surplus-reply unknown",
	  .script = { EHLO, "begin", MAIL, RCPT(A), "S: 550 5.1.1 no", RSET,
	  "--", "S: 250 ok" } },
	{ "begin-after-the-end", NULL, "ended closing ?transport",
	  .script = { EHLO, "begin", MAIL, RCPT(A), "S: 250 ok", RSET, "--",
	  "S: 421 idle", "begin" } },

	/* ---- refused ---- */
	{ "refused-three", ABC, "ready unknown unknown unknown", .script = { EHLO, "begin", MAIL, RCPT(A), "S: 550 5.1.1 no",
	  RCPT(B), "S: 550 5.1.1 no", RCPT(C), "S: 550 5.1.1 no", RSET } },
	{ "refused-all", ABC, "quitting unknown policy grey", .refused_max = 3, .script = { EHLO, "begin", MAIL, RCPT(A),
	  "S: 550 5.1.1 no", RCPT(B), "S: 550 5.7.1 no", RCPT(C), "S: 450 4.7.1 no", RSET, "C: QUIT" } },
	{ "refused-too-many", ABC, "quitting unknown unknown ?transport", .refused_max = 2,
	  .script = { EHLO, "begin", MAIL, RCPT(A),
	  "S: 550 5.1.1 no", RCPT(B), "S: 550 5.1.1 no", RSET, "C: QUIT" } },
	{ "refused-too-many-pipelined", ABC, "quitting unknown unknown valid", .refused_max = 2, .script = { PIPELINED, "begin",
	  SAID_ABC, "S: 250 ok", "S: 550 5.1.1 no", "S: 550 5.1.1 no", "S: 250 ok", "S: 250 ok", "C: QUIT" } },
	{ "refused-over-two-batches", NULL, "quitting unknown", .refused_max = 2, .script = { EHLO, "begin", MAIL, RCPT(A),
	  "S: 550 5.1.1 no", RSET, "begin", MAIL, RCPT(A), "S: 550 5.1.1 no", RSET, "C: QUIT" } },
	{ "refused-in-vain", ABC, "ready sender sender sender", .refused_max = 1, .script = { PIPELINED, "begin", SAID_ABC,
	  "S: 550 no <>", "S: 503 no", "S: 503 no", "S: 503 no", "S: 250 ok" } },
	{ "transactions", NULL, "quitting valid", .transactions_max = 2,
	  .script = { EHLO, "begin", MAIL, RCPT(A), "S: 250 ok", RSET,
	  "begin", MAIL, RCPT(A), "S: 250 ok", RSET, "C: QUIT" } },

	/* ---- replies that are too many, too few, too early, or none ---- */
	{ "extra-line", AB, "ended surplus-reply transport transport", .is_whole = TRUE, .script = { PIPELINED, "begin", SAID_AB,
	  "S: 250 ok", "S: 550 5.1.1 no", "S: 550 5.1.1 no", "S: 250 ok", "S: 250 ok" } },
	{ "extra-line-shifts-rset", AB, "ended rset transport transport", .script = { PIPELINED, "begin", SAID_AB, "S: 250 ok",
	  "S: 250 ok", "S: 250 ok", "S: 550 5.1.1 no" } },
	{ "extra-line-lock-step", AB, "ended early-reply transport ?transport", .script = { EHLO, "begin", MAIL, RCPT(A),
	  "S: 550 5.1.1 no", "S: 250 ok" } },
	{ "extra-octet", NULL, "ended surplus-reply transport", .is_whole = TRUE, .script = { EHLO, "begin", MAIL, RCPT(A),
	  "S: 550 5.1.1 no", RSET, "S= 2" } },
	{ "extra-garbage", NULL, "ended surplus-reply transport", .is_whole = TRUE, .script = { EHLO, "begin", MAIL, RCPT(A),
	  "S: 550 5.1.1 no", RSET, "S: garbage" } },
	{ "extra-line-and-quit", NULL, "ended early-reply transport", .is_whole = TRUE, .refused_max = 1,
	  .script = { EHLO, "begin", MAIL,
	  RCPT(A), "S: 550 5.1.1 no", RSET, "S: 250 ok" } },
	{ "extra-line-leaves-what-needs-no-backend", "a>@b.example b@b.example \xc3\xb1@b.example",
	  "ended rset bad-syntax transport unverifiable", .script = { EHLO, "begin", MAIL, RCPT(B), "S: 550 5.1.1 no", "C: RSET",
	  "S: 550 5.1.1 no" } },
	{ "extra-line-of-mail-refused", NULL, "ended surplus-reply transport", .is_whole = TRUE, .script = { EHLO, "begin",
	  "C: MAIL FROM:<>", "S: 550 5.1.1 no", RSET, "S: 250 ok" } },
	{ "rset-500", NULL, "ended rset transport",
	  .script = { EHLO, "begin", MAIL, RCPT(A), "S: 250 ok", "C: RSET", "S: 500 what" } },
	{ "missing-reply", AB, "ended lost transport transport",
	  .script = { PIPELINED, "begin", SAID_AB, "S: 250 ok", "S: 250 ok", "lose" } },
	/* The first 250 may have been the second recipient's, had MAIL's been the one that is missing. */
	{ "missing-reply-of-many", AB, "ended lost transport transport",
	  .script = { PIPELINED, "begin", SAID_AB, "S: 250 ok", "S: 250 ok", "S: 550 5.1.1 no", "lose" } },
	{ "missing-reply-lock-step", AB, "ended lost valid transport",
	  .script = { EHLO, "begin", MAIL, RCPT(A), "S: 250 ok", RCPT(B), "lose" } },
	{ "missing-reply-of-rset", NULL, "ended lost unknown",
	  .script = { EHLO, "begin", MAIL, RCPT(A), "S: 550 5.1.1 no", "C: RSET",
	  "lose" } },
	{ "half-a-reply", AB, "ended lost transport ?transport",
	  .script = { EHLO, "begin", MAIL, RCPT(A), "S= 550 5.1.1 n", "lose" } },
	{ "reset-after-rcpt", AB, "ended lost transport ?transport", .script = { EHLO, "begin", MAIL, RCPT(A), "lose" } },
	{ "reset-after-mail", AB, "ended lost ?transport ?transport", .script = { EHLO, "begin", "C: MAIL FROM:<>", "lose" } },
	{ "closed-after-the-first-5xx", ABC, "ended lost transport transport transport", .script = { PIPELINED, "begin", SAID_ABC,
	  "S: 250 ok", "S: 550 5.1.1 no", "lose" } },
	{ "closed-before-anything-was-sent", AB, "ended lost ?transport ?transport", .script = { PIPELINED, "begin", "unsent",
	  SAID_AB, "lose" } },
	{ "reply-before-its-command", AB, "ended early-reply ?transport ?transport",
	  .script = { PIPELINED, "begin", "unsent", SAID_AB,
	  "S: 250 ok" } },
	{ "reply-before-its-command-lock-step", AB, "ended early-reply transport ?transport",
	  .script = { EHLO, "begin", MAIL, RCPT(A),
	  "S: 250 ok", "unsent", RCPT(B), "S: 250 ok" } },
	{ "bare-lf", AB, "ended bare-lf transport transport",
	  .script = { PIPELINED, "begin", SAID_AB, "S: 250 ok", "S: 550 5.1.1 no",
	  "S= 550 5.1.1 no\n", } },
	{ "garbage", AB, "ended not-a-reply transport transport", .script = { PIPELINED, "begin", SAID_AB, "S: 250 ok",
	  "S: 550 5.1.1 no", "S: no" } },
	{ "pipelining-broken", AB, "ended not-a-reply transport transport", .script = { PIPELINED, "begin", SAID_AB,
	  "S: 250 ok250 ok", "S: 250 ok", "S: ok" } },
	{ "pipelining-broken-500", AB, "ended protocol protocol protocol", .script = { PIPELINED, "begin", SAID_AB,
	  "S: 500 5.5.1 pipelining not supported" } },
	{ "pipelining-broken-flushed", AB, "ended lost transport transport",
	  .script = { PIPELINED, "begin", SAID_AB, "S: 250 ok", "lose" } },

	/* ---- paths ---- */
	{ "path-control", "a\x01@b.example \x7f@b.example \t@b.example", "ready bad-syntax bad-syntax bad-syntax",
	  .script = { EHLO, "begin" } },
	{ "path-crlf", "a\r\nRSET\r\n@b.example a\n@b.example", "ready bad-syntax bad-syntax", .script = { EHLO, "begin" } },
	{ "path-brackets", "a>@b.example <a@b.example \"a>\"@b.example", "ready bad-syntax bad-syntax bad-syntax",
	  .script = { EHLO, "begin" } },
	{ "path-empty", "", "ready bad-syntax", .script = { EHLO, "begin" } },
	{ "path-not-utf-8", "\xff@b.example", "ready bad-syntax", .script = { EHLO_WITH("SMTPUTF8"), "begin" } },
	{ "path-and-another", "a>@b.example b@b.example", "ready bad-syntax valid", .script = { EHLO, "begin", MAIL, RCPT(B),
	  "S: 250 ok", RSET } },
	{ "path-last", "a@b.example <", "ready valid bad-syntax",
	  .script = { PIPELINED, "begin", "C: MAIL FROM:<>", RCPT(A), "C: RSET",
	  "S: 250 ok", "S: 250 ok", "S: 250 ok" } },
	{ "utf8-not-offered", "\xc3\xb1@b.example", "ready unverifiable", .script = { EHLO, "begin" } },
	{ "utf8-not-offered-and-ascii", "\xc3\xb1@b.example a@b.example", "ready unverifiable valid",
	  .script = { EHLO, "begin", MAIL,
	  RCPT(A), "S: 250 ok", RSET } },
	{ "utf8", "a@b.example \xc3\xb1@b.example", "ready valid unknown", .script = { EHLO_WITH("SMTPUTF8"), "begin",
	  "C: MAIL FROM:<> SMTPUTF8", "S: 250 ok", RCPT(A), "S: 250 ok", RCPT("\xc3\xb1@b.example"), "S: 550 5.1.1 no", RSET } },
	{ "utf8-not-needed", NULL, "ready valid", .script = { EHLO_WITH("SMTPUTF8"), "begin", MAIL, RCPT(A), "S: 250 ok", RSET } },
	{ "utf8-needed-once", "\xc3\xb1@b.example", "ready valid", .script = { EHLO_WITH("SMTPUTF8"), "begin",
	  "C: MAIL FROM:<> SMTPUTF8", "S: 250 ok", RCPT("\xc3\xb1@b.example"), "S: 250 ok", RSET } },
	{ "quirk-not-set", NULL, "ready policy", .script = { EHLO, "begin", MAIL, RCPT(A), "S: 550 5.4.1 Access denied", RSET } },
};

/* ---- playing ---- */

typedef struct playing {
	mg_dialogue           *dialogue;
	char                 **paths;
	mg_dialogue_recipient  recipients[MG_DIALOGUE_BATCH_MAX];
	guint                  n;
	gboolean               has_begun;
	gboolean               is_unsent;
	GString               *octets;   /* of the backend's, not fed yet */
	gsize                  cut;      /* after how many octets of the backend's a piece ends; 0: each is one, G_MAXSIZE: none */
	gsize                  n_fed;
} playing;

/* A copy of exactly its size, so that reading past it is seen. */
static void
piece_feed(playing *play, const char *octets, gsize length)
{
	g_autofree char *copy = g_memdup2(octets, length);

	if (length > 0)
		mg_dialogue_feed(play->dialogue, copy, length);
}

static void
octets_feed(playing *play)
{
	const char *octets = play->octets->str;
	gsize length = play->octets->len, first = length;

	if (play->cut == 0) {
		for (gsize i = 0; i < length; i++)
			piece_feed(play, octets + i, 1);
	} else {
		if (play->cut > play->n_fed && play->cut < play->n_fed + length)
			first = play->cut - play->n_fed;
		piece_feed(play, octets, first);
		piece_feed(play, octets + first, length - first);
	}
	play->n_fed += length;
	g_string_truncate(play->octets, 0);
}

static void
batch_begin(playing *play)
{
	for (guint i = 0; i < play->n; i++) {
		memset(&play->recipients[i], 0x55, sizeof(play->recipients[i]));
		play->recipients[i].path = play->paths[i];
	}
	mg_dialogue_begin(play->dialogue, play->recipients, play->n);
	play->has_begun = TRUE;
}

/* Our lines up to the backend's next turn are all that is to be sent. Returns the first line behind them. */
static const char *const *
output_compare(playing *play, const char *const *line)
{
	g_autoptr(GString) expected = g_string_new(NULL);
	g_autofree char *said = NULL;
	const char *output;
	gsize length;

	for (; *line != NULL && g_str_has_prefix(*line, "C: "); line++)
		g_string_append_printf(expected, "%s\r\n", *line + 3);
	output = mg_dialogue_output(play->dialogue, &length);
	said = g_strndup(output, length);
	g_assert_cmpstr(said, ==, expected->str);
	if (!play->is_unsent) {
		mg_dialogue_sent(play->dialogue, length / 2);   /* as a full socket would have it */
		mg_dialogue_sent(play->dialogue, length - length / 2);
	}
	return line;
}

static void
owner_calls(playing *play, const char *call)
{
	if (strcmp(call, "begin") == 0)
		batch_begin(play);
	else if (strcmp(call, "secured") == 0)
		mg_dialogue_secured(play->dialogue);
	else if (strcmp(call, "quit") == 0)
		mg_dialogue_quit(play->dialogue);
	else if (strcmp(call, "lose") == 0)
		mg_dialogue_lose(play->dialogue, "lost");
	else if (strcmp(call, "unsent") == 0)
		play->is_unsent = TRUE;
	else
		g_assert_cmpstr(call, ==, "--");
}

static void
script_play(playing *play, const char *const *line)
{
	while (*line != NULL) {
		if (g_str_has_prefix(*line, "S")) {
			g_string_append(play->octets, *line + 3);
			if ((*line)[1] == ':')
				g_string_append(play->octets, "\r\n");
			line++;
			continue;
		}
		octets_feed(play);
		if (g_str_has_prefix(*line, "C: "))
			line = output_compare(play, line);
		else
			owner_calls(play, *line++);
	}
	octets_feed(play);
}

static char *
outcome_describe(const playing *play)
{
	static const char *const state_names[] = { "banner", "greeting", "starttls", "handshake", "ready", "batch", "quitting",
		"ended" };
	const mg_dialogue *dialogue = play->dialogue;
	mg_dialogue_state state = mg_dialogue_get_state(dialogue);
	GString *out = g_string_new(state_names[state]);

	if (state == MG_DIALOGUE_ENDED) {
		const char *problem = mg_dialogue_problem(dialogue);

		g_string_append_printf(out, " %s", problem != NULL ? problem : "-");
		if (problem != NULL && !play->has_begun)
			g_string_append_printf(out, " %s", mg_rcpt_class_name(mg_dialogue_failure(dialogue)));
	}
	for (guint i = 0; play->has_begun && i < play->n; i++)
		g_string_append_printf(out, " %s%s", play->recipients[i].is_answered ? "" : "?",
		                       mg_rcpt_class_name(play->recipients[i].class));
	return g_string_free(out, FALSE);
}

/* What is not told by the classes. */
static void
assert_sound(const playing *play)
{
	mg_dialogue_state state = mg_dialogue_get_state(play->dialogue);
	gsize length;

	mg_dialogue_output(play->dialogue, &length);
	if (state == MG_DIALOGUE_ENDED || !play->is_unsent)
		g_assert_cmpuint(length, ==, 0);
	if (state == MG_DIALOGUE_ENDED || state == MG_DIALOGUE_READY)
		g_assert_false(mg_dialogue_awaits(play->dialogue));
	g_assert_false(mg_rcpt_class_is_negative(mg_dialogue_failure(play->dialogue)));
	for (guint i = 0; play->has_begun && i < play->n; i++) {
		const mg_dialogue_recipient *recipient = &play->recipients[i];

		if (recipient->class == MG_RCPT_TRANSPORT || !recipient->is_answered)
			g_assert_true(recipient->reply.code == 0 || recipient->class == MG_RCPT_CLOSING);
		if (mg_rcpt_class_is_negative(recipient->class))
			g_assert_cmpint(recipient->reply.code, >=, 500);
	}
}

/* Returns how many octets the backend has said. */
static gsize
row_play(const dialogue_case *row, gsize cut)
{
	g_auto(GStrv) paths = g_strsplit(row->recipients != NULL ? row->recipients : A, " ", -1);
	g_auto(GStrv) senders = g_strsplit(row->senders != NULL ? row->senders : "", " ", -1);
	g_autoptr(GPtrArray) probe_senders = g_ptr_array_new();
	g_autoptr(GString) octets = g_string_new(NULL);
	g_autofree char *outcome = NULL;
	playing play = { .paths = paths, .n = g_strv_length(paths), .octets = octets, .cut = cut };
	mg_dialogue_settings settings = { .helo = "mx.example.net", .is_lmtp = row->is_lmtp, .tls = row->tls,
		.probe_senders = probe_senders, .refused_max = row->refused_max ? row->refused_max : 4,
		.transactions_max = row->transactions_max ? row->transactions_max : 100, .avoids_pipelining = row->avoids_pipelining };

	if (play.n == 0) {   /* the empty path */
		g_strfreev(paths);
		play.paths = paths = g_strdupv((char *[]){ (char *)"", NULL });
		play.n = 1;
	}
	for (char **sender = senders; *sender != NULL; sender++)
		g_ptr_array_add(probe_senders, *sender);
	play.dialogue = mg_dialogue_new(&settings);
	script_play(&play, row->script);
	outcome = outcome_describe(&play);
	if (strcmp(outcome, row->expected) != 0)
		g_test_message("cut at %" G_GSIZE_FORMAT, cut);
	g_assert_cmpstr(outcome, ==, row->expected);
	assert_sound(&play);
	mg_dialogue_free(play.dialogue);
	return play.n_fed;
}

static void
test_dialogue(gconstpointer data)
{
	const dialogue_case *row = data;
	gsize length = row_play(row, G_MAXSIZE);

	if (row->is_whole)
		return;
	row_play(row, 0);
	for (gsize cut = 1; cut < length; cut++)
		row_play(row, cut);
}

/* ---- by hand ---- */

static mg_dialogue *
dialogue_make(void)
{
	mg_dialogue_settings settings = { .helo = "mx.example.net", .refused_max = 4, .transactions_max = 100 };

	return mg_dialogue_new(&settings);
}

static void
take(mg_dialogue *dialogue, const char *expected)
{
	gsize length;
	const char *output = mg_dialogue_output(dialogue, &length);
	g_autofree char *said = g_strndup(output, length);

	g_assert_cmpstr(said, ==, expected);
	mg_dialogue_sent(dialogue, length);
}

static void
feed(mg_dialogue *dialogue, const char *octets)
{
	mg_dialogue_feed(dialogue, octets, strlen(octets));
}

static void
make_ready(mg_dialogue *dialogue, const char *banner, const char *ehlo)
{
	feed(dialogue, banner);
	take(dialogue, "EHLO mx.example.net\r\n");
	feed(dialogue, ehlo);
	g_assert_cmpint(mg_dialogue_get_state(dialogue), ==, MG_DIALOGUE_READY);
}

/* A line without end is given up at its limit, and a megabyte of it costs no memory. */
static void
test_endless_line(void)
{
	g_autoptr(mg_dialogue) dialogue = dialogue_make();
	g_autofree char *line = test_repeat('2', 1 << 20);

	mg_dialogue_feed(dialogue, "220 ", 4);
	mg_dialogue_feed(dialogue, line, MG_SMTP_LINE_MAX - 5);
	g_assert_cmpint(mg_dialogue_get_state(dialogue), ==, MG_DIALOGUE_BANNER);
	mg_dialogue_feed(dialogue, line, 1 << 20);
	g_assert_cmpint(mg_dialogue_get_state(dialogue), ==, MG_DIALOGUE_ENDED);
	g_assert_cmpstr(mg_dialogue_problem(dialogue), ==, "line-too-long");
}

/* Ten go out in one write; an eleventh is left for the next batch. */
static void
test_batch_size(void)
{
	g_autoptr(mg_dialogue) dialogue = dialogue_make();
	mg_dialogue_recipient recipients[MG_DIALOGUE_BATCH_MAX + 1];
	g_autoptr(GString) expected = g_string_new("MAIL FROM:<>\r\n");

	make_ready(dialogue, "220 hi\r\n", "250-b.example\r\n250 PIPELINING\r\n");
	g_assert_true(mg_dialogue_has_pipelining(dialogue));
	g_assert_false(mg_dialogue_has_smtputf8(dialogue));
	for (guint i = 0; i < G_N_ELEMENTS(recipients); i++)
		recipients[i].path = A;
	for (guint i = 0; i < MG_DIALOGUE_BATCH_MAX; i++)
		g_string_append(expected, "RCPT TO:<a@b.example>\r\n");
	g_string_append(expected, "RSET\r\n");
	mg_dialogue_begin(dialogue, recipients, G_N_ELEMENTS(recipients));
	take(dialogue, expected->str);
	feed(dialogue, "250 ok\r\n");
	for (guint i = 0; i < MG_DIALOGUE_BATCH_MAX; i++)
		feed(dialogue, i % 3 == 0 ? "550 5.1.1 no\r\n" : "250 ok\r\n");
	g_assert_cmpint(mg_dialogue_get_state(dialogue), ==, MG_DIALOGUE_BATCH);
	g_assert_cmpuint(mg_dialogue_refusals_left(dialogue), ==, 0);
	feed(dialogue, "250 ok\r\n");
	g_assert_cmpint(mg_dialogue_get_state(dialogue), ==, MG_DIALOGUE_QUITTING);
	for (guint i = 0; i < MG_DIALOGUE_BATCH_MAX; i++) {
		g_assert_true(recipients[i].is_answered);
		g_assert_cmpint(recipients[i].class, ==, i % 3 == 0 ? MG_RCPT_UNKNOWN : MG_RCPT_VALID);
		g_assert_cmpint(recipients[i].reply.code, ==, i % 3 == 0 ? 550 : 250);
	}
	g_assert_false(recipients[MG_DIALOGUE_BATCH_MAX].is_answered);
}

/* The recipients are the owner's again when a batch is over: nothing that comes later is written to them. */
static void
test_recipients_are_given_back(void)
{
	g_autoptr(mg_dialogue) dialogue = dialogue_make();
	mg_dialogue_recipient recipient = { .path = A };

	make_ready(dialogue, "220 hi\r\n", "250 b.example\r\n");
	mg_dialogue_begin(dialogue, &recipient, 1);
	take(dialogue, "MAIL FROM:<>\r\n");
	feed(dialogue, "250 ok\r\n");
	take(dialogue, "RCPT TO:<a@b.example>\r\n");
	feed(dialogue, "550 5.1.1 no\r\n");
	g_assert_cmpuint(mg_dialogue_refusals_left(dialogue), ==, 3);
	take(dialogue, "RSET\r\n");
	feed(dialogue, "250 reset\r\n");
	g_assert_cmpstr(mg_dialogue_last_reply(dialogue)->text, ==, "reset");
	memset(&recipient, 0x55, sizeof(recipient));
	feed(dialogue, "250 surplus\r\n");
	for (gsize i = 0; i < sizeof(recipient); i++)
		g_assert_cmpint(((const char *)&recipient)[i], ==, 0x55);
}

/* Exim ends a session with too many RSETs. */
static void
test_exim(void)
{
	g_autoptr(mg_dialogue) dialogue = dialogue_make();
	mg_dialogue_recipient recipient = { .path = A };

	make_ready(dialogue, "220 b.example ESMTP Exim 4.96\r\n", "250-b.example\r\n250 PIPELINING\r\n");
	for (guint i = 1; i <= 8; i++) {
		g_assert_cmpint(mg_dialogue_get_state(dialogue), ==, MG_DIALOGUE_READY);
		mg_dialogue_begin(dialogue, &recipient, 1);
		take(dialogue, "MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nRSET\r\n");
		feed(dialogue, "250 ok\r\n250 ok\r\n250 ok\r\n");
		g_assert_cmpint(recipient.class, ==, MG_RCPT_VALID);
	}
	g_assert_cmpint(mg_dialogue_get_state(dialogue), ==, MG_DIALOGUE_QUITTING);
	take(dialogue, "QUIT\r\n");
}

/* A path of 254 octets goes out, one of 255 does not. */
static void
test_path_length(void)
{
	for (gsize length = 254; length <= 255; length++) {
		g_autoptr(mg_dialogue) dialogue = dialogue_make();
		g_autofree char *path = test_repeat('a', length);
		g_autofree char *expected = g_strdup_printf("RCPT TO:<%s>\r\n", path);
		mg_dialogue_recipient recipient = { .path = path };

		make_ready(dialogue, "220 hi\r\n", "250 b.example\r\n");
		mg_dialogue_begin(dialogue, &recipient, 1);
		g_assert_cmpint(recipient.is_answered, ==, length == 255);
		take(dialogue, length == 254 ? "MAIL FROM:<>\r\n" : "");
		if (length == 255)
			continue;
		feed(dialogue, "250 ok\r\n");
		take(dialogue, expected);
	}
}

static void
test_helo_word(gconstpointer data)
{
	mg_dialogue_settings settings = { .helo = data, .refused_max = 4, .transactions_max = 100 };
	g_autoptr(mg_dialogue) dialogue = mg_dialogue_new(&settings);

	feed(dialogue, "220 hi\r\n");
	take(dialogue, "");
	g_assert_cmpint(mg_dialogue_get_state(dialogue), ==, MG_DIALOGUE_ENDED);
	g_assert_cmpstr(mg_dialogue_problem(dialogue), ==, "helo-word");
	g_assert_cmpint(mg_dialogue_failure(dialogue), ==, MG_RCPT_CONFIG);
}

/* Which sender is in use, for the alarm. */
static void
test_sender(void)
{
	g_autoptr(GPtrArray) senders = g_ptr_array_new();
	mg_dialogue_settings settings = { .helo = "mx.example.net", .refused_max = 4, .transactions_max = 100,
		.probe_senders = senders };
	g_autoptr(mg_dialogue) dialogue = NULL;
	mg_dialogue_recipient recipient = { .path = A };

	g_ptr_array_add(senders, (char *)"probe@mx.example");
	dialogue = mg_dialogue_new(&settings);
	make_ready(dialogue, "220 hi\r\n", "250 b.example\r\n");
	mg_dialogue_begin(dialogue, &recipient, 1);
	g_assert_cmpstr(mg_dialogue_sender(dialogue), ==, "");
	take(dialogue, "MAIL FROM:<>\r\n");
	feed(dialogue, "550 no\r\n");
	take(dialogue, "RSET\r\n");
	feed(dialogue, "250 ok\r\n");
	g_assert_cmpstr(mg_dialogue_sender(dialogue), ==, "probe@mx.example");
}

static void
test_quirk(void)
{
	mg_dialogue_settings settings = { .helo = "mx.example.net", .refused_max = 4, .transactions_max = 100,
		.quirk = MG_QUIRK_EXCHANGE_ONLINE };
	g_autoptr(mg_dialogue) dialogue = mg_dialogue_new(&settings);
	mg_dialogue_recipient recipient = { .path = A };

	make_ready(dialogue, "220 hi\r\n", "250-b.example\r\n250 PIPELINING\r\n");
	mg_dialogue_begin(dialogue, &recipient, 1);
	take(dialogue, "MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nRSET\r\n");
	feed(dialogue, "250 ok\r\n550 5.4.1 Recipient address rejected: Access denied.\r\n250 ok\r\n");
	g_assert_cmpint(recipient.class, ==, MG_RCPT_UNKNOWN);
}

/* Whoever forgot to look: no octet that could end a path or a line is ever written. */
static void
test_every_octet(void)
{
	for (guint octet = 1; octet < 256; octet++) {
		const char word[] = { 'a', (char)octet, 'b', 0 };
		gboolean is_safe = octet >= ' ' && octet != 0x7f && octet != '<' && octet != '>';
		g_autofree char *line = g_strdup_printf("RCPT TO:<%s>\r\n", word);
		mg_commands commands;

		mg_commands_init(&commands);
		mg_commands_take(&commands);
		mg_commands_say(&commands, MG_COMMAND_RCPT, 0, "RCPT TO:<", word, ">");
		g_assert_cmpstr(commands.output->str, ==, is_safe ? line : "");
		g_assert_cmpint(mg_commands_next(&commands) != NULL, ==, is_safe);
		g_assert_cmpint(mg_command_path_is_safe(word), ==, is_safe && octet < 0x80);
		mg_commands_clear(&commands);
	}
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/dialogue/play", dialogue_cases, test_dialogue);
	g_test_add_func("/dialogue/endless-line", test_endless_line);
	g_test_add_func("/dialogue/batch-size", test_batch_size);
	g_test_add_func("/dialogue/recipients-are-given-back", test_recipients_are_given_back);
	g_test_add_func("/dialogue/exim", test_exim);
	g_test_add_func("/dialogue/path-length", test_path_length);
	g_test_add_data_func("/dialogue/helo-word/empty", "", test_helo_word);
	g_test_add_data_func("/dialogue/helo-word/crlf", "mx.example.net\r\nRSET", test_helo_word);
	g_test_add_func("/dialogue/every-octet", test_every_octet);
	g_test_add_func("/dialogue/sender", test_sender);
	g_test_add_func("/dialogue/quirk", test_quirk);
	return g_test_run();
}
