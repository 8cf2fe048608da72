/* names.h - the words of the interface: errors, actions, stages, and what they are called.
 * A number keeps its meaning for ever; the word is what logs, header fields and documents say. */
#ifndef MAILGUARD_NAMES_H
#define MAILGUARD_NAMES_H

#ifdef __cplusplus
extern "C" {
#endif

/** MG_API - marks what libmailguard.so exports; everything else in it is hidden. */
#define MG_API __attribute__((visibility("default")))

/** MG_VERSION - the release these headers belong to. Since: 0.1 */
#define MG_VERSION "0.1.0"

/**
 * mg_error - why the library could not do what was asked of it.
 * A bad result is not an error: "denied" or "fail" are answers and come in a verdict.
 */
typedef enum mg_error {
	MG_OK         = 0,   /**< done */
	MG_E_MEMORY   = 1,   /**< no memory; nothing changed, the call may be made again */
	MG_E_STATE    = 2,   /**< not now: a guard used in a forked child, a fact that is still missing */
	MG_E_ARGUMENT = 3,   /**< an argument is not of the shape its description gives */
	MG_E_SYNTAX   = 4,   /**< a fact that the server itself states cannot be read: an address, a fingerprint */
	MG_E_TOO_LONG = 5,   /**< a fact that the server itself states is over its limit */
	MG_E_ABI      = 6,   /**< a struct of a size, or with a wish, that this library does not know */
	MG_E_POLICY   = 7,   /**< mailguard.conf was refused; the log says which file, line and key */
	MG_E_ENGINE   = 8,   /**< engine.so cannot be loaded, or belongs to another release */
	MG_E_SYSTEM   = 9,   /**< the system refused: descriptors, epoll */
	MG_E_UNKNOWN  = 10,  /**< no such request */
	MG_E_LIMIT    = 11   /**< too many requests are under way */
} mg_error;

/** mg_action - what a verdict tells the server to do. Larger is stricter. */
typedef enum mg_action {
	MG_ACCEPT = 1,   /**< go on; a verdict may flag what it accepts */
	MG_DEFER  = 2,   /**< refuse for now: a 4xx reply (RFC 5321 4.2.1) */
	MG_REJECT = 3    /**< refuse for good: a 5xx reply */
} mg_action;

/** mg_stage - the SMTP command that is being answered. */
typedef enum mg_stage {
	MG_STAGE_CONNECT = 1,   /**< the connection is open, before the greeting */
	MG_STAGE_HELO    = 2,   /**< HELO or EHLO */
	MG_STAGE_MAIL    = 3,   /**< MAIL FROM */
	MG_STAGE_RCPT    = 4,   /**< RCPT TO, once for each recipient */
	MG_STAGE_DATA    = 5    /**< DATA, before the message */
} mg_stage;

/** mg_question - what was asked. */
typedef enum mg_question {
	MG_ASK_STAGE     = 1,   /**< everything that the policy wants at a stage */
	MG_ASK_RELAY     = 2,   /**< may this client send to this recipient through us? */
	MG_ASK_SPF       = 3,   /**< does SPF allow this client to use the identity? (RFC 7208) */
	MG_ASK_HELO      = 4,   /**< are HELO name, host and sender domain sane? */
	MG_ASK_RECIPIENT = 5,   /**< does this recipient exist behind us? */
	MG_ASK_AUDIT     = 6,   /**< does this domain keep to good practice? */
	MG_TELL_DELIVERY = 7    /**< no question: what the backend said when a message was delivered */
} mg_question;

/** mg_identity - whose SPF policy is asked for (RFC 7208 2.3, 2.4). */
typedef enum mg_identity {
	MG_IDENTITY_HELO      = 1,
	MG_IDENTITY_MAIL_FROM = 2
} mg_identity;

/** mg_provenance - how the server knows the client's address. */
typedef enum mg_provenance {
	MG_FROM_SOCKET  = 1,   /**< it is the other end of the TCP connection */
	MG_FROM_PROXY   = 2,   /**< a PROXY protocol header said so */
	MG_FROM_XCLIENT = 3,   /**< an XCLIENT command said so */
	MG_FROM_LOCAL   = 4    /**< no network: a UNIX socket or a pipe on this host */
} mg_provenance;

/** mg_iprev - forward-confirmed reverse DNS as the server found it (RFC 8601 2.7.3). */
typedef enum mg_iprev {
	MG_IPREV_PASS      = 1,   /**< the name's addresses include the client's */
	MG_IPREV_FAIL      = 2,   /**< no name, or the name does not lead back */
	MG_IPREV_TEMPERROR = 3,   /**< DNS did not answer */
	MG_IPREV_PERMERROR = 4    /**< DNS answered with something unusable */
} mg_iprev;

/** mg_level - weight of a log line or of a finding. */
typedef enum mg_level {
	MG_LEVEL_ERROR   = 1,
	MG_LEVEL_WARNING = 2,
	MG_LEVEL_INFO    = 3,
	MG_LEVEL_DEBUG   = 4
} mg_level;

/**
 * mg_error_text, mg_action_name, mg_stage_name, mg_level_name - the word for a number
 * @error, @action, @stage, @level:  any number
 *
 * Returns a constant string, "unknown" for a number that has no word. Never NULL.
 * Since: 0.1
 */
MG_API const char *mg_error_text(int error);
MG_API const char *mg_action_name(int action);
MG_API const char *mg_stage_name(int stage);
MG_API const char *mg_level_name(int level);

/**
 * mg_version - the release of the library that is running, "0.1.0"
 * Since: 0.1
 */
MG_API const char *mg_version(void);

#ifdef __cplusplus
}
#endif
#endif
