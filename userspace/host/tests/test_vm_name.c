// SPDX-License-Identifier: GPL-2.0-only
/* VMs' names from the command lines of VMMs: real ones and bad ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/vm_name.h"
#include "lib/safe_text.h"
#include "tests/fake_root.h"
#include "tests/tap.h"

struct row {
	const char *cmdline;
	size_t length;
	const char *name;
};

/* A command line as the kernel gives it: the last word has a NUL, too. */
#define CMDLINE(s, name)           \
	{                          \
		s, sizeof(s), name \
	}
/* A command line without the last NUL. */
#define CUT(s, name)                   \
	{                              \
		s, sizeof(s) - 1, name \
	}

static const struct row rows[] = {
	/* QEMU by hand */
	CMDLINE("/usr/bin/qemu-system-x86_64\0-name\0web1", "web1"),
	CMDLINE("qemu-system-x86_64\0-m\0512\0--name\0web1\0-smp\0002", "web1"),
	CMDLINE("qemu\0-name\0web,process=x", "web"),
	CMDLINE("qemu\0-name\0debug-threads=on,guest=a", "a"),
	CMDLINE("qemu\0-name\0a,,b,process=x", "a,b"),
	CMDLINE("qemu\0-name\0guest=a,,guest=b", "a,guest=b"),
	CMDLINE("qemu\0-name\0a,,", "a,"),
	CMDLINE("qemu\0-name\0guest=a=b", "a=b"),
	CMDLINE("qemu\0-name\0process=x,debug-threads=on", "qemu"),
	CMDLINE("qemu\0-name\0process=x,web", "qemu"),
	CMDLINE("qemu\0-name\0web,other", "web"),
	CMDLINE("qemu\0-name\0first\0-name\0second", "second"),
	CMDLINE("qemu\0-append\0root=/dev/vda -name no\0-name\0yes", "yes"),
	/* libvirt, Proxmox VE, Kata */
	CMDLINE("/usr/bin/qemu-system-x86_64\0-name\0"
		"guest=deb12-db,debug-threads=on\0-S\0-object\0"
		"{\"qom-type\":\"secret\",\"id\":\"masterKey0\"}\0-machine\0"
		"pc-q35-7.2,usb=off\0-accel\0kvm",
		"deb12-db"),
	CMDLINE("/usr/bin/kvm\0-id\000100\0-name\0mail,debug-threads=on\0"
		"-no-shutdown",
		"mail"),
	CMDLINE("/opt/kata/bin/qemu-system-x86_64\0-name\0"
		"sandbox-0f2c,debug-threads=on\0-uuid\0b7d0",
		"sandbox-0f2c"),
	/* Firecracker, alone and as the jailer starts it */
	CMDLINE("./firecracker\0--api-sock\0/tmp/fc.sock\0--id\0demo", "demo"),
	CMDLINE("/firecracker-v1.7.0\0--id\000551e7604-e35c-42b3\0"
		"--start-time-us\000123\0--api-sock\0/run/api.sock",
		"551e7604-e35c-42b3"),
	CMDLINE("firecracker\0--api-sock\0/tmp/fc.sock", "firecracker"),
	CMDLINE("firecracker\0--id=demo", "demo"),
	CMDLINE("firecracker\0--id\0", "firecracker"),
	CMDLINE("firecracker\0-name\0other", "firecracker"),
	/* Cloud Hypervisor: the socket's name, or the folder's */
	CMDLINE("cloud-hypervisor\0--api-socket\0/run/ch/web1.sock\0--cpus\0"
		"boot=4",
		"web1"),
	CMDLINE("cloud-hypervisor\0--api-socket\0path=/tmp/web1.socket",
		"web1"),
	CMDLINE("cloud-hypervisor\0--api-socket=/tmp/web1", "web1"),
	CMDLINE("/opt/kata/bin/cloud-hypervisor\0--api-socket\0"
		"/run/vc/vm/8f6b1c/clh-api.sock",
		"8f6b1c"),
	CMDLINE("/opt/kata/bin/cloud-hypervisor\0--api-socket\0"
		"/run/kata/8f6b1c/ch-api.sock",
		"8f6b1c"),
	CMDLINE("cloud-hypervisor\0--api-socket\0fd=9\0--platform\0"
		"num_pci_segments=2,uuid=1e8aa28a-435d",
		"1e8aa28a-435d"),
	CMDLINE("cloud-hypervisor\0--kernel\0vmlinux", "cloud-hypervisor"),
	CMDLINE("cloud-hypervisor\0--platform\0bare", "cloud-hypervisor"),
	CMDLINE("cloud-hypervisor\0--api-socket\0clh-api.sock",
		"cloud-hypervisor"),
	/* crosvm, kvmtool: here a comma is part of the name */
	CMDLINE("/usr/bin/crosvm\0--log-level=debug\0run\0--name\0arc,vm\0vm",
		"arc,vm"),
	CMDLINE("crosvm\0run\0vmlinux", "crosvm"),
	CMDLINE("lkvm\0run\0--name\0guest-7\0-k\0bzImage", "guest-7"),
	CMDLINE("lkvm\0run\0--name\0g", "g"),
	CMDLINE("lkvm\0run\0--\0/bin/sh\0--name\0no", "lkvm"),
	/* others */
	CMDLINE("/opt/vmm/microguest\0cpuid=1", "microguest"),
	CMDLINE("./my-vmm\0--name\0mine", "mine"),
	/* malformed */
	CUT("qemu\0-name\0web1", "web1"),
	CUT("qemu", "qemu"),
	CMDLINE("qemu\0-name", "qemu"),
	CUT("qemu\0-name", "qemu"),
	CMDLINE("qemu\0-name\0", "qemu"),
	CMDLINE("qemu\0-name\0,", "qemu"),
	CMDLINE("qemu\0-name\0guest=", "qemu"),
	CMDLINE("qemu\0-name\0guest=,debug-threads=on", "qemu"),
	CMDLINE("qemu\0-names\0no\0-na\0no\0-\0no\0---name\0no", "qemu"),
	CMDLINE("\0-name\0web1", "web1"),
	CMDLINE("/usr/bin/", "?"),
	CMDLINE("\0\0\0\0", "?"),
	CUT("", "?"),
	/* Characters that would harm a terminal or JSON. */
	CMDLINE("qemu\0-name\0a\033[31mb\nc\tr\177", "a?[31mb?c?r?"),
	CMDLINE("qemu\0-name\0caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7",
		"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7"),
	CMDLINE("qemu\0-name\0\xc2\x9b"
		"1m",
		"?1m"),
	CMDLINE("qemu\0-name\0x\xff\xc3", "x??"),
	CMDLINE("qemu\0-name\0\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80",
		"?????????"),
	CMDLINE("/tmp/\033]0;x\007", "?]0;x?"),
};

