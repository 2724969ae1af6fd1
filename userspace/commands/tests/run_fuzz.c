// SPDX-License-Identifier: GPL-2.0-only
/*
 * Damaged runs are read, shown, judged and compared.  They may be refused, but
 * nothing worse may happen.  An execution reads one file: half of the files
 * have other bytes, a quarter other values in their tables, and a quarter a
 * write-ahead log beside them, as a killed recorder leaves it.  Each execution
 * also decodes damaged blobs, which in a file would fail at zlib's checksum,
 * and sometimes analyses series of random numbers.  The same seed makes the
 * same damage; after a crash the file remains for inspection.  Not installed.
 *
 * usage: run_fuzz EXECUTIONS [SEED]   SIGINT: stop and print the counts
 */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "balance/balance.h"
#include "compare/render_compare.h"
#include "report/page/render_page.h"
#include "report/render_report.h"
#include "report/render_run_compare.h"
#include "report/run_books.h"
#include "run/run_cells.h"
#include "run/run_reader.h"
#include "run/run_series.h"
#include "run/tests/run_fixture.h"
#include "run_fuzz_file.h"
#include "run_fuzz_log.h"
#include "run_fuzz_memory.h"
#include "run_fuzz_random.h"
#include "run_fuzz_values.h"
#include "sample/render_monitor.h"

#define PATCHES 8
#define HANG_SECONDS 10 /* of CPU time; a longer execution counts as a hang */

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static const struct filter all;
static FILE *nowhere;
/* Numbers of refused and of accepted inputs. */
struct count {
	unsigned long bad, good;
};

/* Files with other bytes, with other values, and with a log; blobs. */
static struct count files, values, logs, blobs;

/* Print the progress once a second. */
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
	if (!r && !any(3))
		show(&total);
	ledger_free(&now);
	ledger_free(&total);
	run_reader_close(reader);
	return r;
}

/* Load the run as books, and judge them. */
static int judge(const char *path, struct why *why)
{
	struct balance balance = { 0 };
	struct books books;
	int r = run_books_load(path, &books, NULL, why);

	if (r)
		return r;
	if (balance_books(&books, &balance) ||
	    render_compare_text(&books, &balance, nowhere, false))
		abort();
	balance_free(&balance);
	books_free(&books);
	return 0;
}

/* The run before it was damaged, to compare with. */
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

/*
 * Render a run in all formats.  The caller does this only for some of the runs,
 * so that most time goes to reading.
 */
static void render(const char *path, const struct run_report *content)
{
	if (render_report_text(path, content, &all, nowhere) ||
	    render_report_json(path, content, &all, nowhere) ||
	    render_page(path, content, &all, nowhere))
		abort();
	compare(path, content);
}

static int read_report(const char *path, struct why *why)
{
	struct run_report content = { .exits = 0 };
	struct run_reader *reader;
	int r = run_reader_open(path, true, &reader, why);

	if (!r)
		r = run_report_read(reader, &all, &content, why);
	if (!r && !any(3))
		render(path, &content);
	run_report_free(&content);
	run_reader_close(reader);
	return r;
}

static int use(const char *path, struct why *why)
{
	const sqlite3_int64 used = sqlite3_memory_used();
	int (*const uses[])(const char *path,
			    struct why *why) = { judge, replay, replay,
						 read_report, read_report };
	const int r = uses[any(5)](path, why);

	/*
	 * SQLite is not sanitized; this finds statements that were not
	 * finalized.
	 */
	if (sqlite3_memory_used() != used)
		abort();
	return r;
}

static void check(int r, const struct why *why, struct count *count)
{
	/* A refusal gives its reason in one line. */
	if (r && (!why->text[0] || strchr(why->text, '\n')))
		abort();
	*(r ? &count->bad : &count->good) += 1;
}

/* Change some bytes, and sometimes truncate the file. */
static void damage(const struct file *file, bool log)
{
	size_t cut = any(16) ? file->size : any(file->size);

	memcpy(file->copy, file->base, file->size);
	for (size_t nr = 1 + any(PATCHES); nr; nr--) {
		/*
		 * Damage the first page more often: it has SQLite's own
		 * structure.
		 */
		size_t at = any(any(4) ? file->size : 4096);

		if (log && !any(4))
			at = run_fuzz_log_header(at);
		if (at < file->size)
			file->copy[at] = damaged(file->copy[at]);
	}
	/* SQLite ignores log frames with a wrong checksum. */
	if (log && any(4))
		run_fuzz_log_sums(file->copy, file->size);
	file_write(file, file->copy, cut);
}

static void fuzz_file(const char *path, const struct file *file)
{
	struct why why = { "" };

	damage(file, false);
	check(use(path, &why), &why, &files);
}

/* Use a structurally sound file with other values. */
static void fuzz_values(const char *path, const struct file *file)
{
	struct why why = { "" };
	size_t size;
	uint8_t *data = run_fuzz_values(&size);

	file_write(file, data, size);
	sqlite3_free(data);
	check(use(path, &why), &why, &values);
}

/* Use a file with a log; either or both of them are damaged. */
static void fuzz_log(const char *path, const struct file *file,
		     const struct file *log)
{
	struct why why = { "" };
	unsigned int which = 1 + any(3);

	if (which & 1)
		damage(log, true);
	if (which & 2)
		damage(file, false);
	check(use(path, &why), &why, &logs);
	if (which & 1)
		file_mend(log);
	if (which & 2)
		file_mend(file);
}

