// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command lines of known and unknown words.  A refusal would end the program;
 * the linker's --wrap lets this file catch it.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_options.h"
#include "commands/export_options.h"
#include "commands/record.h"
#include "compare/compare_options.h"
#include "guest/exitleaf_options.h"
#include "run_fuzz_random.h"
#include "text_fuzz.h"

#define WORDS 8
#define WORD 48

/* How the command line that is being parsed has ended. */
static jmp_buf ended;
static int ended_with;
static bool opens_run; /* the command line is for a command that opens a run */

void __wrap_exit(int status) __attribute__((noreturn));
int __wrap_cli_end(int status, int failed);

/*
 * A refused line's memory is never freed, because the real program ends there:
 * LeakSanitizer must not report it.
 */
extern void __lsan_disable(void) __attribute__((weak));
void __real_exit(int status) __attribute__((noreturn));

void __wrap_exit(int status)
{
	ended_with = status;
	longjmp(ended, 1);
}

int __wrap_cli_end(int status, int failed)
{
	(void)failed;
	return status;
}

static const char *const words[] = {
	"--interval",
	"--count",
	"--vm",
	"--pid",
	"--vcpu",
	"--reason",
	"--by",
	"--fast",
	"--off-cpu",
	"--slower-than",
	"--hlt",
	"--count-only",
	"--attach",
	"--top",
	"--json",
	"--histograms",
	"--csv",
	"--by-vcpu",
	"--columns",
	"--sort",
	"--output",
	"--detail",
	"--guest-report",
	"--for",
	"--watch",
	"--read",
	"--read-timeout",
	"--replay",
	"--config",
	"--time",
	"--rounds",
	"--laps",
	"--warm-up",
	"--cpu",
	"--microguest",
	"--svg",
	"--limit",
	"--compare",
	"--test-run",
	"--list",
	"--progress",
	"--mark",
	"--listen",
	"--listen=:1",
	"--textfile",
	"--textfile=x.prom",
	"--web-config",
	"--max-vms",
	"--created",
	"--at-once",
	"--speed",
	"--help",
	"--usage",
	"-i",
	"-n",
	"-o",
	"-j",
	"--interval=500ms",
	"--count=3",
	"--vm=web*",
	"--reason=CPUID",
	"--reason=0x72",
	"--by=port",
	"--columns=exits,mean",
	"--sort=exits",
	"--for=5m",
	"--replay=x",
	"--rounds=4",
	"--time=1m",
	"--config=ours",
	"-ox",
	"-i2s",
	"-n3",
	"--vcpu=1",
	"--pid=7",
	"--slower-than=1ms",
	"--detail=10s",
	"--mark=text",
	"--watch=1",
	"--read=true",
	"-g",
	"-w",
	"-m",
	"--",
	"-",
	"",
	"x",
	"1",
	"0",
	"-1",
	"500ms",
	"2s",
	"5m",
	"1d",
	"99999999999d",
	"CPUID",
	"EPT_VIOLATION",
	"EXIT_REASON_HLT",
	"svm_exit_hlt",
	"PF excp",
	"0x72",
	"exits,mean,p99",
	"exits",
	"tp_btf",
	"port",
	"cpuid",
	"out",
	"ours,peers",
	"web*",
	"true",
	"4294967296",
	"mean",
	"127.0.0.1:80",
	"[::1]:80",
	"unix:x",
	"vm",
};

static void make_word(char word[WORD])
{
	const size_t nr = sizeof(words) / sizeof(words[0]);

	snprintf(word, WORD, "%s", words[any(nr)]);
	if (!any(4)) {
		size_t length = strlen(word);

		snprintf(word + length, WORD - length, "=%s", words[any(nr)]);
	}
	if (!any(8) && *word) {
		char *at = word + any(strlen(word));

		*at = (char)damaged((uint8_t)*at);
	}
}

static void parse(int argc, char **argv)
{
	static struct monitor_options monitor;
	static struct record_options record;
	static struct bench_options bench;

	switch (any(6)) {
	case 0:
		monitor_options_parse(argc, argv, &monitor);
		monitor_options_complete(&monitor, (uint32_t)any(3));
		monitor_options_free(&monitor);
		break;
	case 1:
		record_options_parse(argc, argv, &record);
		monitor_options_complete(&record.monitor, (uint32_t)any(3));
		monitor_options_free(&record.monitor);
		break;
	case 2: {
		struct compare_options compare = { 0 };

		compare_options_parse(argc, argv, &compare);
		break;
	}
	case 3:
		bench_options_parse(argc, argv, &bench);
		bench_options_free(&bench);
		break;
	case 4: {
		struct export_command export;
		struct why why;

		opens_run = true;
		export_options_parse(argc, argv, &export);
		export_options_open(&export, (uint32_t)any(3), &why);
		export_options_free(&export);
		break;
	}
	default: {
		struct options options = { .json = false };

		options_parse(argc, argv, &options);
	}
	}
}

void text_fuzz_options_begin(void)
{
	if (__lsan_disable)
		__lsan_disable();
	/*
	 * Sanitizers write to the file descriptor, so their messages still
	 * appear.
	 */
	stdout = fopen("/dev/null", "w");
	stderr = fopen("/dev/null", "w");
	if (!stdout || !stderr)
		abort();
}

/* Parse the line; returns false if that ended the program. */
static bool returns(int argc, char **argv)
{
	if (setjmp(ended))
		return false;
	parse(argc, argv);
	return true;
}

bool text_fuzz_options(void)
{
	static char word[WORDS][WORD];
	static char name[] = "fuzz";
	char *argv[WORDS + 2] = { name };
	int argc = 1;

	for (uint64_t i = any(2) ? WORDS - 2 : any(WORDS); i < WORDS; i++) {
		make_word(word[argc - 1]);
		argv[argc] = word[argc - 1];
		argc++;
	}
	opens_run = false;
	if (returns(argc, argv))
		return true;
	/* The named runs do not exist, so a command that opens one fails. */
	if (ended_with != STATUS_USAGE && ended_with != STATUS_OK &&
	    (ended_with != STATUS_FAILED || !opens_run))
		abort();
	return false;
}
