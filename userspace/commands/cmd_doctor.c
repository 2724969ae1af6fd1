// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "host/doctor.h"
#include "host/render_doctor.h"
#include "lib/cli.h"
#include "lib/output.h"
#include "observe/attach_probe.h"

enum { OPT_JSON = 256 };

static const struct argp_option option_rows[] = {
	{ "json", OPT_JSON, NULL, 0, "Write one JSON object", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	(void)arg;
	switch (key) {
	case OPT_JSON:
		*json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = option_rows,
	.parser = parse_option,
	.doc = "Say what this host offers for observing VM exits, and what to do about each "
	       "thing that is missing."
	       "\vIt starts no VM; as root it can find out more. The exit status is 0 if the monitor can run here, and 1 if it cannot.",
};

static bool has_colours(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term &&
	       strcmp(term, "dumb") != 0;
}

static int show(const struct diagnosis *diagnosis,
		const struct host_facts *facts, bool json, struct why *why)
{
	if (json)
		render_doctor_json(diagnosis, facts, stdout);
	else
		render_doctor_text(diagnosis, facts, has_colours(), stdout);
	return output_flush(why);
}

int cmd_doctor(int argc, char **argv)
{
	struct diagnosis diagnosis;
	struct why why = { "" };
	struct host_facts facts;
	bool json = false;
	int r;

	argv[0] = "exitledger doctor";
	cli_parse(&parser, 0, argc, argv, &json);
	host_facts_read("", &facts);
	if (facts.host.isa && facts.sys_admin && !facts.user_namespace)
		attach_probe(&facts.probes);
	installed_read("", facts.host.kernel, &facts.installed);
	holders_read("", getpid(), &facts.holders);
	r = vm_list_read("", &facts.vms);
	facts.vms_listed = !r;
	if (r)
		why_set(&why, -r, "/proc: cannot be read: %s", strerror(-r));
	doctor_diagnose(&facts, &diagnosis);
	if (!r)
		r = show(&diagnosis, &facts, json, &why);
	host_facts_free(&facts);
	if (r) {
		msg_error("%s", why.text);
		return STATUS_FAILED;
	}
	return diagnosis.can_monitor ? STATUS_OK : STATUS_CANNOT_MONITOR;
}
