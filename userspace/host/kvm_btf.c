// SPDX-License-Identifier: GPL-2.0-only
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
	/* Silence libbpf's warnings of missing files: NULL tells enough. */
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

/* Find a type: returns the BTF that has it, and sets the type's id.  The BTF of
 * a module contains the kernel's types, too. */
static const struct btf *find(const struct types *types, const char *name,
			      uint32_t kind, int *id)
{
	const struct btf *in[] = { types->kvm, types->vmlinux };

	for (size_t i = 0; i < 2; i++) {
		if (!in[i])
			continue;
		*id = btf__find_by_name_kind(in[i], name, kind);
		if (*id > 0)
			return in[i];
	}
	return NULL;
}

/* Find the prototype of a tracepoint: the kernel's type btf_trace_NAME. */
static const struct btf *find_tracepoint(const struct types *types,
					 const char *name, int *id)
{
	char type[128];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return find(types, type, BTF_KIND_TYPEDEF, id);
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

static enum kvm_exit_args exit_args(const struct types *types)
{
	const struct btf_param *param;
	const struct btf_type *type;
	const struct btf *in;
	int id;

	in = find_tracepoint(types, "kvm_exit", &id);
	type = in ? skip_names(in, id) : NULL;
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

static bool has_tracepoint(const struct types *types, const char *name)
{
	int id;

	return find_tracepoint(types, name, &id) != NULL;
}

static bool has(const struct btf *btf, const char *name, uint32_t kind)
{
	return btf && btf__find_by_name_kind(btf, name, kind) > 0;
}

void kvm_btf_read(const char *root, const char *vendor, struct kvm_btf *btf)
{
	struct types types;
	int id;

	open_types(root, vendor, &types);
	*btf = (struct kvm_btf){
		.vmlinux = types.vmlinux,
		.kvm = types.vmlinux &&
		       (types.kvm || module_built_in(root, "kvm")),
		.vendor = types.vmlinux && vendor[0] &&
			  (types.vendor || module_built_in(root, vendor)),
		.kvm_exit = has_tracepoint(&types, "kvm_exit"),
		.kvm_entry = has_tracepoint(&types, "kvm_entry"),
		.kvm_cpuid = has_tracepoint(&types, "kvm_cpuid"),
		.exit_args = exit_args(&types),
		.vcpu_destroy = find(&types, "kvm_arch_vcpu_destroy",
				     BTF_KIND_FUNC, &id),
		.rdonly_cast =
			has(types.vmlinux, "bpf_rdonly_cast", BTF_KIND_FUNC),
		.bpf_of_61 = has(types.vmlinux, "bpf_ktime_get_tai_ns",
				 BTF_KIND_FUNC),
		.svm_data = has(types.vendor, "svm_data", BTF_KIND_VAR),
	};
	close_types(&types);
}
