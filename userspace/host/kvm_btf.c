// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "host/kvm_btf.h"
#include "host/module.h"

/* BTF of the kernel and of KVM's modules, each NULL where there is none. */
struct types {
	struct btf *vmlinux;
	struct btf *kvm; /* NULL if KVM is built in: @vmlinux has its types */
	struct btf *vendor; /* the same for kvm_amd or kvm_intel */
};

static struct btf *read_btf(const char *root, const char *name,
			    struct btf *base)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/sys/kernel/btf/%s", root, name);
	/* Loading BTF by the module's name would need CAP_SYS_ADMIN. */
	return base ? btf__parse_split(path, base) : btf__parse(path, NULL);
}

static void open_types(const char *root, const char *vendor,
		       struct types *types)
{
	/* Silence libbpf's warnings about missing files: read_btf() returns
	 * NULL for them, which is enough. */
	libbpf_print_fn_t print = libbpf_set_print(NULL);

	memset(types, 0, sizeof(*types));
	types->vmlinux = read_btf(root, "vmlinux", NULL);
	if (types->vmlinux) {
		types->kvm = read_btf(root, "kvm", types->vmlinux);
		if (vendor[0])
			types->vendor = read_btf(root, vendor, types->vmlinux);
	}
	libbpf_set_print(print);
}

static void close_types(struct types *types)
{
	btf__free(types->vendor);
	btf__free(types->kvm);
	btf__free(types->vmlinux);
}

static const struct btf_type *skip_names(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_typedef(type) || btf_is_mod(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static bool is_vcpu(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = skip_names(btf, id);

	if (!type || !btf_is_ptr(type))
		return false;
	type = skip_names(btf, type->type);
	return type && (btf_is_struct(type) || btf_is_fwd(type)) &&
	       !strcmp(btf__name_by_offset(btf, type->name_off), "kvm_vcpu");
}

static bool is_u32(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = skip_names(btf, id);

	return type && btf_is_int(type) && type->size == 4;
}

/* The arguments, from the prototype of the tracepoint: btf_trace_kvm_exit. */
static enum kvm_exit_args exit_args(const struct btf *in, uint32_t id)
{
	const struct btf_type *type = skip_names(in, id);
	const struct btf_param *param;

	if (type && btf_is_ptr(type))
		type = skip_names(in, type->type);
	if (!type || !btf_is_func_proto(type))
		return KVM_EXIT_ARGS_UNKNOWN;
	/* Skip the first parameter (void *): BPF programs do not get it. */
	param = btf_params(type);
	if (btf_vlen(type) == 3 && is_vcpu(in, param[1].type) &&
	    is_u32(in, param[2].type))
		return KVM_EXIT_VCPU_ISA;
	if (btf_vlen(type) == 4 && is_u32(in, param[1].type) &&
	    is_vcpu(in, param[2].type) && is_u32(in, param[3].type))
		return KVM_EXIT_REASON_VCPU_ISA;
	return KVM_EXIT_ARGS_UNKNOWN;
}

enum kvm_exit_args kvm_btf_usable_args(const struct kvm_btf *btf)
{
	return btf->kvm && btf->vendor ? btf->exit_args : KVM_EXIT_ARGS_UNKNOWN;
}

const char *kvm_exit_args_name(enum kvm_exit_args args)
{
	switch (args) {
	case KVM_EXIT_VCPU_ISA:
		return "(vcpu, isa)";
	case KVM_EXIT_REASON_VCPU_ISA:
		return "(exit_reason, vcpu, isa)";
	case KVM_EXIT_ARGS_UNKNOWN:
		break;
	}
	return "unknown";
}

/*
 * The BTF in which a name is looked for.  If KVM is built in, its types are in
 * the kernel's BTF.
 */
enum place {
	IN_VMLINUX = 1,
	IN_KVM = 2,
	IN_VENDOR = 4,
};

static const struct wanted {
	const char *name;
	uint16_t kind;
	uint16_t places;
	size_t found; /* the offset of the answer in struct kvm_btf */
} wanted[] = {
#define WANTED(name, kind, places, found)                                      \
	{                                                                      \
		name, BTF_KIND_##kind, places, offsetof(struct kvm_btf, found) \
	}
#define TRACEPOINT(name) \
	WANTED("btf_trace_" #name, TYPEDEF, IN_VMLINUX | IN_KVM, name)
	TRACEPOINT(kvm_exit),
	TRACEPOINT(kvm_entry),
	TRACEPOINT(kvm_cpuid),
	WANTED("kvm_arch_vcpu_destroy", FUNC, IN_VMLINUX | IN_KVM,
	       vcpu_destroy),
	WANTED("bpf_rdonly_cast", FUNC, IN_VMLINUX, rdonly_cast),
	WANTED("bpf_ktime_get_tai_ns", FUNC, IN_VMLINUX, bpf_of_61),
	WANTED("svm_data", VAR, IN_VENDOR, svm_data),
};

#define NR_WANTED (sizeof(wanted) / sizeof(wanted[0]))

static const struct wanted *find(const char *name, uint16_t kind,
				 enum place place)
{
	for (size_t i = 0; i < NR_WANTED; i++) {
		const struct wanted *row = &wanted[i];

		/* Nearly all names differ in the first character. */
		if (row->name[0] == name[0] && row->kind == kind &&
		    row->places & place && !strcmp(row->name, name))
			return row;
	}
	return NULL;
}

/*
 * Look at each type once, as the kernel has more than 100,000.  Of several
 * types with a name and a kind, the first counts.
 * @base: its types are left out, though @types has them, too; NULL: there is
 *	none
 */
static void look_in(const struct btf *types, const struct btf *base,
		    enum place place, struct kvm_btf *btf)
{
	const uint32_t end = types ? btf__type_cnt(types) : 0;

	for (uint32_t id = base ? btf__type_cnt(base) : 1; id < end; id++) {
		const struct btf_type *type = btf__type_by_id(types, id);
		const uint16_t kind = btf_kind(type);
		const struct wanted *row;
		const char *name;
		bool *found;

		if (kind != BTF_KIND_FUNC && kind != BTF_KIND_TYPEDEF &&
		    kind != BTF_KIND_VAR)
			continue;
		name = btf__name_by_offset(types, type->name_off);
		row = name ? find(name, kind, place) : NULL;
		if (!row)
			continue;
		found = (bool *)((char *)btf + row->found);
		if (found == &btf->kvm_exit && !*found)
			btf->exit_args = exit_args(types, id);
		*found = true;
	}
}

void kvm_btf_read(const char *root, const char *vendor, struct kvm_btf *btf)
{
	struct types types;

	open_types(root, vendor, &types);
	*btf = (struct kvm_btf){
		.vmlinux = types.vmlinux,
		.kvm = types.vmlinux &&
		       (types.kvm || module_built_in(root, "kvm")),
		.vendor = types.vmlinux && vendor[0] &&
			  (types.vendor || module_built_in(root, vendor)),
	};
	look_in(types.vmlinux, NULL, IN_VMLINUX, btf);
	look_in(types.kvm, types.vmlinux, IN_KVM, btf);
	look_in(types.vendor, types.vmlinux, IN_VENDOR, btf);
	close_types(&types);
}
