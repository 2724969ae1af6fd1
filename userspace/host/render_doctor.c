// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "host/render_doctor.h"
#include "ledger/reasons.h"
#include "lib/json_save.h"
#include "lib/safe_text.h"
#include "lib/wrap.h"

#define INDENT 21

/* Text from column INDENT on, which others may have written. */
static void wrap(const char *raw, FILE *out)
{
	wrap_text(safe_text(raw).s, INDENT, out);
}

static void render_finding(const struct finding *finding, bool colour,
			   FILE *out)
{
	static const char *const colours[] = {
		[FINDING_OK] = "\033[32m",
		[FINDING_WARNING] = "\033[33m",
		[FINDING_MISSING] = "\033[31m",
		[FINDING_UNKNOWN] = "\033[36m",
	};
	char advice[sizeof(finding->advice) + 3];

	fprintf(out, "%s%-8s%s %-11s ", colour ? colours[finding->state] : "",
		finding_state_name(finding->state), colour ? "\033[0m" : "",
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
		missing += diagnosis->finding[i].state == FINDING_MISSING;
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

static json_t *finding_json(const struct finding *finding)
{
	return json_pack("{s:s,s:s,s:o,s:o*}", "name", finding->name, "state",
			 finding_state_name(finding->state), "fact",
			 json_text(finding->fact), "advice",
			 finding->advice[0] ? json_text(finding->advice) :
					      NULL);
}

/* true, false, or null: not tried */
static json_t *probe_json(const struct probe *probe)
{
	return probe->tried ? json_boolean(!probe->error) : json_null();
}

static json_t *host_json(const struct host_facts *facts)
{
	static const char *const lockdown[] = {
		[LOCKDOWN_NONE] = "none",
		[LOCKDOWN_INTEGRITY] = "integrity",
		[LOCKDOWN_CONFIDENTIALITY] = "confidentiality",
	};
	const struct host *host = &facts->host;
	bool patched = host->exit_stats != HOST_UNPATCHED;

	return json_pack(
		"{s:o,s:o,s:o,s:s?,s:s,s:b,s:s,s:o,s:o,s:b}", "kernel",
		json_text(host->kernel), "hypervisor",
		json_text_or_null(host->hypervisor), "backend",
		json_text_or_null(host->isa ? host->vendor : facts->backend),
		"isa", host->isa ? exit_isa_name(host->isa) : NULL,
		"kvm_exit_args", kvm_exit_args_name(facts->exit_args),
		"bpf_rdonly_cast", facts->rdonly_cast, "lockdown",
		lockdown[facts->lockdown], "exit_stats",
		patched ? json_integer(host->exit_stats) : json_null(),
		"exit_stats_leaves",
		facts->leaves >= 0 ? json_boolean(facts->leaves) : json_null(),
		"host_pids", !host->other_pids);
}

json_t *render_doctor_json(const struct diagnosis *diagnosis,
			   const struct host_facts *facts)
{
	json_t *findings = json_array(), *vms = json_array();

	for (size_t i = 0; i < diagnosis->nr; i++)
		json_array_append_new(findings,
				      finding_json(&diagnosis->finding[i]));
	for (size_t i = 0; i < facts->vms.nr; i++) {
		const struct vm_process *vm = &facts->vms.vm[i];

		json_array_append_new(vms,
				      json_pack("{s:I,s:o,s:I}", "pid",
						(json_int_t)vm->pid, "name",
						json_text(vm->name), "vcpus",
						(json_int_t)vm->vcpus));
	}
	return json_pack(
		"{s:s,s:i,s:b,s:b,s:o,s:{s:o,s:o,s:o,s:o},s:o,s:o,s:I}",
		"format", "exitledger-doctor", "version", 1, "can_monitor",
		diagnosis->can_monitor, "can_compare", diagnosis->can_compare,
		"host", host_json(facts), "attach", "tp_btf",
		probe_json(&facts->probes.tp_btf), "raw_tp",
		probe_json(&facts->probes.raw_tp), "tp",
		probe_json(&facts->probes.tp), "vcpu_end",
		probe_json(&facts->probes.vcpu_end), "findings", findings,
		"vms", vms, "processes_unseen", (json_int_t)facts->vms.unseen);
}
