// SPDX-License-Identifier: GPL-2.0-only
#include <crypt.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "serve/serve_auth.h"

#define SCHEME "Basic "
#define DIGEST 32 /* of SHA-256 */
#define HEADER_MAX 1024
/* How many addresses with failures are stored, and how long they must wait. */
#define FAILURES 64
#define WAIT_NS 1000000000ull

/* An address without its port; all zeros for a UNIX socket. */
struct source {
	uint8_t bytes[16];
};

struct failure {
	struct source source;
	uint64_t at_ns; /* 0: none */
};

/* The digest of a user's password that was found to be correct. */
struct known {
	bool is_known;
	uint8_t digest[DIGEST];
};

struct serve_auth {
	const struct serve_web_config *config;
	uint8_t key[DIGEST]; /* the secret key of the digests */
	struct known *known; /* one per user */
	struct failure failure[FAILURES];
	size_t next; /* the index of the next failure to overwrite */
	struct crypt_data crypt;
};

struct serve_auth *serve_auth_new(const struct serve_web_config *config)
{
	struct serve_auth *auth = calloc(1, sizeof(*auth));

	if (!auth)
		return NULL;
	auth->config = config;
	auth->known = calloc(config->nr_users + 1, sizeof(*auth->known));
	if (!auth->known ||
	    gnutls_rnd(GNUTLS_RND_KEY, auth->key, sizeof(auth->key))) {
		serve_auth_free(auth);
		return NULL;
	}
	return auth;
}

void serve_auth_free(struct serve_auth *auth)
{
	if (!auth)
		return;
	free(auth->known);
	explicit_bzero(auth, sizeof(*auth));
	free(auth);
}

/* --- failures by address --- */

static struct source source_of(const struct sockaddr *address)
{
	struct source source = { { 0 } };

	if (address && address->sa_family == AF_INET)
		memcpy(source.bytes,
		       &((const struct sockaddr_in *)address)->sin_addr, 4);
	if (address && address->sa_family == AF_INET6)
		memcpy(source.bytes,
		       &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
	return source;
}

static bool must_wait(const struct serve_auth *auth,
		      const struct source *source, uint64_t now_ns)
{
	for (size_t i = 0; i < FAILURES; i++) {
		const struct failure *failure = &auth->failure[i];

		if (failure->at_ns && now_ns < failure->at_ns + WAIT_NS &&
		    !memcmp(&failure->source, source, sizeof(*source)))
			return true;
	}
	return false;
}

static void note_failure(struct serve_auth *auth, const struct source *source,
			 uint64_t now_ns)
{
	auth->failure[auth->next] = (struct failure){ *source, now_ns };
	auth->next = (auth->next + 1) % FAILURES;
}

/* --- passwords --- */

static void digest_of(const struct serve_auth *auth, const char *password,
		      uint8_t digest[DIGEST])
{
	gnutls_hmac_fast(GNUTLS_MAC_SHA256, auth->key, sizeof(auth->key),
			 password, strlen(password), digest);
}

static bool is_known(const struct known *known, const uint8_t digest[DIGEST])
{
	return known->is_known && !gnutls_memcmp(known->digest, digest, DIGEST);
}

static bool is_right(struct serve_auth *auth, const char *hash,
		     const char *password)
{
	const char *made =
		crypt_rn(password, hash, &auth->crypt, sizeof(auth->crypt));

	return made && strlen(made) == strlen(hash) &&
	       !gnutls_memcmp(made, hash, strlen(hash));
}

/*
 * An unknown name takes as long as a wrong password, so that a client cannot
 * find out which names exist.
 */
static bool check(struct serve_auth *auth, const char *name,
		  const char *password, const struct source *source,
		  uint64_t now_ns, bool *too_often)
{
	const struct serve_web_config *config = auth->config;
	uint8_t digest[DIGEST];
	size_t i = 0;
	bool right;

	while (i < config->nr_users && strcmp(config->user[i].name, name) != 0)
		i++;
	digest_of(auth, password, digest);
	if (i < config->nr_users && is_known(&auth->known[i], digest))
		return true;
	*too_often = must_wait(auth, source, now_ns);
	if (*too_often)
		return false;
	right = is_right(auth, config->user[i < config->nr_users ? i : 0].hash,
			 password) &&
		i < config->nr_users;
	if (!right) {
		note_failure(auth, source, now_ns);
		return false;
	}
	auth->known[i].is_known = true;
	memcpy(auth->known[i].digest, digest, DIGEST);
	return true;
}

/* Decode the base64 after "Basic "; returns false if the header is not valid. */
static bool decode(const char *authorization, gnutls_datum_t *decoded)
{
	gnutls_datum_t text;

	if (!authorization || strlen(authorization) > HEADER_MAX ||
	    strncasecmp(authorization, SCHEME, strlen(SCHEME)) != 0)
		return false;
	text.data = (unsigned char *)authorization + strlen(SCHEME);
	text.size = strlen((char *)text.data);
	return text.size && !gnutls_base64_decode2(&text, decoded);
}

enum serve_permission serve_auth_check(struct serve_auth *auth,
				       const char *authorization,
				       const struct sockaddr *address,
				       uint64_t now_ns)
{
	const struct source source = source_of(address);
	char pair[HEADER_MAX + 1], *colon;
	gnutls_datum_t decoded;
	bool too_often = false, right = false;

	/*
	 * A client that sends no password is asked for one.  This does not
	 * count as a failure.
	 */
	if (!decode(authorization, &decoded))
		return SERVE_UNKNOWN;
	if (decoded.size < sizeof(pair)) {
		memcpy(pair, decoded.data, decoded.size);
		pair[decoded.size] = '\0';
		colon = strlen(pair) == decoded.size ? strchr(pair, ':') : NULL;
		if (colon) {
			*colon = '\0';
			right = check(auth, pair, colon + 1, &source, now_ns,
				      &too_often);
		}
		explicit_bzero(pair, sizeof(pair));
	}
	gnutls_memset(decoded.data, 0, decoded.size);
	gnutls_free(decoded.data);
	return right	 ? SERVE_PERMITTED :
	       too_often ? SERVE_TOO_OFTEN :
			   SERVE_UNKNOWN;
}
