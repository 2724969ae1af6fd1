// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "host/render_doctor.h"
#include "ledger/reasons.h"
#include "lib/json_writer.h"
#include "lib/safe_text.h"
#include "lib/wrap.h"

#define INDENT 21

/* Write untrusted text, wrapped, from column INDENT on. */
static void wrap(const char *raw, FILE *out)
{
	wrap_text(safe_text(raw).s, INDENT, out);
}

static void render_finding(const struct doctor_finding *finding, bool colour,
			   FILE *out)
{
	static const char *const colours[] = {
		[DOCTOR_OK] = "\033[32m",
		[DOCTOR_WARNING] = "\033[33m",
		[DOCTOR_MISSING] = "\033[31m",
		[DOCTOR_UNKNOWN] = "\033[36m",
	};
	char advice[sizeof(finding->advice) + 3];

	fprintf(out, "%s%-8s%s %-11s ", colour ? colours[finding->state] : "",
		doctor_state_name(finding->state), colour ? "\033[0m" : "",
		finding->name);
	wrap(finding->fact, out);
	if (!finding->advice[0])
		return;
	snprintf(advice, sizeof(advice), "-> %s", finding->advice);
	fprintf(out, "%*s", INDENT, "");
	wrap(advice, out);
}

static void render_vms(const struct vm_list *vms, FILE *out)
{
	char line[LEDGER_NAME + 64];

	for (size_t i = 0; i < vms->nr; i++) {
		const struct vm_process *vm = &vms->vm[i];

		snprintf(line, sizeof(line), "%s, pid %u, %u vCPU%s", vm->name,
			 vm->pid, vm->vcpus, vm->vcpus == 1 ? "" : "s");
		fprintf(out, "%*s", INDENT, "");
		wrap(line, out);
	}
}

void render_doctor_text(const struct diagnosis *diagnosis,
			const struct host_facts *facts, bool colour, FILE *out)
{
	unsigned int missing = 0;

	for (size_t i = 0; i < diagnosis->nr; i++) {
		render_finding(&diagnosis->finding[i], colour, out);
		missing += diagnosis->finding[i].state == DOCTOR_MISSING;
	}
	render_vms(&facts->vms, out);
	if (missing)
		fprintf(out,
			"\nexitledger monitor cannot run here: %u thing%s missing\n",
			missing, missing == 1 ? " is" : "s are");
	else
		fprintf(out,
			"\nexitledger monitor can run here, exitledger compare can%s\n",
			diagnosis->can_compare ? " too" : "not");
}

static void put_findings(struct json_writer *json,
			 const struct diagnosis *diagnosis)
{
	json_put_open(json, "findings", '[');
	for (size_t i = 0; i < diagnosis->nr; i++) {
		const struct doctor_finding *finding = &diagnosis->finding[i];

		json_put_open(json, NULL, '{');
		json_put_text(json, "name", finding->name);
		json_put_text(json, "state", doctor_state_name(finding->state));
		json_put_text(json, "fact", finding->fact);
		if (finding->advice[0])
			json_put_text(json, "advice", finding->advice);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

/* Write true, false, or null if the probe was not tried. */
static void put_probe(struct json_writer *json, const char *name,
		      const struct probe *probe)
{
	if (probe->tried)
		json_put_bool(json, name, !probe->error);
	else
		json_put_null(json, name);
}

static void put_probes(struct json_writer *json,
		       const struct attach_probes *probes)
{
	json_put_open(json, "attach", '{');
	put_probe(json, "tp_btf", &probes->tp_btf);
	put_probe(json, "raw_tp", &probes->raw_tp);
	put_probe(json, "tp", &probes->tp);
	put_probe(json, "vcpu_end", &probes->vcpu_end);
	json_put_close(json, '}');
}

static void put_host(struct json_writer *json, const struct host_facts *facts)
{
	static const char *const lockdown[] = {
		[LOCKDOWN_NONE] = "none",
		[LOCKDOWN_INTEGRITY] = "integrity",
		[LOCKDOWN_CONFIDENTIALITY] = "confidentiality",
	};
	const struct host *host = &facts->host;

	json_put_open(json, "host", '{');
	json_put_text(json, "kernel", host->kernel);
	json_put_text_or_null(json, "hypervisor", host->hypervisor);
	json_put_text_or_null(json, "backend",
			      host->isa ? host->vendor : facts->backend);
	json_put_text_or_null(json, "isa",
			      host->isa ? exit_isa_name(host->isa) : "");
	json_put_text(json, "kvm_exit_args",
		      kvm_exit_args_name(facts->btf.exit_args));
	json_put_bool(json, "bpf_rdonly_cast", facts->btf.rdonly_cast);
	json_put_text(json, "lockdown", lockdown[facts->lockdown]);
	if (host->exit_stats != HOST_UNPATCHED)
		json_put_int(json, "exit_stats", host->exit_stats);
	else
		json_put_null(json, "exit_stats");
	if (facts->leaves >= 0)
		json_put_bool(json, "exit_stats_leaves", facts->leaves);
	else
		json_put_null(json, "exit_stats_leaves");
	json_put_bool(json, "host_pids", !host->other_pids);
	json_put_close(json, '}');
}

static void put_vms(struct json_writer *json, const struct vm_list *vms)
{
	json_put_open(json, "vms", '[');
	for (size_t i = 0; i < vms->nr; i++) {
		json_put_open(json, NULL, '{');
		json_put_uint(json, "pid", vms->vm[i].pid);
		json_put_text(json, "name", vms->vm[i].name);
		json_put_uint(json, "vcpus", vms->vm[i].vcpus);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

void render_doctor_json(const struct diagnosis *diagnosis,
			const struct host_facts *facts, FILE *out)
{
	struct json_writer json = { .out = out, .escape_letters = true };

	json_put_open(&json, NULL, '{');
	json_put_text(&json, "format", "exitledger-doctor");
	json_put_uint(&json, "version", 1);
	json_put_bool(&json, "can_monitor", diagnosis->can_monitor);
	json_put_bool(&json, "can_compare", diagnosis->can_compare);
	put_host(&json, facts);
	put_probes(&json, &facts->probes);
	put_findings(&json, diagnosis);
	put_vms(&json, &facts->vms);
	json_put_uint(&json, "processes_unseen", facts->vms.unseen);
	json_put_close(&json, '}');
	putc('\n', out);
}
