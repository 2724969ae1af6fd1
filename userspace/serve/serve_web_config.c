// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <yaml.h>

#include "lib/array.h"
#include "serve/serve_web_config.h"

#define FILE_MAX (1 << 20) /* bytes of any of the files */
/*
 * bcrypt's cost is the binary logarithm of its rounds; 14 takes a second, for
 * which a client waits at its first request.
 */
#define COST_MIN 4
#define COST_MAX 14
#define HASH_LENGTH 60

/* A file that is being read. */
struct reading {
	const char *path;
	yaml_document_t document;
	struct serve_web_config *config;
	const char *cert_file, *key_file, *client_ca_file;
	/* true if client_auth_type requires certificates of clients */
	bool wants_clients;
	struct why *why;
};

/* --- files --- */

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* Read a file into a string; NULL with @why on failure. */
static char *read_file(const char *path, size_t *length, struct why *why)
{
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(FILE_MAX + 1) : NULL;
	const char *failed = NULL;

	*length = 0;
	if (text)
		*length = fread(text, 1, FILE_MAX + 1, file);
	if (!text || ferror(file))
		failed = strerror(errno);
	else if (*length > FILE_MAX)
		failed = "it is larger than 1 MiB";
	if (file)
		fclose(file);
	if (text && !failed) {
		text[*length] = '\0';
		return text;
	}
	free(text);
	why_set(why, EINVAL, "%s: cannot be read: %s", path, failed);
	return NULL;
}

/* Read a file whose name is relative to the folder of the configuration. */
static int read_beside(const struct reading *reading, const char *name,
		       char **text)
{
	char path[PATH_MAX], folder[PATH_MAX];
	size_t length;

	snprintf(folder, sizeof(folder), "%s", reading->path);
	if (snprintf(path, sizeof(path), "%s%s%s",
		     *name == '/' ? "" : dirname(folder),
		     *name == '/' ? "" : "/", name) >= (int)sizeof(path))
		return why_set(reading->why, ENAMETOOLONG,
			       "%s: the name of a file in it is too long",
			       reading->path);
	*text = read_file(path, &length, reading->why);
	return *text ? 0 : -EINVAL;
}

/* --- keys and values --- */

static int wrong(const struct reading *reading, const yaml_node_t *node,
		 const char *what)
{
	return why_set(reading->why, EINVAL, "%s:%zu: %s", reading->path,
		       node->start_mark.line + 1, what);
}

static const char *scalar(const yaml_node_t *node)
{
	const char *text = node->type == YAML_SCALAR_NODE ?
				   (const char *)node->data.scalar.value :
				   NULL;

	/* Refuse a NUL, which would cut the text. */
	return text && strlen(text) == node->data.scalar.length ? text : NULL;
}

typedef int pair_fn(struct reading *reading, const yaml_node_t *key,
		    const yaml_node_t *value);

static bool is_twice(struct reading *reading, const yaml_node_t *mapping,
		     const yaml_node_pair_t *pair)
{
	const char *name =
		scalar(yaml_document_get_node(&reading->document, pair->key));

	for (const yaml_node_pair_t *before = mapping->data.mapping.pairs.start;
	     before < pair; before++) {
		const char *other = scalar(yaml_document_get_node(
			&reading->document, before->key));

		if (!strcmp(name, other))
			return true;
	}
	return false;
}

/* Call @take for each key of a mapping; a repeated key is an error. */
static int each_pair(struct reading *reading, const yaml_node_t *mapping,
		     pair_fn *take)
{
	int r = 0;

	/* Accept an empty "basic_auth_users:", which templates can produce. */
	if (mapping->type == YAML_SCALAR_NODE && scalar(mapping) &&
	    !*scalar(mapping))
		return 0;
	if (mapping->type != YAML_MAPPING_NODE)
		return wrong(reading, mapping, "keys and values are expected");
	for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     !r && pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key =
			yaml_document_get_node(&reading->document, pair->key);

		if (!scalar(key))
			return wrong(reading, key, "a key must be a word");
		if (is_twice(reading, mapping, pair))
			return wrong(reading, key, "this key is there twice");
		r = take(reading, key,
			 yaml_document_get_node(&reading->document,
						pair->value));
	}
	return r;
}

/* --- basic_auth_users --- */

static bool is_hash(const char *hash)
{
	static const char letters[] =
		"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	int cost;

	if (strlen(hash) != HASH_LENGTH || strncmp(hash, "$2", 2) != 0 ||
	    !strchr("aby", hash[2]) || hash[3] != '$' || hash[6] != '$' ||
	    strspn(hash + 7, letters) != HASH_LENGTH - 7)
		return false;
	if (hash[4] < '0' || hash[4] > '9' || hash[5] < '0' || hash[5] > '9')
		return false;
	cost = 10 * (hash[4] - '0') + hash[5] - '0';
	return cost >= COST_MIN && cost <= COST_MAX;
}

