// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "kernel/exit_file_read.h"
#include "ledger/isa.h"

/* The cells of a record follow the vCPU's own part, at this offset. */
#define CELLS sizeof(struct exit_file_vcpu)

static size_t hists_at(const struct exit_file *file)
{
	return CELLS + file->nr_cells * sizeof(struct exit_file_cell);
}

static size_t spans_at(const struct exit_file *file)
{
	return hists_at(file) + file->nr_cells * sizeof(struct exit_file_hist);
}

static size_t record_size(const struct exit_file *file)
{
	if (!file->nr_spans)
		return hists_at(file);
	return spans_at(file) + sizeof(__u32) * EXIT_FILE_SPAN * file->nr_spans;
}

/* Numbers can be at any address, so they are copied with memcpy(). */
static const unsigned char *record(const struct exit_file *file, uint32_t vcpu)
{
	return file->bytes + file->head_size + vcpu * file->vcpu_size;
}

struct exit_file_vcpu exit_file_vcpu(const struct exit_file *file,
				     uint32_t vcpu)
{
	struct exit_file_vcpu of;

	memcpy(&of, record(file, vcpu), sizeof(of));
	return of;
}

struct exit_file_cell exit_file_cell(const struct exit_file *file,
				     uint32_t vcpu, uint32_t cell)
{
	struct exit_file_cell of;

	memcpy(&of, record(file, vcpu) + CELLS + cell * sizeof(of), sizeof(of));
	return of;
}

struct exit_file_hist exit_file_hist(const struct exit_file *file,
				     uint32_t vcpu,
				     const struct exit_file_vcpu *of_vcpu,
				     uint32_t cell)
{
	struct exit_file_hist of = { .min = UINT64_MAX };

	if (file->nr_spans && of_vcpu->flags & EXIT_FILE_HAS_HIST)
		memcpy(&of,
		       record(file, vcpu) + hists_at(file) + cell * sizeof(of),
		       sizeof(of));
	return of;
}

void exit_file_span(const struct exit_file *file, uint32_t vcpu, uint32_t span,
		    uint32_t count[EXIT_FILE_SPAN])
{
	const size_t size = EXIT_FILE_SPAN * sizeof(*count);

	memcpy(count, record(file, vcpu) + spans_at(file) + span * size, size);
}

static uint32_t dense_cells(const struct exit_file *file)
{
	return file->nr_cells - 1 - EXIT_FILE_SPARSE;
}

bool exit_file_reason(const struct exit_file *file,
		      const struct exit_file_vcpu *vcpu, uint32_t cell,
		      uint32_t *reason)
{
	const uint32_t dense = dense_cells(file);

	if (cell < dense) {
		memcpy(reason,
		       file->bytes + sizeof(struct exit_file_head) +
			       cell * sizeof(*reason),
		       sizeof(*reason));
		return true;
	}
	if (cell - dense >= vcpu->nr_sparse)
		return false;
	*reason = vcpu->sparse[cell - dense];
	return true;
}

bool exit_file_has_cells_of(const struct exit_file *a,
			    const struct exit_file *b)
{
	return a->isa == b->isa && a->tsc_khz == b->tsc_khz &&
	       a->nr_cells == b->nr_cells &&
	       !memcmp(a->bytes + sizeof(struct exit_file_head),
		       b->bytes + sizeof(struct exit_file_head),
		       a->nr_cells * sizeof(__u32));
}

static int damaged(struct why *why, const char *what)
{
	return why_set(why, EINVAL, "KVM's file exit_stats is damaged: %s",
		       what);
}

/*
 * The highest span number of a vCPU.  The loop has no branches, as a vCPU can
 * have thousands of these numbers.
 */
static uint8_t highest_span(const struct exit_file *file, uint32_t vcpu)
{
	const unsigned char *hist = record(file, vcpu) + hists_at(file);
	uint8_t highest = 0;

	for (uint32_t i = 0; i < file->nr_cells; i++) {
		const unsigned char *span =
			hist + i * sizeof(struct exit_file_hist) +
			offsetof(struct exit_file_hist, span);

		for (uint32_t j = 0; j < EXIT_FILE_OCTAVES; j++)
			highest = span[j] > highest ? span[j] : highest;
	}
	return highest;
}

static int check_vcpus(const struct exit_file *file, struct why *why)
{
	int r = 0;

	for (uint32_t i = 0; i < file->nr_vcpus && !r; i++) {
		const struct exit_file_vcpu vcpu = exit_file_vcpu(file, i);

		if (vcpu.nr_sparse > EXIT_FILE_SPARSE)
			r = damaged(
				why,
				"a vCPU has more reasons than there are cells");
		else if (file->nr_spans && vcpu.flags & EXIT_FILE_HAS_HIST &&
			 highest_span(file, i) >= file->nr_spans)
			r = damaged(
				why,
				"a histogram refers to a span that does not exist");
	}
	return r;
}

static int check_head(const struct exit_file_head *head,
		      const struct exit_file *file, struct why *why)
{
	if (head->nr_cells <= EXIT_FILE_SPARSE)
		return damaged(why, "it has too few cells");
	if (head->head_size <
		    sizeof(*head) + file->nr_cells * sizeof(head->reason[0]) ||
	    head->vcpu_size < record_size(file))
		return damaged(why, "its records are too short");
	if (!head->tsc_khz)
		return damaged(why, "the TSC's rate is 0");
	if (head->mode > EXIT_FILE_HIST)
		return damaged(why, "its mode is not known");
	if (!isa_find(head->isa))
		return damaged(why, "its kind of processor is not known");
	return 0;
}

int exit_file_read(const void *bytes, size_t length, struct exit_file *file,
		   struct why *why)
{
	struct exit_file_head head;
	int r;

	if (length < sizeof(head))
		return damaged(why, "it ends within its head");
	memcpy(&head, bytes, sizeof(head));
	if (head.magic != EXIT_FILE_MAGIC)
		return why_set(
			why, EPROTO,
			"KVM's file exit_stats is not of exitledger's patches");
	if (head.version != EXIT_FILE_VERSION)
		return why_set(
			why, EPROTO,
			"KVM's file exit_stats has version %u, and this program knows %u: use a program and patches of the same release",
			head.version, EXIT_FILE_VERSION);
	*file = (struct exit_file){
		.bytes = bytes,
		.head_size = head.head_size,
		.vcpu_size = head.vcpu_size,
		.nr_vcpus = head.nr_vcpus,
		.isa = head.isa,
		.mode = head.mode,
		.tsc_khz = head.tsc_khz,
		.nr_cells = head.nr_cells,
		.nr_spans = head.nr_spans,
		.tsc = head.tsc,
	};
	r = check_head(&head, file, why);
	if (r)
		return r;
	/*
	 * All records must be in the file. record() multiplies two numbers
	 * below 2^32, which cannot overflow.
	 */
	if (length < file->head_size ||
	    (length - file->head_size) / file->vcpu_size < file->nr_vcpus)
		return damaged(why, "it ends before its last vCPU does");
	return check_vcpus(file, why);
}
