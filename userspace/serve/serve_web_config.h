/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may read, and how they are kept from being listened to: the part of the
 * file that Prometheus' own exporters take as --web.config.file which fleets
 * use.  A key that is not known here is an error: to leave one out could let
 * in whom it keeps out.
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
	char *client_ca; /* clients must have a certificate by it; NULL: need
			    not */
	bool only_tls13;
	struct serve_user *user; /* if there are any, a client must be one */
	size_t nr_users, users_room;
};

/**
 * serve_web_config_load - read it, and the files that it names
 * @config: filled in; to be freed with serve_web_config_free, after a failure,
 *	too
 *
 * 0, or -errno with @why: file, line, and what to do.
 */
int serve_web_config_load(const char *path, struct serve_web_config *config,
			  struct why *why);

/**
 * serve_web_config_parse - the same of a text
 * @path: the file's, for messages and as whose folder names of files are meant
 */
int serve_web_config_parse(const char *text, size_t length, const char *path,
			   struct serve_web_config *config, struct why *why);

void serve_web_config_free(struct serve_web_config *config);

#endif /* EXITLEDGER_SERVE_WEB_CONFIG_H */
