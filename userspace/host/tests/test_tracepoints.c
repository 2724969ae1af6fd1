// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of KVM's tracepoints: their records, from texts of tracefs (those
 * of 6.1 and 6.12 are the kernels' own), and their arguments, from made-up BTF.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/kvm_btf.h"
#include "host/tracepoints.h"
#include "tests/fake_btf.h"
#include "tests/fake_root.h"
#include "tests/tap.h"

#define DATA "tests/data/"

static char format[65536];

static const char *load(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t n;

	ck_assert_msg(file, "%s: %s", path, strerror(errno));
	n = fread(format, 1, sizeof(format) - 1, file);
	format[n] = '\0';
	fclose(file);
	return format;
}

static void field_is(const struct record_field *field, unsigned int offset,
		     unsigned int size)
{
	ck_assert_uint_eq(field->offset, offset);
	ck_assert_uint_eq(field->size, size);
	ck_assert(!field->is_signed);
}

static const struct {
	const char *dir;
	unsigned int exit, entry, cpuid;
} kernels[] = {
	{ DATA "tracepoints-5.15/", 1630, 1640, 1632 },
	{ DATA "tracepoints-6.1/", 1419, 1428, 1421 },
	{ DATA "tracepoints-6.12/", 1577, 1586, 1579 },
};

START_TEST(records)
{
	struct entry_record entry;
	struct cpuid_record cpuid;
	struct exit_record exit;
	char path[128];

	snprintf(path, sizeof(path), "%skvm_exit", kernels[_i].dir);
	ck_assert_int_eq(exit_record_parse(load(path), &exit, NULL), 0);
	ck_assert_uint_eq(exit.id, kernels[_i].exit);
	field_is(&exit.exit_reason, 8, 4);
	field_is(&exit.isa, 24, 4);
	field_is(&exit.info1, 32, 8);
	field_is(&exit.vcpu_id, 56, 4);
	snprintf(path, sizeof(path), "%skvm_entry", kernels[_i].dir);
	ck_assert_int_eq(entry_record_parse(load(path), &entry, NULL), 0);
	ck_assert_uint_eq(entry.id, kernels[_i].entry);
	field_is(&entry.vcpu_id, 8, 4);
	snprintf(path, sizeof(path), "%skvm_cpuid", kernels[_i].dir);
	ck_assert_int_eq(cpuid_record_parse(load(path), &cpuid, NULL), 0);
	ck_assert_uint_eq(cpuid.id, kernels[_i].cpuid);
	field_is(&cpuid.function, 8, 4);
	field_is(&cpuid.index, 12, 4);
	field_is(&cpuid.rax, 16, 8);
	field_is(&cpuid.rbx, 24, 8);
	field_is(&cpuid.rcx, 32, 8);
	field_is(&cpuid.rdx, 40, 8);
	field_is(&cpuid.found, 48, 1);
}
END_TEST

#define LINE(declaration, numbers) "\tfield:" declaration ";\t" numbers "\n"

START_TEST(fields)
{
	static const struct {
		const char *format;
		int r;
		unsigned int offset, size;
		bool is_signed;
	} row[] = {
		{ LINE("u32 a", "offset:8;\tsize:4;\tsigned:0;"), 0, 8, 4,
		  false },
		{ LINE("int a", "offset:4;\tsize:4;\tsigned:1;"), 0, 4, 4,
		  true },
		/* 6.18 has more fields at the end; no order is promised */
		{ LINE("u32 b", "offset:8;\tsize:4;\tsigned:0;")
			  LINE("u64 a", "offset:16;\tsize:8;\tsigned:0;")
				  LINE("unsigned long requests",
				       "offset:24;\tsize:8;\tsigned:0;"),
		  0, 16, 8, false },
		{ LINE("const void *a", "offset:8;\tsize:8;\tsigned:0;"), 0, 8,
		  8, false },
		/* names that only contain the wanted one */
		{ LINE("u32 aa", "offset:8;\tsize:4;\tsigned:0;"),
		  .r = -ENOENT },
		{ LINE("u32 a_a", "offset:8;\tsize:4;\tsigned:0;"),
		  .r = -ENOENT },
		{ LINE("a b", "offset:8;\tsize:4;\tsigned:0;"), .r = -ENOENT },
		{ "print fmt: \"a\", REC->a\n", .r = -ENOENT },
		{ "", .r = -ENOENT },
		/* fields that are no numbers */
		{ LINE("u8 a[15]", "offset:8;\tsize:15;\tsigned:0;"),
		  .r = -EINVAL },
		{ LINE("u8 a", "offset:8;\tsize:0;\tsigned:0;"), .r = -EINVAL },
		{ LINE("u8 a", "offset:65535;\tsize:4;\tsigned:0;"),
		  .r = -EINVAL },
		{ LINE("u8 a", "offset:8;"), .r = -EINVAL },
		{ "\tfield:u32 a\n", .r = -EINVAL },
		{ "\tfield:u32 a;", .r = -EINVAL },
		{ "\tfield:", .r = -ENOENT },
	};
	struct record_field field;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_msg(record_field_find(row[i].format, "a", &field) ==
				      row[i].r,
			      "row %zu", i);
		if (row[i].r)
			continue;
		ck_assert_uint_eq(field.offset, row[i].offset);
		ck_assert_uint_eq(field.size, row[i].size);
		ck_assert(field.is_signed == row[i].is_signed);
	}
}
END_TEST

