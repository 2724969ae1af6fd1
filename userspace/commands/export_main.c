// SPDX-License-Identifier: GPL-2.0-only
/* The program exitledger-export, which 'exitledger export' runs. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commands/book.h"
#include "commands/completion.h"
#include "commands/export_options.h"
#include "commands/export_proof.h"
#include "commands/export_replay.h"
#include "commands/exporter.h"
#include "host/privileges.h"
#include "host/vm_name.h"
#include "ledger/isa.h"
#include "ledger/reasons.h"
#include "lib/cli.h"
#include "lib/clock.h"
#include "lib/command.h"
#include "lib/safe_stream.h"
#include "lib/version.h"
#include "serve/serve_notify.h"

/*
 * Allocations of at least this size are mapped, so that free() returns them to
 * the kernel; the C library would otherwise keep the memory of the largest
 * scrape.
 */
#define OWN_PAGES (256 << 10)

struct export_main {
	struct export_command command;
	struct host_facts here;
	struct book book;
	struct export_replay replay;
	struct export_proof *proof; /* if the book is BPF's */
	struct run_info info; /* metadata of @replay */
	struct exporter exporter;
	struct serve_sockets sockets;
	struct serve_web_config web;
};

static void facts(void *context, uint32_t pid, struct export_facts *to)
{
	struct vm_facts found;

	(void)context;
	vm_facts(pid, &found);
	snprintf(to->vmm, sizeof(to->vmm), "%s", found.program);
	snprintf(to->uuid, sizeof(to->uuid), "%s", found.uuid);
}

static bool replay_is_over(void *context)
{
	const struct export_replay *replay = context;

	return replay->over;
}

/* --- the source --- */

static int observe_bpf(struct export_main *main, struct why *why)
{
	struct exporter *exporter = &main->exporter;
	struct observer_options *options = &main->command.monitor.observe;
	int r;

	/*
	 * Answers are judged only if times are measured, as the rules compare
	 * both.
	 */
	options->answers = export_proof_has_answers(&main->here.host) &&
			   !options->count_only;
	options->no_histogram = main->command.histograms == EXPORT_SCOPE_NONE &&
				!options->fast && !options->off_cpu &&
				!options->by && !options->slower_than_ns &&
				!options->answers;
	r = book_open(&main->book, &main->command.monitor, &main->here, why);
	if (r)
		return r;
	exporter->has |= EXPORT_SLOTS | EXPORT_KVM;
	if (options->answers)
		exporter->has |= EXPORT_ANSWERS;
	exporter->build.attach =
		attach_name(observer_attach(main->book.observer));
	r = export_proof_open(&main->proof, main->book.observer,
			      &main->here.host, options->answers,
			      &exporter->book, why);
	if (r)
		return r;
	exporter->source = export_proof_source(main->proof);
	exporter->slots = export_proof_slots;
	exporter->collected = export_proof_collected;
	exporter->verdict = export_proof_verdict(main->proof);
	return 0;
}

/* KVM's own book is not compared with anything, so there is no verdict. */
static int observe_kernel(struct export_main *main, struct why *why)
{
	struct exporter *exporter = &main->exporter;

	if (main->command.histograms == EXPORT_SCOPE_VM &&
	    main->command.monitor.observe.no_histogram)
		return why_set(
			why, EINVAL,
			"--histograms needs those of KVM's own book, which has them only if kvm.exit_stats is 3");
	exporter->build.backend = "kernel";
	exporter->build.attach = "";
	exporter->source = book_source(&main->book);
	return book_open(&main->book, &main->command.monitor, &main->here, why);
}

/* Observe this host. */
static int observe(struct export_main *main, struct why *why)
{
	struct exporter *exporter = &main->exporter;
	const struct host *host = &main->here.host;

	if (!host->other_pids)
		exporter->book.options.facts = facts;
	exporter->build.kernel = host->kernel;
	exporter->build.isa = exit_isa_name(host->isa);
	return main->command.monitor.book == BOOK_KERNEL ?
		       observe_kernel(main, why) :
		       observe_bpf(main, why);
}
/* Use the exits of a recorded run. */
static void replay(struct export_main *main)
{
	const struct run_info *info = &main->info;
	struct exporter *exporter = &main->exporter;
	const double speed = main->command.speed;

	main->info = *run_reader_info(main->command.reader);
	main->replay = (struct export_replay){
		.reader = main->command.reader,
		.speed = speed > 0 ? speed : 1,
		.at_once = main->command.at_once,
	};
	main->command.reader = NULL;
	exporter->source = export_replay_source(&main->replay);
	exporter->is_over = replay_is_over;
	exporter->build.kernel = info->kernel;
	exporter->build.isa = exit_isa_name(info->isa);
	exporter->build.attach = info->attach;
	exporter->build.backend = info->kernel_book ? "kernel" : "bpf";
}

