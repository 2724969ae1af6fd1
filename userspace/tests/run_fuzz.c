// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs with damage, read, shown and compared: none may be more than refused.
 * Two kinds, in turn: bytes of the file, and bytes of its blobs, which in a
 * file would fail at zlib's checksum; and, now and then, rates of any kind. The
 * same seed makes the same damage; after a crash the file is there to be looked
 * at.  Not installed.
 *
 * usage: run_fuzz EXECUTIONS [SEED]   SIGINT: no more, and say how many it were
 */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "render_monitor.h"
#include "run/render_page.h"
#include "run/render_report.h"
#include "run/render_run_compare.h"
#include "run/run_cells.h"
#include "run_fixture.h"
#include "run/run_reader.h"
#include "run/run_series.h"

#define PATCHES 8
#define HANG_SECONDS 10 /* of CPU time: who takes so long hangs */

static uint64_t state;
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static const struct filter all;
static FILE *nowhere;
/* Files refused and read; blobs likewise. */
static unsigned long bad, good, bad_blobs, good_blobs;

/* How far it is, once a second. */
static void progress(unsigned long done, unsigned long executions)
{
	static time_t begin, last;
	time_t now = time(NULL);

	if (!begin)
		begin = now;
	if (now == last)
		return;
	last = now;
	fprintf(stderr, "\r%lu of %lu executions, %ld s ", done, executions,
		(long)(now - begin));
}

/* Marsaglia's xorshift64. */
static uint64_t any(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 8) % below;
}

static uint8_t damaged(uint8_t byte)
{
	static const uint8_t edges[] = { 0, 1, 0x7f, 0x80, 0x81, 0xff };

	switch (any(4)) {
	case 0:
		return byte ^ 1u << any(8);
	case 1:
		return edges[any(sizeof(edges))];
	case 2:
		return byte + (any(2) ? 1 : -1);
	default:
		return any(256);
	}
}

static void show(const struct ledger *ledger)
{
	const struct monitor_sample sample = { .ledger = ledger,
					       .seconds = 1,
					       .total = true };
	struct monitor_shape shape = { .by = LEDGER_KEY_PORT,
				       .by_vcpu = true,
				       .histograms = true,
				       .has = NEEDS_TIME | NEEDS_FAST |
					      NEEDS_OFF_CPU };

	column_list_all(shape.has, &shape.columns);
	if (render_monitor_json(&sample, &shape, nowhere) ||
	    render_monitor_text(&sample, &shape, nowhere))
		abort();
}

static int replay(const char *path, struct why *why)
{
	struct ledger now = { .ns = 0 }, total = { .ns = 0 };
	struct run_reader *reader;
	struct run_step step;
	int r = run_reader_open(path, false, &reader, why);

	while (!r &&
	       (r = run_reader_next(reader, &now, &total, &step, why)) > 0)
		r = 0;
	if (!r)
		show(&total);
	ledger_free(&now);
	ledger_free(&total);
	run_reader_close(reader);
	return r;
}

/* With the run as it was before the damage. */
static struct run_report sound;

static void compare(const char *path, const struct run_report *content)
{
	const char *const paths[2] = { path, path };
	struct run_comparison compared;

	if (run_compare(content, &sound, &compared) ||
	    run_compare_percentiles(&compared, &all))
		abort();
	render_run_compare_text(paths, &compared, nowhere);
	render_run_compare_json(paths, &compared, nowhere);
	if (render_compare_page(paths, &compared, &all, nowhere))
		abort();
	run_comparison_free(&compared);
}

static int report(const char *path, struct why *why)
{
	struct run_report content = { .exits = 0 };
	struct run_reader *reader;
	int r = run_reader_open(path, true, &reader, why);

	if (!r)
		r = run_report_read(reader, &all, &content, why);
	if (!r && (render_report_text(path, &content, &all, nowhere) ||
		   render_report_json(path, &content, &all, nowhere) ||
		   render_page(path, &content, &all, nowhere)))
		abort();
	if (!r)
		compare(path, &content);
	run_report_free(&content);
	run_reader_close(reader);
	return r;
}

static void check(int r, const struct why *why)
{
	/* Who refuses says why, in a line. */
	if (r && (!why->text[0] || strchr(why->text, '\n')))
		abort();
	if (r)
		bad++;
	else
		good++;
}

/* A file with some bytes changed, and perhaps cut; mended afterwards. */
static void fuzz_file(const char *path, int fd, const uint8_t *base,
		      size_t size)
{
	size_t at[PATCHES], nr = 1 + any(PATCHES),
			    cut = any(16) ? 0 : any(size);
	struct why why = { "" };

	for (size_t i = 0; i < nr; i++) {
		uint8_t byte;

		/* SQLite's own structure is in the first page of all. */
		at[i] = any(any(4) ? size : 4096);
		byte = damaged(base[at[i]]);
		if (pwrite(fd, &byte, 1, at[i]) != 1)
			abort();
	}
	if (cut && ftruncate(fd, cut))
		abort();
	check(any(2) ? replay(path, &why) : report(path, &why), &why);
	if (cut && pwrite(fd, base, size, 0) != (ssize_t)size)
		abort();
	for (size_t i = 0; i < nr; i++) {
		if (pwrite(fd, &base[at[i]], 1, at[i]) != 1)
			abort();
	}
}

/* Blobs as they are once inflated. */
static struct bytes cells, series;

