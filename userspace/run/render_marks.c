// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "run/render_marks.h"
#include "run/replay.h"
#include "run/run_schema.h"
#include "utf8.h"

#define MARKS_SHOWN 100
#define TEXT_WIDTH 30

/* What may lie between KVM's total and BPF's sum: see struct ledger_mark. */
struct between {
	int64_t least;
	int64_t most;
};

/* How a mark's two totals compare. */
struct judged {
	bool has; /* there are two to be compared */
	int64_t difference;
	bool allowed;
};

static struct between allowed(const struct run_mark *mark)
{
	return (struct between){
		(int64_t)(mark->bpf_before - mark->bpf_exits),
		mark->vcpus ? (int64_t)mark->vcpus - 1 : 0,
	};
}

/* What is known of a VM from the marks so far. */
struct life {
	bool running; /* when the recording began … */
	const struct run_mark *base; /* … so it counts from this mark on */
};

static void live(struct life *life, const struct run_mark *mark)
{
	if (!strcmp(mark->kind, RUN_MARK_RUNNING))
		life->running = true;
	if (life->running && !life->base && mark->has_kernel)
		life->base = mark;
}

static struct judged judge(const struct run_mark *mark,
			   const struct run_mark *base)
{
	struct between may = allowed(mark);
	struct judged judged = { .has = mark->has_kernel };

	judged.difference = (int64_t)(mark->kernel_exits - mark->bpf_exits);
	if (base) {
		struct between then = allowed(base);

		judged.has &= base != mark;
		judged.difference -=
			(int64_t)(base->kernel_exits - base->bpf_exits);
		may.least -= then.most;
		may.most -= then.least;
	}
	judged.allowed = judged.difference >= may.least &&
			 judged.difference <= may.most;
	return judged;
}

static void render_row(const struct run_report *report, bool many,
		       const struct ledger_vm *vm, const struct run_mark *mark,
		       const struct judged *judged, FILE *out)
{
	double at = mark->at_ns > report->info->started_ns ?
			    (mark->at_ns - report->info->started_ns) / 1e9 :
			    0;
	bool reset = !strcmp(mark->kind, RUN_MARK_RESET);
	char text[160];

	snprintf(text, sizeof(text), "%s%s%s",
		 many || reset ? format_name(vm->name).s : "",
		 many || reset ? ": " : "",
		 reset ? "reset" : format_name(mark->text).s);
	text[utf8_cut(text, TEXT_WIDTH)] = '\0';
	fprintf(out, "%9s  %-*s %14s %14s %6s%s\n", format_decimal(at, 2).s,
		(int)(TEXT_WIDTH + strlen(text) - utf8_characters(text)), text,
		mark->has_kernel ? format_count(mark->kernel_exits).s : "-",
		format_count(mark->bpf_exits).s,
		judged->has ? format_difference(judged->difference).s : "-",
		judged->has && !judged->allowed ? " !" : "");
}

struct tally {
	size_t shown, more;
	size_t judged, exact, wrong;
	bool late; /* there is one of a VM that was running before */
};

static void say(const struct tally *tally, FILE *out)
{
	if (tally->more)
		fprintf(out, "and %zu more\n", tally->more);
	if (tally->wrong)
		fprintf(out,
			"books    %zu of %zu totals (!) are not what BPF counted\n",
			tally->wrong, tally->judged);
	else if (tally->judged)
		fprintf(out,
			"books    KVM's total is what BPF counted: at %zu of %zu marks exactly%s\n",
			tally->exact, tally->judged,
			tally->exact < tally->judged ?
				",\n         at the others within their vCPUs' exits meanwhile" :
				"");
	if (tally->late)
		fputs("         of VMs that were running before: since their first mark\n",
		      out);
}

static void add(const struct run_report *report, const struct ledger_vm *vm,
		const struct run_mark *mark, const struct run_mark *base,
		struct tally *tally, FILE *out)
{
	struct judged judged = judge(mark, base);

	tally->judged += judged.has;
	tally->exact += judged.has && !judged.difference;
	tally->wrong += judged.has && !judged.allowed;
	tally->late |= judged.has && base;
	if (tally->shown == MARKS_SHOWN) {
		tally->more++;
		return;
	}
	if (!tally->shown++)
		fprintf(out, "\n%9s  %-*s %14s %14s %6s\n", "SECONDS",
			TEXT_WIDTH, "MARK", "KVM'S TOTAL", "BPF'S TOTAL",
			"DIFF");
	render_row(report, report->vms->nr_vms > 1, vm, mark, &judged, out);
}

int render_marks(const struct run_report *report, const struct filter *filter,
		 FILE *out)
{
	const struct run_marks *marks = report->marks;
	const struct ledger *vms = report->vms;
	struct life *lives = calloc(vms->nr_vms + 1, sizeof(*lives));
	struct tally tally = { .shown = 0 };

	if (!lives)
		return -ENOMEM;
	for (size_t i = 0; i < marks->nr; i++) {
		const struct run_mark *mark = &marks->mark[i];
		const struct ledger_vm *vm = ledger_find_vm(vms, mark->vm);
		struct life *life = vm ? &lives[vm - vms->vm] : NULL;

		if (!vm || !filter_has_vm(filter, vm))
			continue;
		live(life, mark);
		if (mark->has_exits)
			add(report, vm, mark, life->base, &tally, out);
	}
	free(lives);
	say(&tally, out);
	return 0;
}