/* A record without a field is refused, and the message names the field. */
START_TEST(incomplete_records)
{
	struct exit_record record;
	struct why why = { "" };

	load(DATA "tracepoints-6.1/kvm_exit");
	memcpy(strstr(format, "u32 isa"), "u32 ias", 7);
	ck_assert_int_eq(exit_record_parse(format, &record, &why), -ENOENT);
	ck_assert_ptr_nonnull(strstr(why.text, "kvm_exit"));
	ck_assert_ptr_nonnull(strstr(why.text, "isa"));
	load(DATA "tracepoints-6.1/kvm_exit");
	memcpy(strstr(format, "ID:"), "id:", 3);
	ck_assert_int_eq(exit_record_parse(format, &record, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "ID"));
}
END_TEST

/* Read KVM's BTF from files; @module is NULL if KVM is built in. */
static struct kvm_btf read_types(const struct btf *vmlinux,
				 const struct btf *module)
{
	struct kvm_btf btf;

	root_make();
	if (vmlinux)
		root_write_btf("vmlinux", vmlinux);
	if (module)
		root_write_btf("kvm", module);
	kvm_btf_read(root, "kvm_amd", &btf);
	root_remove();
	return btf;
}

static enum kvm_exit_args args_of(const int *params, int nr)
{
	struct btf *vmlinux = make_btf();
	struct kvm_btf btf;

	add_tracepoint(vmlinux, "kvm_exit", params, nr);
	btf = read_types(vmlinux, NULL);
	btf__free(vmlinux);
	ck_assert(btf.kvm_exit);
	return btf.exit_args;
}

