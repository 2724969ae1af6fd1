// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include <bpf/libbpf.h>

#include "observe/attach_probe.h"

#include "doctor.skel.h"

/* Load one program of the object, and attach it if that is asked for too. */
static struct probe try_program(const char *name, bool attach)
{
	struct probe probe = { .tried = true };
	struct bpf_program *program;
	struct bpf_link *link;
	struct doctor_bpf *bpf;

	bpf = doctor_bpf__open();
	if (!bpf) {
		probe.error = errno;
		return probe;
	}
	program = bpf_object__find_program_by_name(bpf->obj, name);
	if (!program) {
		probe.error = ENOENT;
		goto out;
	}
	bpf_program__set_autoload(program, true);
	if (doctor_bpf__load(bpf)) {
		probe.error = errno;
		goto out;
	}
	if (!attach)
		goto out;
	link = bpf_program__attach(program);
	if (!link)
		probe.error = errno;
	bpf_link__destroy(link);
out:
	doctor_bpf__destroy(bpf);
	return probe;
}

void attach_probe(struct attach_probes *probes)
{
	libbpf_print_fn_t print = libbpf_set_print(NULL);

	probes->tp_btf = try_program("tp_btf", true);
	probes->raw_tp = try_program("raw_tp", true);
	probes->tp = try_program("tp", true);
	probes->vcpu_end = try_program("vcpu_end", true);
	probes->read_kernel = try_program("read_kernel", false);
	libbpf_set_print(print);
}
