// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/observer_source.h"
#include "commands/record.h"
#include "host/doctor.h"
#include "host/pid_ns.h"
#include "lib/clock.h"

/* Said before anything is attached; the writer makes sure of it again. */
static int check_path(const char *path, struct why *why)
{
	if (access(path, F_OK))
		return 0;
	return why_set(
		why, EEXIST,
		"%s exists already and is not overwritten: remove it, or choose another name",
		path);
}

int cmd_record(int argc, char **argv)
{
	struct record_options options;
	struct command command = { 0 };
	struct run_info info = { .isa = 0 };
	struct observer *observer = NULL;
	struct monitor_source source;
	struct why why = { "" };
	struct host_facts facts;
	int r;

	argv[0] = "exitledger record";
	record_options_parse(argc, argv, &options);
	host_facts_read("", &facts);
	monitor_options_complete(&options.monitor, facts.host.isa);
	r = check_path(options.path, &why);
	if (!r)
		r = doctor_check(&facts, &why);
	if (!r && facts.host.other_pids)
		msg_error("%s; %s", PID_NS_FACT, PID_NS_ADVICE);
	command_catch_signals();
	options.monitor.observe.marks = true;
	if (!r && options.monitor.argv)
		r = command_prepare(&command, options.monitor.argv, &why);
	if (!r)
		r = observer_open(&observer, &options.monitor.observe, &why);
	if (!r) {
		uint64_t start_ns = clock_now_ns();

		run_info_read_host(&info);
		snprintf(info.attach, sizeof(info.attach), "%s",
			 attach_name(observer_attach(observer)));
		info.guest_marks = observer_sees_marks(observer);
		source = observer_source(observer);
		r = record_run(&options, &source, start_ns, &info, &command,
			       &why);
	}
	if (r < 0)
		record_failed(&command, &why);
	observer_close(observer);
	if (r < 0)
		record_outlive(&command);
	command_end(&command);
	monitor_options_free(&options.monitor);
	host_facts_free(&facts);
	if (r < 0)
		return STATUS_FAILED;
	return r ? STATUS_UNMATCHED : STATUS_OK;
}