static int take_user(struct reading *reading, const yaml_node_t *key,
		     const yaml_node_t *value)
{
	struct serve_web_config *config = reading->config;
	struct serve_user *user;

	/* Clients send NAME:PASSWORD, so a name cannot contain a colon. */
	if (!*scalar(key) || strchr(scalar(key), ':'))
		return wrong(
			reading, key,
			"a user's name must not be empty or contain a colon");
	if (!scalar(value) || !is_hash(scalar(value)))
		return wrong(
			reading, value,
			"a password must be a bcrypt hash of cost 4 to 14, as 'htpasswd -nBC 10 USER' prints it");
	user = array_append(config->user, config->nr_users, config->users_room);
	if (!user)
		return why_set(reading->why, ENOMEM, "out of memory");
	user->name = strdup(scalar(key));
	user->hash = strdup(scalar(value));
	return user->name && user->hash ?
		       0 :
		       why_set(reading->why, ENOMEM, "out of memory");
}

/* --- tls_server_config --- */

static int take_min_version(struct reading *reading, const yaml_node_t *value)
{
	if (!strcmp(scalar(value), "TLS12"))
		return 0;
	if (strcmp(scalar(value), "TLS13") != 0)
		return wrong(reading, value,
			     "min_version is TLS12 (default) or TLS13");
	reading->config->only_tls13 = true;
	return 0;
}

static int take_client_auth(struct reading *reading, const yaml_node_t *value)
{
	if (!strcmp(scalar(value), "NoClientCert"))
		return 0;
	if (strcmp(scalar(value), "RequireAndVerifyClientCert") != 0)
		return wrong(
			reading, value,
			"client_auth_type is NoClientCert (default) or RequireAndVerifyClientCert");
	reading->wants_clients = true;
	return 0;
}

static int take_tls(struct reading *reading, const yaml_node_t *key,
		    const yaml_node_t *value)
{
	const char *name = scalar(key);

	if (!scalar(value) || !*scalar(value))
		return wrong(reading, value, "this key takes one word");
	if (!strcmp(name, "cert_file"))
		reading->cert_file = scalar(value);
	else if (!strcmp(name, "key_file"))
		reading->key_file = scalar(value);
	else if (!strcmp(name, "client_ca_file"))
		reading->client_ca_file = scalar(value);
	else if (!strcmp(name, "min_version"))
		return take_min_version(reading, value);
	else if (!strcmp(name, "client_auth_type"))
		return take_client_auth(reading, value);
	else
		return wrong(
			reading, key,
			"this key is not known: tls_server_config takes cert_file, key_file, min_version, client_auth_type and client_ca_file");
	return 0;
}

static int read_tls(struct reading *reading, const yaml_node_t *mapping)
{
	struct serve_web_config *config = reading->config;
	int r = each_pair(reading, mapping, take_tls);

	if (r)
		return r;
	if (!reading->cert_file || !reading->key_file)
		return wrong(reading, mapping,
			     "tls_server_config needs cert_file and key_file");
	if (reading->wants_clients != !!reading->client_ca_file)
		return wrong(
			reading, mapping,
			"client_ca_file and client_auth_type: RequireAndVerifyClientCert need each other");
	config->has_tls = true;
	r = read_beside(reading, reading->cert_file, &config->certificate);
	if (!r)
		r = read_beside(reading, reading->key_file, &config->key);
	if (!r && reading->client_ca_file)
		r = read_beside(reading, reading->client_ca_file,
				&config->client_ca);
	return r;
}

/* --- the whole file --- */

static int take_top(struct reading *reading, const yaml_node_t *key,
		    const yaml_node_t *value)
{
	if (!strcmp(scalar(key), "tls_server_config"))
		return read_tls(reading, value);
	if (!strcmp(scalar(key), "basic_auth_users"))
		return each_pair(reading, value, take_user);
	return wrong(
		reading, key,
		"this key is not known: there are tls_server_config and basic_auth_users");
}

/* Parse the text as YAML; returns 0, or -errno with @why. */
static int load_yaml(struct reading *reading, const char *text, size_t length)
{
	yaml_parser_t parser;
	int r = 0;

	if (!yaml_parser_initialize(&parser))
		return why_set(reading->why, ENOMEM, "out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text,
				     length);
	if (!yaml_parser_load(&parser, &reading->document))
		r = why_set(reading->why, EINVAL, "%s:%zu: this is no YAML: %s",
			    reading->path, parser.problem_mark.line + 1,
			    parser.problem ? parser.problem : "out of memory");
	yaml_parser_delete(&parser);
	return r;
}

int serve_web_config_parse(const char *text, size_t length, const char *path,
			   struct serve_web_config *config, struct why *why)
{
	struct reading reading = { .path = path, .config = config, .why = why };
	yaml_node_t *root;
	int r;

	memset(config, 0, sizeof(*config));
	r = load_yaml(&reading, text, length);
	if (r)
		return r;
	/* An empty file is valid, and configures nothing. */
	root = yaml_document_get_root_node(&reading.document);
	if (root)
		r = each_pair(&reading, root, take_top);
	yaml_document_delete(&reading.document);
	return r;
}

int serve_web_config_load(const char *path, struct serve_web_config *config,
			  struct why *why)
{
	size_t length;
	char *text = read_file(path, &length, why);
	int r;

	memset(config, 0, sizeof(*config));
	if (!text)
		return -EINVAL;
	r = serve_web_config_parse(text, length, path, config, why);
	wipe(text);
	return r;
}

void serve_web_config_free(struct serve_web_config *config)
{
	for (size_t i = 0; i < config->nr_users; i++) {
		free(config->user[i].name);
		free(config->user[i].hash);
	}
	free(config->user);
	wipe(config->certificate);
	wipe(config->key);
	wipe(config->client_ca);
	memset(config, 0, sizeof(*config));
}