/* Inflated blobs of cells and of series. */
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
	if (run_series_encode(&one, 2, &series))
		abort();
	run_series_free(&one);
	ledger_free(&ledger);
}

static struct bytes damaged_copy(const struct bytes *from)
{
	struct bytes copy = { .data = NULL };

	/* Allocate the exact size, so that ASan finds each read beyond it. */
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

/* Feed the search for changes with extreme numbers that damage could make. */
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
	*(r ? &blobs.bad : &blobs.good) += 1;
	r = run_series_open(cursor, any(8) ? 3 : any(1000) + 1, &reader);
	/* Each remaining byte can be an interval without exits. */
	while (!r && reader.left)
		r = run_series_next(&reader, &ledger);
	*(r ? &blobs.bad : &blobs.good) += 1;
	run_series_close(&reader);
	if (!any(4))
		show(&ledger);
	ledger_free(&ledger);
	bytes_free(&copy);
}

/* Make a run with a write-ahead log, as a killed recorder leaves it. */
static void make_log(const char *path, struct file *file, struct file *log)
{
	struct run_info info = fixture_info(4 * FIXTURE_STEP);
	char name[FIXTURE_PATH + 8];
	struct run_writer *writer;
	struct why why;

	if (run_writer_open(path, &info, &all, &writer, &why))
		abort();
	for (unsigned int n = 1; n <= 9; n++) {
		struct ledger now = { .ns = 0 };

		fixture_interval(&now, n);
		if (run_writer_add(writer, &now, now.ns - FIXTURE_STEP, &why))
			abort();
		ledger_free(&now);
	}
	snprintf(name, sizeof(name), "%s-wal", path);
	file_open(path, file);
	file_open(name, log);
	run_writer_close(writer);
	/*
	 * Check run_fuzz_log_sums(): the checksums of a sound log do not
	 * change.
	 */
	memcpy(log->copy, log->base, log->size);
	run_fuzz_log_sums(log->copy, log->size);
	if (memcmp(log->copy, log->base, log->size))
		abort();
	/*
	 * Closing the writer has merged the log into the file and deleted it.
	 */
	close(log->fd);
	log->fd = open(name, O_RDWR | O_CREAT, 0600);
	file_mend(file);
	file_mend(log);
}

static unsigned long fuzz(unsigned long executions, const char *path,
			  const char *live)
{
	const struct itimerval hang = { .it_value.tv_sec = HANG_SECONDS };
	const bool shown = isatty(STDERR_FILENO);
	struct file file, begun, log;
	unsigned long done = 0;

	file_open(path, &file);
	run_fuzz_values_open(file.base, file.size);
	make_log(live, &begun, &log);
	for (; done < executions && !stopped; done++) {
		setitimer(ITIMER_PROF, &hang, NULL);
		if (shown)
			progress(done, executions);
		if (done % 16 == 1)
			fuzz_points();
		fuzz_blobs();
		if (done % 4 == 0)
			fuzz_log(live, &begun, &log);
		else if (done % 2)
			fuzz_file(path, &file);
		else
			fuzz_values(path, &file);
	}
	if (shown)
		fputs("\r\033[K", stderr);
	run_fuzz_values_close();
	file_close(&file);
	file_close(&begun);
	file_close(&log);
	return done;
}

int main(int argc, char **argv)
{
	const unsigned long executions = argc > 1 ? atol(argv[1]) : 0;
	char directory[3][FIXTURE_PATH], path[3][FIXTURE_PATH];
	struct ledger total = { .ns = 0 };
	struct why why = { "" };
	struct run_reader *reader;

	if (!executions)
		return 64;
	run_fuzz_memory();
	any_seed(argc > 2 ? atol(argv[2]) : 0);
	nowhere = fopen("/dev/null", "w");
	if (!nowhere || fixture_begin(directory[0], path[0]) ||
	    fixture_begin(directory[1], path[1]) ||
	    fixture_begin(directory[2], path[2]))
		return EXIT_FAILURE;
	/*
	 * One run with chunks and intervals, and a copy that is never damaged.
	 */
	if (fixture_run(path[0], 9, 4 * FIXTURE_STEP, NULL, &total, true,
			&why) ||
	    fixture_run(path[2], 9, 4 * FIXTURE_STEP, NULL, NULL, true, &why) ||
	    run_reader_open(path[2], true, &reader, &why) ||
	    run_report_read(reader, &all, &sound, &why)) {
		fprintf(stderr, "%s: %s\n", path[0], why.text);
		return EXIT_FAILURE;
	}
	make_blobs();
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	printf("%lu runs: ", fuzz(executions, path[0], path[1]));
	printf("%lu refused and %lu read all the same, with other values %lu and %lu, with a log %lu and %lu; beside them, of blobs, %lu and %lu\n",
	       files.bad, files.good, values.bad, values.good, logs.bad,
	       logs.good, blobs.bad, blobs.good);
	run_report_free(&sound);
	run_reader_close(reader);
	for (size_t i = 0; i < 3; i++)
		fixture_end(directory[i]);
	ledger_free(&total);
	bytes_free(&cells);
	bytes_free(&series);
	fclose(nowhere);
	return files.bad && files.good && values.bad && values.good &&
			       logs.bad && logs.good && blobs.bad &&
			       blobs.good ?
		       EXIT_SUCCESS :
		       EXIT_FAILURE;
}
