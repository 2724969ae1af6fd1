// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "host/kvm_btf.h"
#include "host/module.h"

static struct btf *read_btf(const char *root, const char *name,
			    struct btf *base)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/sys/kernel/btf/%s", root, name);
	/* Loading BTF by the module's name would need CAP_SYS_ADMIN. */
	return base ? btf__parse_split(path, base) : btf__parse(path, NULL);
}

void kvm_btf_open(const char *root, const char *vendor, struct kvm_btf *btf)
{
	/* Silence libbpf's warnings of missing files: NULL tells enough. */
	libbpf_print_fn_t print = libbpf_set_print(NULL);

	memset(btf, 0, sizeof(*btf));
	btf->vmlinux = read_btf(root, "vmlinux", NULL);
	if (btf->vmlinux) {
		btf->kvm = read_btf(root, "kvm", btf->vmlinux);
		if (vendor[0])
			btf->vendor = read_btf(root, vendor, btf->vmlinux);
		btf->has_kvm = btf->kvm || module_built_in(root, "kvm");
		btf->has_vendor = btf->vendor ||
				  (vendor[0] && module_built_in(root, vendor));
	}
	libbpf_set_print(print);
}

void kvm_btf_close(struct kvm_btf *btf)
{
	btf__free(btf->vendor);
	btf__free(btf->kvm);
	btf__free(btf->vmlinux);
	memset(btf, 0, sizeof(*btf));
}

/* Find a type: returns the BTF that has it, and sets the type's id.  The BTF of
 * a module contains the kernel's types, too. */
static const struct btf *find(const struct kvm_btf *btf, const char *name,
			      uint32_t kind, int *id)
{
	const struct btf *in[] = { btf->kvm, btf->vmlinux };

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
static const struct btf *find_tracepoint(const struct kvm_btf *btf,
					 const char *name, int *id)
{
	char type[128];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return find(btf, type, BTF_KIND_TYPEDEF, id);
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

enum kvm_exit_args kvm_btf_exit_args(const struct kvm_btf *btf)
{
	const struct btf_param *param;
	const struct btf_type *type;
	const struct btf *in;
	int id;

	in = find_tracepoint(btf, "kvm_exit", &id);
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
	return btf->has_kvm && btf->has_vendor ? kvm_btf_exit_args(btf) :
						 KVM_EXIT_ARGS_UNKNOWN;
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

bool kvm_btf_has_tracepoint(const struct kvm_btf *btf, const char *name)
{
	int id;

	return find_tracepoint(btf, name, &id) != NULL;
}

bool kvm_btf_has_function(const struct kvm_btf *btf, const char *name)
{
	int id;

	return find(btf, name, BTF_KIND_FUNC, &id) != NULL;
}

bool kvm_btf_has_kfunc(const struct kvm_btf *btf, const char *name)
{
	return btf->vmlinux &&
	       btf__find_by_name_kind(btf->vmlinux, name, BTF_KIND_FUNC) > 0;
}

bool kvm_btf_has_variable(const struct kvm_btf *btf, const char *name)
{
	return btf->vendor &&
	       btf__find_by_name_kind(btf->vendor, name, BTF_KIND_VAR) > 0;
}