#define NR_ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

/* Use a buffer of exact length: the sanitizer finds reads beyond its end. */
static void parse(const char *cmdline, size_t length, char *name, size_t size)
{
	char *copy = malloc(length ? length : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, cmdline, length);
	vm_name_parse(copy, length, name, size);
	free(copy);
}

START_TEST(names)
{
	char name[64];

	parse(rows[_i].cmdline, rows[_i].length, name, sizeof(name));
	ck_assert_str_eq(name, rows[_i].name);
}
END_TEST

/*
 * Cut a command line at every length.  No byte beyond it is read, and it always
 * gives a name.
 */
START_TEST(cut_anywhere)
{
	char name[64];

	for (size_t n = 0; n <= rows[_i].length; n++) {
		parse(rows[_i].cmdline, n, name, sizeof(name));
		ck_assert_uint_ge(strlen(name), 1);
	}
}
END_TEST

START_TEST(long_names_are_cut_between_characters)
{
	char name[8];

	parse("q\0-name\0abcdefghij", 18, name, sizeof(name));
	ck_assert_str_eq(name, "abcdefg");
	parse("q\0-name\0abcdef\xc3\xa9", 16, name, sizeof(name));
	ck_assert_str_eq(name, "abcdef");
}
END_TEST

/* The name may come late: behind the first 8 KiB, and far behind them. */
START_TEST(long_command_lines)
{
	static const size_t before[] = { 0, 4000, 4096, 8192, 20000, 300000 };
	static const char tail[] = "\0-name\0guest=late";
	char *cmdline = calloc(1, 400000), path[32], name[64];

	ck_assert_ptr_nonnull(cmdline);
	root_make();
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		memcpy(cmdline, "qemu\0", 5);
		memset(cmdline + 5, 'x', before[i]);
		memcpy(cmdline + 5 + before[i], tail, sizeof(tail));
		snprintf(path, sizeof(path), "/%zu/cmdline", i + 1);
		root_write_bytes(path, cmdline, 5 + before[i] + sizeof(tail));
		vm_name_at(root, i + 1, name, sizeof(name));
		ck_assert_str_eq(name, "late");
	}
	free(cmdline);
	root_remove();
}
END_TEST

