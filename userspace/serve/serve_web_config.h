/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TLS and the users who may read, from a file.  Its keys are a part of those
 * that Prometheus' own exporters take in --web.config.file.  Any other key is
 * an error: if it were ignored, the clients that it excludes could read.
 */
#ifndef EXITLEDGER_SERVE_WEB_CONFIG_H
#define EXITLEDGER_SERVE_WEB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/msg.h"

struct serve_user {
	char *name;
	char *hash; /* by bcrypt */
};

struct serve_web_config {
	bool has_tls;
	/* Texts of PEM files, in memory that is wiped. */
	char *certificate, *key;
	/*
	 * the authority that must have signed clients' certificates; NULL:
	 * clients need none
	 */
	char *client_ca;
	bool only_tls13;
	/* if there are any users, clients must authenticate */
	struct serve_user *user;
	size_t nr_users, users_room;
};

/**
 * serve_web_config_load - read the configuration, and the files that it names
 * @config: filled in; free it with serve_web_config_free(), even after a
 *	failure
 *
 * Returns 0, or -errno with @why: file, line, and what to do.
 */
int serve_web_config_load(const char *path, struct serve_web_config *config,
			  struct why *why);

/**
 * serve_web_config_parse - the same from a text
 * @path: the text's file, for messages; names of files in the text are relative
 *	to its folder
 */
int serve_web_config_parse(const char *text, size_t length, const char *path,
			   struct serve_web_config *config, struct why *why);

void serve_web_config_free(struct serve_web_config *config);

#endif /* EXITLEDGER_SERVE_WEB_CONFIG_H */
