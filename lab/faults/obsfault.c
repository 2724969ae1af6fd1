// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: obsfault FAULT COMMAND [ARGUMENT...]
 *
 * Makes the running observer count wrong while COMMAND runs, for tests.  FAULT
 * is a mistake of observer_faults.def.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "ledger/isa.h"
#include "obsfault.h"
#include "records.h"

#include "obsfault.skel.h"

enum { STATUS_FAILED = 1, STATUS_USAGE = 64 };

#define FAULT(id, name, what) [FAULT_##id] = (name),
static const char *const names[NR_FAULTS] = {
#include "observer_faults.def"
};
#undef FAULT

static int fail(const char *what)
{
	fprintf(stderr, "obsfault: %s: %s\n", what, strerror(errno));
	return STATUS_FAILED;
}

static int fault_of(const char *name)
{
	for (int i = 0; i < NR_FAULTS; i++) {
		if (!strcmp(names[i], name))
			return i;
	}
	return -1;
}

/* Find the newest map with a name; returns a descriptor, or -1 if there is
 * none. */
static int find_map(const char *name, struct bpf_map_info *info)
{
	int found = -1;

	for (__u32 id = 0; !bpf_map_get_next_id(id, &id);) {
		struct bpf_map_info this = { 0 };
		__u32 size = sizeof(this);
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &this, &size) ||
		    strcmp(this.name, name)) {
			close(fd);
			continue;
		}
		close(found);
		found = fd;
		*info = this;
	}
	return found;
}

/* Returns the offset of a variable in an object's .bss, or -1 if there is no
 * variable with this name. */
static long variable_at(const struct bpf_map_info *bss, const char *name)
{
	struct btf *btf = btf__load_from_kernel_by_id(bss->btf_id);
	const struct btf_var_secinfo *variable;
	const struct btf_type *section;
	long at = -1;

	if (!btf)
		return -1;
	section = btf__type_by_id(btf, bss->btf_value_type_id);
	variable = btf_var_secinfos(section);
	for (int i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *type =
			btf__type_by_id(btf, variable[i].type);

		if (!strcmp(btf__name_by_offset(btf, type->name_off), name))
			at = variable[i].offset;
	}
	btf__free(btf);
	return at;
}

/* Mark each free slot as taken, so that a new vCPU finds none. */
static int take_all_slots(int bss, const struct bpf_map_info *info, long at)
{
	struct obs_slot *slot;
	char *memory;

	memory = mmap(NULL, info->value_size, PROT_READ | PROT_WRITE,
		      MAP_SHARED, bss, 0);
	if (memory == MAP_FAILED)
		return -1;
	slot = (struct obs_slot *)(memory + at);
	for (size_t i = 0; i < OBS_SLOTS; i++) {
		if (!slot[i].vcpu)
			slot[i].vcpu = ~0ull;
	}
	return munmap(memory, info->value_size);
}

/* Attach the programs.  They stay attached when this process executes COMMAND. */
static int attach(struct obsfault_bpf *bpf)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, bpf->obj) {
		struct bpf_link *link = bpf_program__attach(program);

		if (!link || fcntl(bpf_link__fd(link), F_SETFD, 0))
			return -1;
	}
	return 0;
}

/* Returns the ISA whose module of KVM is loaded, or NULL. */
static const struct isa *isa_here(void)
{
	char path[64];

	for (size_t i = 0; isa_table[i]; i++) {
		snprintf(path, sizeof(path), "/sys/module/%s",
			 isa_table[i]->module);
		if (!access(path, F_OK))
			return isa_table[i];
	}
	return NULL;
}

static int make_wrong(enum fault fault)
{
	struct bpf_map_info info = { 0 }, vms_info;
	int bss = find_map("observer.bss", &info);
	int vms = find_map("vms", &vms_info);
	const struct isa *isa;
	struct obsfault_bpf *bpf;
	long at;

	if (bss < 0 || vms < 0)
		return fail("no observer runs");
	at = variable_at(&info, "slots");
	if (at < 0)
		return fail("the observer's slots");
	bpf = obsfault_bpf__open();
	if (!bpf || bpf_map__reuse_fd(bpf->maps.observer_bss, bss) ||
	    bpf_map__reuse_fd(bpf->maps.vms, vms))
		return fail("the observer's maps");
	bpf->rodata->fault = fault;
	bpf->rodata->slots_at = at;
	isa = isa_here();
	if (!isa)
		return fail("no module of KVM");
	bpf->rodata->isa = isa->id;
	memcpy((void *)&bpf->rodata->roles, &isa->roles, sizeof(isa->roles));
	if (obsfault_bpf__load(bpf) || attach(bpf))
		return fail("cannot load the BPF programs");
	if (fault == FAULT_NO_SLOT && take_all_slots(bss, &info, at))
		return fail("the observer's slots");
	return 0;
}

int main(int argc, char **argv)
{
	int fault = argc > 2 ? fault_of(argv[1]) : -1;

	if (fault < 0) {
		fprintf(stderr,
			"usage: obsfault FAULT COMMAND [ARGUMENT...]\n");
		return STATUS_USAGE;
	}
	if (make_wrong(fault))
		return STATUS_FAILED;
	execvp(argv[2], argv + 2);
	return fail(argv[2]);
}
