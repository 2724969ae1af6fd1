// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests and configurations with damage: each is refused or accepted, without
 * a crash, and no connection may stay open once its client is gone.  The same
 * seed makes the same damage.  This program is not installed.
 *
 * usage: serve_fuzz http|web EXECUTIONS [SEED]
 * http damages requests, and web damages configurations.  EXECUTIONS is the
 * number of inputs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "commands/tests/run_fuzz_random.h"
#include "commands/tests/text_fuzz.h"
#include "serve/serve_http_private.h"

#define HANG_SECONDS 10 /* an input that takes more CPU time is a hang */
/*
 * The largest number of calls of serve_run() until the server answers a
 * request, which it need not do; and until it notices that the client is gone.
 */
#define ANSWER_TURNS 4
#define TURNS 1000
#define HASH "$2b$04$IW5PefrstR1iVcWxfOSg8OalAeXU6cq.t3SnC7.u0I9FtacBFfk4y"

static struct text_input input;
static struct serve *serve;
static struct serve_sockets sockets;
static struct serve_web_config web;
static struct sockaddr_un address = { .sun_family = AF_UNIX };

/* --- requests --- */

static int make(void *context, enum serve_format format,
		struct serve_body *body)
{
	(void)context;
	body->s = strdup(format == SERVE_OPENMETRICS ? "# EOF\n" : "x 1\n");
	body->length = strlen(body->s);
	return 0;
}

static void begin_http(void)
{
	static const char users[] = "basic_auth_users:\n  alice: " HASH "\n";
	const struct serve_options options = { .sockets = &sockets,
					       .web = &web,
					       .make = make };
	char name[128];
	struct why why;

	snprintf(address.sun_path, sizeof(address.sun_path),
		 "/tmp/exitledger-serve-fuzz-%d", getpid());
	snprintf(name, sizeof(name), "unix:%s", address.sun_path);
	if (serve_web_config_parse(users, strlen(users), "it", &web, &why) ||
	    serve_listen_bind(&sockets, name, &why) ||
	    serve_listen_begin(&sockets, &why) ||
	    serve_open(&serve, &options, &why)) {
		fprintf(stderr, "%s\n", why.text);
		abort();
	}
	text_input_make(
		&input,
		strdup("GET /metrics?x=%2f HTTP/1.1\r\nHost: localhost:19177\r\n"
		       "User-Agent: Prometheus/2.42.0\r\n"
		       "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3\r\n"
		       "Accept-Encoding: gzip;q=0.5, *;q=0\r\n"
		       "Authorization: Basic YWxpY2U6c2VjcmV0\r\n"
		       "X-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n"));
}

/* Take the bytes of the answer that have arrived; false: it has ended. */
static bool take(int client, char *answer, size_t size, size_t *length)
{
	char more[4096];
	ssize_t got = recv(client, more, sizeof(more), MSG_DONTWAIT);

	if (got > 0 && *length + got < size) {
		memcpy(answer + *length, more, got);
		*length += got;
	}
	return got > 0 || (got < 0 && errno == EAGAIN);
}

static void must_run(void)
{
	if (serve_run(serve, 0))
		abort();
}

static bool fuzz_http(void)
{
	const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[8192] = "";
	size_t length = 0;
	int turns = 0;

	text_damage(&input);
	if (client < 0 ||
	    connect(client, (struct sockaddr *)&address, sizeof(address)))
		abort();
	/* The server may refuse a request before it has read all of it. */
	if (send(client, input.text, input.length, MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE)
		abort();
	/*
	 * The server waits for the rest of an incomplete request: give up soon.
	 */
	while (take(client, answer, sizeof(answer) - 1, &length) &&
	       turns++ < ANSWER_TURNS)
		must_run();
	close(client);
	/* No connection may be left once its client is gone. */
	for (turns = 0; serve->nr_clients; turns++) {
		if (turns == TURNS)
			abort();
		must_run();
	}
	if (length && strncmp(answer, "HTTP/1.", 7) != 0)
		abort();
	return !strncmp(answer + 8, " 200", 4);
}

static void end_http(void)
{
	serve_close(serve);
	serve_listen_close(&sockets);
	serve_web_config_free(&web);
	unlink(address.sun_path);
}

/* --- configurations --- */

static void begin_web(void)
{
	/* Any file that exists stands for the certificate and the key. */
	text_input_make(
		&input,
		strdup("---\ntls_server_config:\n  cert_file: /etc/passwd\n"
		       "  key_file: \"/etc/passwd\"\n  min_version: TLS13\n"
		       "basic_auth_users:\n  alice: " HASH "\n"
		       "  'bob''s': >-\n    " HASH "\n"
		       "  &name carol: &hash " HASH "\n  dave: *hash\n"));
}

static bool fuzz_web(void)
{
	struct serve_web_config config;
	struct why why = { "" };
	int r;

	text_damage(&input);
	r = serve_web_config_parse(input.text, input.length, "/it", &config,
				   &why);
	serve_web_config_free(&config);
	/* A refusal gives its reason in one line. */
	if (r && (!why.text[0] || strchr(why.text, '\n')))
		abort();
	return !r;
}

static void end_web(void)
{
}

/* --- all of it --- */

static const struct target {
	const char *name;
	void (*begin)(void);
	bool (*execute)(void); /* false: the input was refused */
	void (*end)(void);
} targets[] = {
	{ "http", begin_http, fuzz_http, end_http },
	{ "web", begin_web, fuzz_web, end_web },
};

static const struct target *find_target(const char *name)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (!strcmp(targets[i].name, name))
			return &targets[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct itimerval hang = { .it_value.tv_sec = HANG_SECONDS };
	const struct target *target = argc > 2 ? find_target(argv[1]) : NULL;
	const unsigned long executions = target ? atol(argv[2]) : 0;
	const time_t start = time(NULL);
	unsigned long good = 0;

	if (!executions)
		return STATUS_USAGE;
	any_seed(argc > 3 ? atol(argv[3]) : 0);
	target->begin();
	for (unsigned long i = 0; i < executions; i++) {
		setitimer(ITIMER_PROF, &hang, NULL);
		good += target->execute();
	}
	printf("%s: %lu executions in %ld s, %ld s of CPU time: %lu refused and %lu taken all the same\n",
	       target->name, executions, (long)(time(NULL) - start),
	       (long)(clock() / CLOCKS_PER_SEC), executions - good, good);
	target->end();
	text_input_free(&input);
	/* If all inputs were refused, or none, the damage was of no use. */
	return good && good < executions ? STATUS_OK : STATUS_FAILED;
}