START_TEST(processes_without_a_command_line)
{
	char name[64];

	root_make();
	root_write("/7/cmdline", "");
	root_write("/7/comm", "qemu-system\n");
	vm_name_at(root, 7, name, sizeof(name));
	ck_assert_str_eq(name, "qemu-system");
	vm_name_at(root, 8, name, sizeof(name));
	ck_assert_str_eq(name, "?");
	root_remove();
	vm_name(getpid(), name, sizeof(name));
	ck_assert_str_eq(name, "test_vm_name");
}
END_TEST

/*
 * Returns the length of a character as UTF-8 defines it, or 0 if the bytes are
 * not a character.  @shown is set to whether it is safe to show.
 */
static size_t character(const unsigned char *s, size_t length, bool *shown)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80		 ? 1 :
		   (s[0] & 0xe0) == 0xc0 ? 2 :
		   (s[0] & 0xf0) == 0xe0 ? 3 :
		   (s[0] & 0xf8) == 0xf0 ? 4 :
					   0;
	uint32_t code = n == 1 ? s[0] : s[0] & (0x7f >> n);

	if (!n || n > length)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[n] || (code >= 0xd800 && code < 0xe000) ||
	    code > 0x10ffff)
		return 0;
	*shown = safe_code(code);
	return n;
}

/* Any two bytes, followed by bytes at the limits of UTF-8's ranges, at all
 * lengths. */
START_TEST(any_bytes)
{
	static const unsigned char ends[] = { 0x7f, 0x80, 0x8f, 0x90,
					      0xbf, 0xc0, 'a' };
	unsigned char bytes[4];

	for (uint32_t i = 0; i < 0x10000 * 7; i++) {
		char name[8], expected[8];
		size_t out = 0, length = 1 + i % 4;

		bytes[0] = i / 7 >> 8;
		bytes[1] = i / 7;
		bytes[2] = ends[i % 7];
		bytes[3] = ends[i / 3 % 7];
		for (size_t at = 0; at < length && bytes[at];) {
			size_t rest = strnlen((char *)bytes, length) - at;
			bool shown = false;
			size_t n = character(bytes + at, rest, &shown);

			/* A character that is not shown becomes a question
			 * mark, and so does a byte outside of characters. */
			memcpy(expected + out, shown ? (char *)bytes + at : "?",
			       shown ? n : 1);
			out += shown ? n : 1;
			at += n ? n : 1;
		}
		if (!out)
			expected[out++] = '?';
		expected[out] = '\0';
		vm_name_clean((char *)bytes, length, name, sizeof(name));
		if (strcmp(name, expected) != 0)
			ck_assert_str_eq(name, expected);
	}
}
END_TEST

/* In buffers of all sizes, a text is cut between characters, and the bytes
 * beyond the buffer stay. */
