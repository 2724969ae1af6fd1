/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes BTF with those of KVM's types that a test needs. */
#ifndef EXITLEDGER_FAKE_BTF_H
#define EXITLEDGER_FAKE_BTF_H

#include <bpf/btf.h>
#include <check.h>
#include <stdio.h>

/*
 * The numbers of the types that make_btf() makes: an int, a pointer to void, a
 * struct kvm_vcpu, and a pointer to that struct.
 */
enum { T_INT = 1, T_VOID_P, T_VCPU, T_VCPU_P };

static inline struct btf *make_btf(void)
{
	struct btf *btf = btf__new_empty();

	ck_assert_ptr_nonnull(btf);
	ck_assert_int_eq(btf__add_int(btf, "unsigned int", 4, 0), T_INT);
	ck_assert_int_eq(btf__add_ptr(btf, 0), T_VOID_P);
	ck_assert_int_eq(btf__add_struct(btf, "kvm_vcpu", 8), T_VCPU);
	ck_assert_int_eq(btf__add_ptr(btf, T_VCPU), T_VCPU_P);
	return btf;
}

/*
 * Add the type that DEFINE_EVENT() makes:
 * typedef void (*btf_trace_NAME)(void *, …)
 */
static inline void add_tracepoint(struct btf *btf, const char *name,
				  const int *params, int nr)
{
	char type[64];
	int id;

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	id = btf__add_func_proto(btf, 0);
	ck_assert_int_gt(id, 0);
	for (int i = 0; i < nr; i++)
		ck_assert_int_eq(btf__add_func_param(btf, "", params[i]), 0);
	id = btf__add_ptr(btf, id);
	ck_assert_int_gt(btf__add_typedef(btf, type, id), 0);
}

/* Add a function without parameters; libbpf requires a prototype. */
static inline void add_function(struct btf *btf, const char *name)
{
	int proto = btf__add_func_proto(btf, T_INT);

	ck_assert_int_gt(proto, 0);
	ck_assert_int_gt(btf__add_func(btf, name, BTF_FUNC_STATIC, proto), 0);
}

#endif /* EXITLEDGER_FAKE_BTF_H */
