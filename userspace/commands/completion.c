// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench_config.h"
#include "commands/completion.h"
#include "compare/compare_options.h"
#include "commands/export_scopes.h"
#include "host/host.h"
#include "host/vm_list.h"
#include "host/vm_threads.h"
#include "ledger/isa.h"
#include "ledger/keys.h"
#include "observe/attach.h"
#include "sample/columns.h"

/* List the VMs of this host that this user can find, which may be none. */
static void list_vms(struct vm_list *list)
{
	if (!vm_list_read("", list))
		vm_threads_add("", list);
}

static void add_vms(struct cli_offer *offer)
{
	struct vm_list list;

	list_vms(&list);
	for (size_t i = 0; i < list.nr; i++) {
		char what[32];

		snprintf(what, sizeof(what), "pid %u", list.vm[i].pid);
		/*
		 * The name of a VM without one is "?", a pattern that matches
		 * other VMs, too.
		 */
		if (strcmp(list.vm[i].name, "?") != 0)
			cli_offer_word(offer, list.vm[i].name, what);
	}
	vm_list_free(&list);
}

static void add_pids(struct cli_offer *offer)
{
	struct vm_list list;

	list_vms(&list);
	for (size_t i = 0; i < list.nr; i++) {
		char pid[16];

		snprintf(pid, sizeof(pid), "%u", list.vm[i].pid);
		cli_offer_word(offer, pid, list.vm[i].name);
	}
	vm_list_free(&list);
}

static bool has_reason(const struct isa *isa, const char *name)
{
	for (size_t i = 0; i < isa->nr_reasons; i++) {
		if (!strcmp(isa->reasons[i].name, name))
			return true;
	}
	return false;
}

/* Offer a reason's name in the case that the user types. */
static void add_reason(const struct exit_reason *reason,
		       struct cli_offer *offer)
{
	bool lower = islower((unsigned char)cli_offer_typed(offer)[0]);
	char name[64];

	snprintf(name, sizeof(name), "%s", reason->name);
	for (char *at = name; lower && *at; at++)
		*at = (char)tolower((unsigned char)*at);
	cli_offer_word(offer, name, reason->description);
}

/*
 * Offer the names of an ISA's reasons.  Names that an earlier ISA in the table
 * has, too, are left out, so that each name is offered once.
 */
static void add_reasons_of(const struct isa *isa,
			   const struct isa *const *first, size_t nr,
			   struct cli_offer *offer)
{
	for (size_t i = 0; i < isa->nr_reasons; i++) {
		bool has = false;

		for (size_t j = 0; j < nr && !has; j++)
			has = has_reason(first[j], isa->reasons[i].name);
		if (!has)
			add_reason(&isa->reasons[i], offer);
	}
}

/*
 * Offer this host's reasons.  For commands that read runs, offer those of all
 * ISAs, as a run may be of another host.
 */
static void add_reasons(struct cli_offer *offer)
{
	const char *program = cli_offer_program(offer);
	struct host host = { .isa = 0 };

	if (!strstr(program, "replay") && !strstr(program, "report") &&
	    !strstr(program, "advise"))
		host_read(&host);
	if (host.isa) {
		add_reasons_of(isa_find(host.isa), NULL, 0, offer);
		return;
	}
	for (size_t i = 0; isa_table[i]; i++)
		add_reasons_of(isa_table[i], isa_table, i, offer);
}

static void add_keys(struct cli_offer *offer)
{
	const char *name;

	for (unsigned int i = LEDGER_KEY_NONE + 1; (name = key_kind_name(i));
	     i++)
		cli_offer_word(offer, name, NULL);
}

/* compare needs the vCPU, which records of classic tracepoints do not have. */
static void add_attaches(struct cli_offer *offer)
{
	bool all = !strstr(cli_offer_program(offer), "compare");

	for (unsigned int i = 0; i <= ATTACH_TP; i++) {
		if (all || i != ATTACH_TP)
			cli_offer_word(offer, attach_name(i), NULL);
	}
}

static void add_books(struct cli_offer *offer)
{
	cli_offer_word(offer, "bpf", "what BPF counts");
	cli_offer_word(offer, "kernel", "what a patched KVM counts");
}

static void add_readers(struct cli_offer *offer)
{
	const char *name;

	for (unsigned int i = 0; (name = compare_readers_name(i)); i++)
		cli_offer_word(offer, name, NULL);
}

static void add_columns(struct cli_offer *offer)
{
	for (size_t i = 0; i < NR_COLUMNS; i++)
		cli_offer_word(offer, columns[i].name, columns[i].header);
}

static void add_configs(struct cli_offer *offer)
{
	cli_offer_word(offer, "ours", "those of this project");
	cli_offer_word(offer, "peers", "other tools");
	for (size_t i = 0; i < bench_nr_configs; i++)
		cli_offer_word(offer, bench_configs[i].name,
			       bench_configs[i].title);
}

static void add_kinds(struct cli_offer *offer)
{
	for (size_t i = 0; bench_kind_names[i]; i++)
		cli_offer_word(offer, bench_kind_names[i], NULL);
}

/* Ports are not completed; offer the default address and the socket form. */
static void add_addresses(struct cli_offer *offer)
{
	cli_offer_word(offer, EXPORT_LISTEN, "this host alone");
	cli_offer_word(offer, "unix:", "a socket's file");
}

static void add_scopes(struct cli_offer *offer)
{
	for (size_t i = 0; export_scopes[i]; i++)
		cli_offer_word(offer, export_scopes[i], NULL);
}

static void add_users(struct cli_offer *offer)
{
	const struct passwd *user;

	setpwent();
	while ((user = getpwent()))
		cli_offer_word(offer, user->pw_name, NULL);
	endpwent();
}

/* defined in completion_files.S */
extern const char completion_bash[], completion_fish[], completion_zsh[];

const struct completion_shell completion_shells[] = {
	{ "bash", completion_bash },
	{ "fish", completion_fish },
	{ "zsh", completion_zsh },
	{ NULL, NULL },
};

const char *const completion_programs[] = { "exitleaf", "exitledger",
					    "exitwork", NULL };

static void add_shells(struct cli_offer *offer)
{
	for (size_t i = 0; completion_shells[i].name; i++)
		cli_offer_word(offer, completion_shells[i].name, NULL);
}

static void add_programs(struct cli_offer *offer)
{
	for (size_t i = 0; completion_programs[i]; i++)
		cli_offer_word(offer, completion_programs[i], NULL);
}

const struct cli_value completion_values[] = {
	{ "vm", NULL, CLI_WORD, add_vms },
	{ "pid", NULL, CLI_WORD, add_pids },
	{ "reason", NULL, CLI_WORD, add_reasons },
	{ "by", NULL, CLI_WORD, add_keys },
	{ "attach", NULL, CLI_WORD, add_attaches },
	{ "book", NULL, CLI_WORD, add_books },
	{ "reader", NULL, CLI_WORD, add_readers },
	{ "columns", NULL, CLI_LIST, add_columns },
	{ "sort", NULL, CLI_WORD, add_columns },
	{ "user", NULL, CLI_WORD, add_users },
	{ "config", NULL, CLI_LIST, add_configs },
	{ NULL, "ADDRESS", CLI_WORD, add_addresses },
	{ NULL, "SCOPE", CLI_WORD, add_scopes },
	{ NULL, "KIND", CLI_WORD, add_kinds },
	{ NULL, "SHELL", CLI_WORD, add_shells },
	{ NULL, "PROGRAM", CLI_WORD, add_programs },
	{ NULL, NULL, CLI_FREE, NULL },
};