static unsigned int families(const struct export_command *command)
{
	const struct observer_options *observe = &command->monitor.observe;
	unsigned int has = 0;

	if (!observe->count_only)
		has |= EXPORT_TIMES;
	if (!observe->count_only && !observe->no_histogram &&
	    command->histograms != EXPORT_SCOPE_NONE)
		has |= EXPORT_HISTOGRAMS;
	if (observe->fast)
		has |= EXPORT_FAST;
	if (observe->off_cpu)
		has |= EXPORT_OFF_CPU;
	if (observe->slower_than_ns)
		has |= EXPORT_SLOW;
	if (observe->by)
		has |= EXPORT_KEYED;
	return has;
}

static void fill_in(struct export_main *main)
{
	const struct export_command *command = &main->command;
	struct exporter *exporter = &main->exporter;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	exporter->start_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	exporter->build.version = EXITLEDGER_VERSION;
	exporter->build.backend = "bpf";
	exporter->has = families(command);
	exporter->created = command->created;
	exporter->slower_than_ns = command->monitor.observe.slower_than_ns;
	exporter->textfile = command->textfile;
	exporter->interval = command->monitor.interval;
	exporter->book.options = (struct export_options){
		.filter = &command->monitor.filter,
		.max_vms = command->max_vms,
		.by = command->monitor.observe.by,
		.by_vcpu = command->by_vcpu,
		.vm_histograms = command->histograms == EXPORT_SCOPE_VM,
	};
}

/* --- sockets and clients --- */

/*
 * Inherit systemd's sockets and bind those asked for, or else the default one.
 */
static int make_sockets(struct export_main *main, struct why *why)
{
	const struct export_command *command = &main->command;
	int r = serve_listen_inherit(&main->sockets, why);

	for (size_t i = 0; i < command->nr_listen && !r; i++)
		r = serve_listen_bind(&main->sockets, command->listen[i], why);
	if (!r && !main->sockets.nr && !command->textfile)
		r = serve_listen_bind(&main->sockets, EXPORT_LISTEN, why);
	return r;
}

static int open_server(struct export_main *main, struct why *why)
{
	const char *path = main->command.web_config;
	const struct serve_options options = {
		.sockets = &main->sockets,
		.web = path ? &main->web : NULL,
		.make = exporter_make,
		.context = &main->exporter,
	};

	int r = path ? serve_web_config_load(path, &main->web, why) : 0;

	if (!r && main->sockets.nr)
		r = serve_open(&main->exporter.serve, &options, why);
	return r;
}

static int drop(const struct export_main *main, struct why *why)
{
	const struct privileges privileges = {
		.user = main->command.monitor.user,
		.file = { main->command.textfile },
		.serves = true,
	};

	return privileges_drop(&privileges, why);
}

/* Drop all rights before the first client is accepted. */
static int let_in(struct export_main *main, struct why *why)
{
	int r = drop(main, why);

	if (!r)
		r = serve_listen_begin(&main->sockets, why);
	if (r)
		return r;
	for (size_t i = 0; i < main->sockets.nr; i++)
		msg_error("serving at %s",
			  serve_listen_text(main->sockets.fd[i]).text);
	serve_notify_ready();
	return 0;
}

/* --- the whole program --- */

static int run(struct export_main *main, struct why *why)
{
	int r = make_sockets(main, why);

	fill_in(main);
	if (!r && main->command.replay)
		replay(main);
	else if (!r)
		r = observe(main, why);
	main->exporter.book.since_ns = clock_now_ns();
	serve_notify_open();
	if (!r)
		r = open_server(main, why);
	if (!r)
		r = let_in(main, why);
	if (!r)
		r = exporter_run(&main->exporter, why);
	serve_notify_stopping();
	/* The replay and the proof know more than an error number. */
	if (r && main->replay.why.text[0])
		*why = main->replay.why;
	if (r && main->proof && export_proof_why(main->proof)->text[0])
		*why = *export_proof_why(main->proof);
	if (r)
		book_explain(&main->book, why);
	return r;
}

static int export(int argc, char **argv)
{
	struct export_main main = { .proof = NULL };
	struct why why = { "" };
	int r;

	argv[0] = "exitledger export";
	mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
	export_options_parse(argc, argv, &main.command);
	host_facts_read("", &main.here);
	book_settle(&main.command.monitor, &main.here.host);
	r = export_options_open(&main.command, main.here.host.isa, &why);
	command_catch_signals();
	if (!r)
		r = run(&main, &why);
	serve_close(main.exporter.serve);
	serve_listen_close(&main.sockets);
	serve_web_config_free(&main.web);
	export_proof_close(main.proof);
	book_close(&main.book);
	exporter_free(&main.exporter);
	export_replay_free(&main.replay);
	export_options_free(&main.command);
	host_facts_free(&main.here);
	if (r)
		msg_error("%s", why.text);
	return r ? STATUS_FAILED : STATUS_OK;
}

int main(int argc, char **argv)
{
	cli_begin();
	cli_values(completion_values);
	safe_stderr(argv);
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("exitledger-export " EXITLEDGER_VERSION);
		return cli_end(STATUS_OK, STATUS_FAILED);
	}
	return cli_end(export(argc, argv), STATUS_FAILED);
}