static void make_blobs(void)
{
	struct run_series one = { .nr = 0 };
	struct ledger ledger = { .ns = 0 };

	for (unsigned int n = 1; n <= 3; n++) {
		fixture_interval(&ledger, n);
		if (run_series_add(&one, &ledger, &all, FIXTURE_STEP))
			abort();
	}
	run_cells_encode(&ledger, &all, &cells);
	if (run_series_encode(&one, &series))
		abort();
	run_series_free(&one);
	ledger_free(&ledger);
}

static struct bytes damaged_copy(const struct bytes *from)
{
	struct bytes copy = { .data = NULL };

	/* Of its exact size: a byte too far is one too far. */
	copy.length = any(8) ? from->length : any(from->length) + 1;
	copy.data = malloc(copy.length);
	if (!copy.data)
		abort();
	memcpy(copy.data, from->data, copy.length);
	for (size_t nr = 1 + any(PATCHES); nr; nr--) {
		size_t at = any(any(2)		 ? copy.length :
				copy.length < 64 ? copy.length :
						   64);

		copy.data[at] = damaged(copy.data[at]);
	}
	return copy;
}

#define POINTS 100

/* Numbers as no run should have them, and as damage may well make them. */
static void fuzz_points(void)
{
	struct run_point points[POINTS];
	struct run_changes changes;
	size_t nr = any(POINTS + 1);
	uint64_t level = 1ull << any(40);

	for (size_t i = 0; i < nr; i++) {
		if (!any(30))
			level = any(8) ? 1ull << any(40) : UINT64_MAX;
		points[i] = (struct run_point){
			.begin_ns = i,
			.exits = level - any(2),
			.seconds = any(9) ? 1 : any(2) * 1e9,
		};
	}
	if (run_changes_find(points, nr, any(5) ? 1 : any(2) * 1e10, &changes))
		abort();
	for (size_t i = 0; i < changes.nr; i++) {
		const struct run_change *change = &changes.change[i];

		if (change->point >= nr || !isfinite(change->before) ||
		    !isfinite(change->after) || !isfinite(change->clear))
			abort();
	}
	run_changes_free(&changes);
}

static void fuzz_blobs(void)
{
	struct bytes copy = damaged_copy(any(2) ? &cells : &series);
	struct cursor cursor = { copy.data, copy.data + copy.length, false };
	struct run_series_reader reader;
	struct ledger ledger = { .ns = 0 };
	int r;

	for (uint64_t vm = 1; vm <= 4; vm++) {
		for (uint32_t id = 0; id < 2; id++) {
			if (!ledger_vm(&ledger, vm, 1) ||
			    !ledger_vcpu(ledger_vm(&ledger, vm, 1), id))
				abort();
		}
	}
	r = run_cells_decode(cursor, &ledger);
	*(r ? &bad_blobs : &good_blobs) += 1;
	r = run_series_open(cursor, &reader);
	/* Each of its bytes may be an interval of no exits. */
	while (!r && reader.left)
		r = run_series_next(&reader, &ledger);
	*(r ? &bad_blobs : &good_blobs) += 1;
	run_series_close(&reader);
	show(&ledger);
	ledger_free(&ledger);
	bytes_free(&copy);
}

int main(int argc, char **argv)
{
	const unsigned long executions = argc > 1 ? atol(argv[1]) : 0;
	char directory[FIXTURE_PATH], path[FIXTURE_PATH];
	const struct itimerval hang = { .it_value.tv_sec = HANG_SECONDS };
	struct ledger total = { .ns = 0 };
	struct why why = { "" };
	const bool shown = isatty(STDERR_FILENO);
	unsigned long done = 0;
	struct stat file;
	struct run_reader *reader;
	uint8_t *base;
	int fd;

	if (!executions)
		return 64;
	state = 0x9e3779b97f4a7c15ull * (argc > 2 ? atol(argv[2]) + 1 : 1);
	nowhere = fopen("/dev/null", "w");
	if (!nowhere || fixture_begin(directory, path))
		return EXIT_FAILURE;
	/* Both chunks and intervals. */
	if (fixture_run(path, 9, 4 * FIXTURE_STEP, NULL, &total, true, &why) ||
	    (fd = open(path, O_RDWR)) < 0 || fstat(fd, &file)) {
		fprintf(stderr, "%s: %s\n", path, why.text);
		return EXIT_FAILURE;
	}
	if (run_reader_open(path, true, &reader, &why) ||
	    run_report_read(reader, &all, &sound, &why))
		return EXIT_FAILURE;
	base = malloc(file.st_size);
	if (!base || read(fd, base, file.st_size) != file.st_size)
		return EXIT_FAILURE;
	make_blobs();
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	for (; done < executions && !stopped; done++) {
		setitimer(ITIMER_PROF, &hang, NULL);
		if (shown)
			progress(done, executions);
		if (done % 16 == 1)
			fuzz_points();
		if (done % 2)
			fuzz_blobs();
		else
			fuzz_file(path, fd, base, file.st_size);
	}
	if (shown)
		fputs("\r\033[K", stderr);
	printf("%lu executions: %lu files refused, %lu read all the same; "
	       "%lu and %lu blobs\n",
	       done, bad, good, bad_blobs, good_blobs);
	fixture_end(directory);
	run_report_free(&sound);
	run_reader_close(reader);
	ledger_free(&total);
	bytes_free(&cells);
	bytes_free(&series);
	free(base);
	close(fd);
	fclose(nowhere);
	return bad && good && bad_blobs && good_blobs ? EXIT_SUCCESS :
							EXIT_FAILURE;
}