#define ARGS_OF(...)                          \
	args_of((const int[]){ __VA_ARGS__ }, \
		sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

START_TEST(arguments_of_kvm_exit)
{
	struct btf *other = make_btf();
	struct kvm_btf btf;

	ck_assert_int_eq(ARGS_OF(T_VOID_P, T_VCPU_P, T_INT), KVM_EXIT_VCPU_ISA);
	ck_assert_int_eq(ARGS_OF(T_VOID_P, T_INT, T_VCPU_P, T_INT),
			 KVM_EXIT_REASON_VCPU_ISA);
	/* neither of the two lists of arguments */
	ck_assert_int_eq(ARGS_OF(T_VOID_P), KVM_EXIT_ARGS_UNKNOWN);
	ck_assert_int_eq(ARGS_OF(T_VOID_P, T_INT, T_VCPU_P),
			 KVM_EXIT_ARGS_UNKNOWN);
	ck_assert_int_eq(ARGS_OF(T_VOID_P, T_VCPU_P, T_VCPU_P),
			 KVM_EXIT_ARGS_UNKNOWN);
	ck_assert_int_eq(ARGS_OF(T_VOID_P, T_VOID_P, T_INT),
			 KVM_EXIT_ARGS_UNKNOWN);
	ck_assert_int_eq(ARGS_OF(T_VOID_P, T_VCPU_P, T_INT, T_INT),
			 KVM_EXIT_ARGS_UNKNOWN);
	/* no tracepoint, no BTF */
	add_tracepoint(other, "kvm_exits", (const int[]){ T_VOID_P }, 1);
	btf = read_types(other, NULL);
	ck_assert(btf.vmlinux);
	ck_assert(!btf.kvm_exit);
	ck_assert_int_eq(btf.exit_args, KVM_EXIT_ARGS_UNKNOWN);
	btf = read_types(NULL, NULL);
	ck_assert(!btf.vmlinux);
	ck_assert_int_eq(btf.exit_args, KVM_EXIT_ARGS_UNKNOWN);
	ck_assert_str_eq(kvm_exit_args_name(KVM_EXIT_VCPU_ISA), "(vcpu, isa)");
	btf__free(other);
}
END_TEST

static void add_variable(struct btf *btf, const char *name)
{
	ck_assert_int_gt(btf__add_var(btf, name, BTF_VAR_STATIC, T_INT), 0);
}

/* If KVM is a module, its types refer to the kernel's. */
START_TEST(btf_of_modules)
{
	static const int params[] = { T_VOID_P, T_VCPU_P, T_INT };
	struct btf *base = make_btf(), *module;
	struct kvm_btf btf;

	add_function(base, "bpf_rdonly_cast");
	module = btf__new_empty_split(base);
	add_tracepoint(module, "kvm_exit", params, 3);

	/* Without the kernel's types, the module's cannot be read. */
	btf = read_types(NULL, module);
	ck_assert(!btf.vmlinux && !btf.kvm && !btf.kvm_exit);
	ck_assert(!btf.rdonly_cast);

	btf = read_types(base, module);
	ck_assert(btf.vmlinux && btf.kvm && !btf.vendor);
	ck_assert_int_eq(btf.exit_args, KVM_EXIT_VCPU_ISA);
	ck_assert_int_eq(kvm_btf_usable_args(&btf), KVM_EXIT_ARGS_UNKNOWN);
	ck_assert(btf.kvm_exit && !btf.kvm_entry && !btf.kvm_cpuid);
	ck_assert(btf.rdonly_cast && !btf.bpf_of_61);
	ck_assert(!btf.vcpu_destroy && !btf.svm_data);
	btf__free(module);
	btf__free(base);
}
END_TEST

/*
 * Each name counts only as the kind of type that is looked for, and only where
 * it is looked for.
 */
START_TEST(names_and_kinds)
{
	static const int params[] = { T_VOID_P, T_VCPU_P, T_INT };
	struct btf *base = make_btf(), *kvm, *vendor;
	struct kvm_btf btf;

	/* the right names, but wrong kinds, or in the wrong BTF */
	add_function(base, "btf_trace_kvm_entry");
	add_function(base, "svm_data");
	add_variable(base, "bpf_rdonly_cast");
	add_variable(base, "kvm_arch_vcpu_destroy");
	kvm = btf__new_empty_split(base);
	add_function(kvm, "bpf_ktime_get_tai_ns");
	add_variable(kvm, "svm_data");
	/* other names, of the same length or with more behind it */
	add_function(kvm, "kvm_arch_vcpu_destroz");
	add_tracepoint(kvm, "kvm_cpuid_", params, 1);
	/* Of two, the first counts, as in all of libbpf. */
	add_tracepoint(kvm, "kvm_exit", params, 3);
	add_tracepoint(kvm, "kvm_exit", params, 1);
	vendor = btf__new_empty_split(base);
	root_make();
	root_write_btf("vmlinux", base);
	root_write_btf("kvm", kvm);
	root_write_btf("kvm_amd", vendor);
	kvm_btf_read(root, "kvm_amd", &btf);
	ck_assert(btf.vmlinux && btf.kvm && btf.vendor);
	ck_assert(btf.kvm_exit && !btf.kvm_entry && !btf.kvm_cpuid);
	ck_assert_int_eq(kvm_btf_usable_args(&btf), KVM_EXIT_VCPU_ISA);
	ck_assert(!btf.vcpu_destroy && !btf.rdonly_cast);
	ck_assert(!btf.bpf_of_61 && !btf.svm_data);

	add_variable(vendor, "svm_data");
	root_write_btf("kvm_amd", vendor);
	kvm_btf_read(root, "kvm_amd", &btf);
	ck_assert(btf.svm_data);
	kvm_btf_read(root, "", &btf);
	ck_assert(!btf.svm_data && !btf.vendor);
	root_remove();
	btf__free(vendor);
	btf__free(kvm);
	btf__free(base);
}
END_TEST

/* tracefs can be at either place; messages name the file that is missing. */
START_TEST(records_from_tracefs)
{
	static const char *const places[] = { "/sys/kernel/tracing",
					      "/sys/kernel/debug/tracing" };
	struct tracepoints tracepoints;
	struct why why = { "" };
	char path[128];

	for (int i = 0; i < 2; i++) {
		root_make();
		ck_assert_int_eq(tracepoints_read(root, &tracepoints, &why),
				 -ENOENT);
		ck_assert_ptr_nonnull(strstr(why.text, "mount"));
		snprintf(path, sizeof(path), "%s/events/kvm/kvm_exit/format",
			 places[i]);
		root_write(path, load(DATA "tracepoints-6.1/kvm_exit"));
		snprintf(path, sizeof(path), "%s/events/kvm/kvm_entry/format",
			 places[i]);
		root_write(path, load(DATA "tracepoints-6.1/kvm_entry"));
		ck_assert_int_eq(tracepoints_read(root, &tracepoints, &why),
				 -ENOENT);
		ck_assert_ptr_nonnull(
			strstr(why.text, "events/kvm/kvm_cpuid/format"));
		snprintf(path, sizeof(path), "%s/events/kvm/kvm_cpuid/format",
			 places[i]);
		root_write(path, load(DATA "tracepoints-6.1/kvm_cpuid"));
		ck_assert_int_eq(tracepoints_read(root, &tracepoints, &why), 0);
		ck_assert_uint_eq(tracepoints.cpuid.id, 1421);
		field_is(&tracepoints.exit.isa, 24, 4);
		root_remove();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tracepoints");
	TCase *tcase = tcase_create("tracepoints");

	tcase_add_loop_test(tcase, records, 0, 3);
	tcase_add_test(tcase, fields);
	tcase_add_test(tcase, incomplete_records);
	tcase_add_test(tcase, arguments_of_kvm_exit);
	tcase_add_test(tcase, btf_of_modules);
	tcase_add_test(tcase, names_and_kinds);
	tcase_add_test(tcase, records_from_tracefs);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