START_TEST(any_size)
{
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7z";
	static const size_t cut[] = { 0, 0, 1, 1, 3,  3,  3,
				      6, 6, 6, 6, 10, 11, 11 };

	for (size_t size = 2; size < sizeof(cut) / sizeof(*cut); size++) {
		char name[20];

		memset(name, 'x', sizeof(name));
		vm_name_clean(text, sizeof(text) - 1, name, size);
		ck_assert_uint_eq(strlen(name), cut[size]);
		ck_assert_int_eq(memcmp(name, text, cut[size]), 0);
		for (size_t i = size; i < sizeof(name); i++)
			ck_assert_int_eq(name[i], 'x');
	}
}
END_TEST

/* A command line beyond all limits is cut. */
START_TEST(endless_command_lines)
{
	static const char tail[] = "\0-name\0late";
	const size_t most = 1 << 20;
	char *cmdline = calloc(1, 2 * most), name[64];

	ck_assert_ptr_nonnull(cmdline);
	root_make();
	memset(cmdline, 'x', most);
	memcpy(cmdline, "qemu", 5);
	for (int over = 0; over < 2; over++) {
		memcpy(cmdline + most - sizeof(tail) + 1 + 4 * over, tail,
		       sizeof(tail));
		root_write_bytes("/5/cmdline", cmdline, most + 100);
		vm_name_at(root, 5, name, sizeof(name));
		ck_assert_str_eq(name, over ? "qemu" : "late");
		memset(cmdline + most - sizeof(tail) + 1, 'x', sizeof(tail));
	}
	free(cmdline);
	root_remove();
}
END_TEST

#define FACTS(s, program, uuid)             \
	{                                   \
		s, sizeof(s), program, uuid \
	}

/* The program and the UUID, wherever a VMM has it. */
START_TEST(facts)
{
	static const struct {
		const char *cmdline;
		size_t length;
		const char *program, *uuid;
	} row[] = {
		FACTS("/usr/bin/qemu-system-x86_64\0-name\0web1\0-uuid\0b7d0-1",
		      "qemu-system-x86_64", "b7d0-1"),
		FACTS("qemu\0-name\0web1", "qemu", ""),
		FACTS("cloud-hypervisor\0--platform\0num_pci_segments=1,uuid=a-b",
		      "cloud-hypervisor", "a-b"),
		FACTS("cloud-hypervisor\0--platform\0num_pci_segments=1",
		      "cloud-hypervisor", ""),
		FACTS("vmm\0-uuid", "vmm", ""),
		FACTS("/x/v\033mm\0-uuid\0a\nb", "v?mm", "a?b"),
		FACTS("", "", ""),
	};
	const char long_name[] = "0123456789012345678901234567890123456789"
				 "0123456789012345678901234567890123456789";
	struct vm_facts found;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		vm_facts_parse(row[i].cmdline, row[i].length, &found);
		ck_assert_str_eq(found.program, row[i].program);
		ck_assert_str_eq(found.uuid, row[i].uuid);
	}
	/* A name that is longer than the field is cut. */
	vm_facts_parse(long_name, strlen(long_name), &found);
	ck_assert_uint_eq(strlen(found.program), sizeof(found.program) - 1);
	vm_facts(getpid(), &found);
	ck_assert_str_eq(found.program, "test_vm_name");
	/* No process has this number. */
	vm_facts(4194303, &found);
	ck_assert_str_eq(found.program, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vm_name");
	TCase *tcase = tcase_create("vm_name");

	tcase_add_loop_test(tcase, names, 0, NR_ROWS);
	tcase_add_loop_test(tcase, cut_anywhere, 0, NR_ROWS);
	tcase_add_test(tcase, long_names_are_cut_between_characters);
	tcase_add_test(tcase, long_command_lines);
	tcase_add_test(tcase, processes_without_a_command_line);
	tcase_add_test(tcase, any_bytes);
	tcase_add_test(tcase, any_size);
	tcase_add_test(tcase, endless_command_lines);
	tcase_add_test(tcase, facts);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
