// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules whose hooks anchors placed: host.by_anchors is false only if their
 * books balanced in the lab.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "fake_host.h"
#include "host/host.h"
#include "tests/tap.h"

#define KVM "kvm"
#define AMD "kvm_amd"
#define DATE " 2026-11-30\n"

/* A build ID of three bytes that are equal, as the kernel shows it (elf(5)). */
static void build_id(const char *module, unsigned char byte)
{
	const unsigned char note[] = { 4,   0, 0,    0,	   3,	0,   0,
				       0,   3, 0,    0,	   0,	'G', 'N',
				       'U', 0, byte, byte, byte };
	char path[100];

	snprintf(path, sizeof(path), "/sys/module/%s/notes/.note.gnu.build-id",
		 module);
	root_write_bytes(path, note, sizeof(note));
}

static void balanced(const char *lines)
{
	struct utsname uts;
	char path[200];

	ck_assert_int_eq(uname(&uts), 0);
	snprintf(path, sizeof(path),
		 "/lib/modules/%s/updates/exitledger/balanced", uts.release);
	root_write(path, lines);
}

static bool by_anchors(void)
{
	struct host host;

	host_read_at(root, &host);
	return host.by_anchors;
}

static void anchors(void)
{
	setup();
	root_write("/sys/module/kvm/parameters/exit_stats_by_anchors", "1\n");
	build_id(KVM, 0xab);
	build_id(AMD, 0x0c);
}

START_TEST(patches)
{
	root_unlink("/sys/module/kvm/parameters/exit_stats_by_anchors");
	ck_assert(!by_anchors());
}
END_TEST

START_TEST(not_tried)
{
	ck_assert(by_anchors());
	balanced("");
	ck_assert(by_anchors());
}
END_TEST

START_TEST(tried)
{
	balanced("kvm_intel 010101 020202" DATE "kvm_amd ababab 0c0c0c" DATE);
	ck_assert(!by_anchors());
}
END_TEST

START_TEST(tried_others)
{
	balanced("kvm_intel ababab 0c0c0c" DATE); /* VMX has other hooks */
	ck_assert(by_anchors());
	balanced("kvm_amd acacac 0c0c0c" DATE);
	ck_assert(by_anchors());
	balanced("kvm_amd ababab 0d0d0d" DATE);
	ck_assert(by_anchors());
	balanced("kvm_amd ababab 0c0c" DATE);
	ck_assert(by_anchors());
}
END_TEST

/* Unless both build IDs are known, it is unknown which modules are loaded. */
START_TEST(no_id)
{
	balanced("kvm_amd ababab 0c0c0c" DATE "kvm_amd  0c0c0c" DATE
		 "kvm_amd ababab " DATE);
	ck_assert(!by_anchors());
	root_write("/sys/module/kvm_amd/notes/.note.gnu.build-id", "");
	ck_assert(by_anchors());
	build_id(AMD, 0x0c);
	root_unlink("/sys/module/kvm/notes/.note.gnu.build-id");
	ck_assert(by_anchors());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host");
	TCase *tcase = tcase_create("host");

	tcase_add_checked_fixture(tcase, anchors, teardown);
	tcase_add_test(tcase, patches);
	tcase_add_test(tcase, not_tried);
	tcase_add_test(tcase, tried);
	tcase_add_test(tcase, tried_others);
	tcase_add_test(tcase, no_id);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
