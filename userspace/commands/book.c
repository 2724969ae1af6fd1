// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "commands/book.h"
#include "exit_file.h"
#include "host/doctor.h"
#include "host/pid_ns.h"
#include "lib/clock.h"
#include "lib/safe_text.h"

/*
 * The longest time between two reads of KVM's own book.  A VM's book disappears
 * with the VM, and what was not read is lost.
 */
#define LOOK_NS 1000000000ull

void book_settle(struct monitor_options *options, const struct host *host)
{
	if (options->book != BOOK_KERNEL)
		return;
	options->observe.count_only = host->exit_stats < EXIT_FILE_TIME;
	options->observe.no_histogram = host->exit_stats < EXIT_FILE_HIST;
}

static int open_kernel(struct book *book, const struct monitor_options *options,
		       const struct host_facts *facts, struct why *why)
{
	int r = kernel_book_open(&book->kernel, "", why);

	if (r)
		return r;
	if (facts->host.other_pids)
		msg_error(
			"this is not the host's PID namespace: VMs are shown without names, and with the host's pids of the threads that made them; " PID_NS_ADVICE);
	book->mode = kernel_book_mode(book->kernel);
	book->quiet = options->top;
	return 0;
}

int book_open(struct book *book, const struct monitor_options *options,
	      const struct host_facts *facts, struct why *why)
{
	int r;

	if (options->book == BOOK_KERNEL)
		return open_kernel(book, options, facts, why);
	r = doctor_check(facts, why);
	if (r)
		return r;
	if (facts->host.other_pids)
		msg_error("%s; %s", PID_NS_FACT, PID_NS_ADVICE);
	return observer_open(&book->observer, &options->observe, &facts->btf,
			     why);
}

/* Report the mode if it has changed since it was last reported. */
static void say_mode(struct book *book)
{
	const uint32_t mode = kernel_book_mode(book->kernel);

	if (mode == book->mode || book->quiet)
		return;
	book->mode = mode;
	if (mode == EXIT_FILE_OFF)
		msg_error(
			"KVM does not count any more (kvm.exit_stats is 0): the numbers stand still until it counts again");
	else
		msg_error("KVM's own book has mode %u now (kvm.exit_stats)",
			  mode);
}

void book_terminal_is_free(struct book *book)
{
	book->quiet = false;
	if (book->kernel)
		say_mode(book);
}

static int collect(void *context, struct ledger *interval, struct ledger *total)
{
	struct book *book = context;
	int r;

	if (book->observer)
		return observer_collect(book->observer, interval, total);
	r = kernel_book_collect(book->kernel, interval, total);
	book->collected_ns = clock_now_ns();
	if (!r)
		say_mode(book);
	return r;
}

static int end_total(void *context, struct ledger *interval,
		     struct ledger *total)
{
	struct book *book = context;

	if (book->observer)
		return observer_total(book->observer, interval, total);
	return kernel_book_total(book->kernel, interval, total);
}

/*
 * KVM's book of a VM disappears when the VM ends.  Looking for new VMs costs as
 * much as collecting, so collect every LOOK_NS instead.
 */
static bool has_news(void *context)
{
	struct book *book = context;

	if (book->observer)
		return observer_has_news(book->observer);
	return clock_now_ns() - book->collected_ns >= LOOK_NS;
}

struct monitor_source book_source(struct book *book)
{
	return (struct monitor_source){ book, collect, end_total, has_news };
}

void book_title(const struct book *book, const struct host *host, char *title,
		size_t size)
{
	char of[64];

	if (book->observer)
		snprintf(of, sizeof(of), "BPF: %s",
			 attach_name(observer_attach(book->observer)));
	else
		snprintf(of, sizeof(of), "KVM's own book, mode %u", book->mode);
	snprintf(title, size, "Linux %.64s, %s, %s%s",
		 safe_text(host->kernel).s, host->vendor, of,
		 host->other_pids ? ", other PID namespace" : "");
}

void book_describe(const struct book *book, struct run_info *info)
{
	if (book->observer) {
		snprintf(info->attach, sizeof(info->attach), "%s",
			 attach_name(observer_attach(book->observer)));
		info->guest_marks = observer_sees_marks(book->observer);
		return;
	}
	info->kernel_book = true;
	info->kernel_mode = book->mode;
}

void book_explain(const struct book *book, struct why *why)
{
	if (book->kernel && kernel_book_why(book->kernel)->text[0])
		*why = *kernel_book_why(book->kernel);
}

void book_close(struct book *book)
{
	observer_close(book->observer);
	kernel_book_close(book->kernel);
}
