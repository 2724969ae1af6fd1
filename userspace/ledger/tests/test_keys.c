// SPDX-License-Identifier: GPL-2.0-only
/* Tests that an exit's key is shown with its name. */
#include <string.h>

#include "ledger/key_names.h"
#include "ledger/keys.h"
#include "tests/tap.h"

static const struct {
	enum ledger_key_kind kind;
	uint64_t key;
	const char *text;
} known[] = {
	{ LEDGER_KEY_PORT, 0x3f8, "0x3f8 COM1 data" },
	{ LEDGER_KEY_PORT, 0xb008, "0xb008 ACPI PM timer" },
	/*
	 * Test the first and the last of several ports, and the two ports after
	 * them.
	 */
	{ LEDGER_KEY_PORT, 0x40, "0x40 PIT counter 0" },
	{ LEDGER_KEY_PORT, 0x42, "0x42 PIT counter 2" },
	{ LEDGER_KEY_PORT, 0x43, "0x43 PIT command" },
	{ LEDGER_KEY_PORT, 0x44, "port 0x44" },
	{ LEDGER_KEY_PORT, 0xc040, "port 0xc040" },
	{ LEDGER_KEY_PORT, 0, "0x0 DMA 1" },
	{ LEDGER_KEY_MSR, 0x6e0, "0x6e0 TSC_DEADLINE" },
	{ LEDGER_KEY_MSR, 0xc0000080, "0xc0000080 EFER" },
	{ LEDGER_KEY_MSR, 0x4b564d01, "0x4b564d01 KVM clock" },
	/*
	 * A variable-range MTRR has two numbers, and a machine-check bank has
	 * four.
	 */
	{ LEDGER_KEY_MSR, 0x200, "0x200 MTRR_PHYS0" },
	{ LEDGER_KEY_MSR, 0x203, "0x203 MTRR_PHYS1" },
	{ LEDGER_KEY_MSR, 0x407, "0x407 MC1" },
	{ LEDGER_KEY_MSR, 0xf, "MSR 0xf" },
	{ LEDGER_KEY_MSR, UINT64_MAX, "MSR 0xffffffffffffffff" },
	/* The same register is reached as an MSR and by MMIO. */
	{ LEDGER_KEY_MSR, 0x80b, "0x80b APIC EOI" },
	{ LEDGER_KEY_MMIO, 0xfee000b0, "0xfee000b0 APIC EOI" },
	{ LEDGER_KEY_MSR, 0x827, "0x827 APIC IRR7" },
	{ LEDGER_KEY_MMIO, 0xfee00270, "0xfee00270 APIC IRR7" },
	{ LEDGER_KEY_MSR, 0x83f, "0x83f APIC SELF" },
	{ LEDGER_KEY_MMIO, 0xfee003f0, "0xfee003f0 APIC SELF" },
	{ LEDGER_KEY_MSR, 0x840, "MSR 0x840" },
	{ LEDGER_KEY_MMIO, 0xfee00400, "at 0xfee00400" },
	{ LEDGER_KEY_MMIO, 0xfee00000, "at 0xfee00000" },
	{ LEDGER_KEY_MMIO, 0xfed000f4, "0xfed000f4 HPET count" },
	{ LEDGER_KEY_MMIO, 0xfed00128, "0xfed00128 HPET tmr 1" },
	{ LEDGER_KEY_MMIO, 0xbffff, "0xbffff VGA memory" },
	{ LEDGER_KEY_MMIO, 0xc0000, "at 0xc0000" },
	{ LEDGER_KEY_MMIO, UINT64_MAX, "at 0xffffffffffffffff" },
	{ LEDGER_KEY_HYPERCALL, 11, "11 KVM SCHED_YIELD" },
	{ LEDGER_KEY_HYPERCALL, 29, "29 Xen sched_op" },
	{ LEDGER_KEY_HYPERCALL, 77, "hypercall 77" },
	{ LEDGER_KEY_HYPERCALL, 1ull << 40, "0x10000000000" },
	{ LEDGER_KEY_CPUID, 0, "0x0 vendor" },
	{ LEDGER_KEY_CPUID, 0x4fffffff, "0x4fffffff total exits" },
	{ LEDGER_KEY_CPUID, 0x4000ffff, "0x4000ffff hypervisor" },
	{ LEDGER_KEY_CPUID, 0x40010000, "leaf 0x40010000" },
	{ LEDGER_KEY_NONE, 0x3f8, "0x3f8" },
};

START_TEST(keys_have_names)
{
	const struct text text = key_text(known[_i].kind, known[_i].key);

	ck_assert_str_eq(text.s, known[_i].text);
	ck_assert_uint_eq(text.length, strlen(text.s));
}
END_TEST

/* The kind is one that only a later version knows. */
START_TEST(unknown_kinds_have_none)
{
	ck_assert_uint_eq(key_name(LEDGER_KEY_CPUID + 1, 0).length, 0);
	ck_assert_str_eq(key_name(LEDGER_KEY_CPUID + 1, 0).s, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keys");
	TCase *tcase = tcase_create("keys");

	tcase_add_loop_test(tcase, keys_have_names, 0,
			    sizeof(known) / sizeof(known[0]));
	tcase_add_test(tcase, unknown_kinds_have_none);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
