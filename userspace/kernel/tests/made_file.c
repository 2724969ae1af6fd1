// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "exit_leaves.h"
#include "kernel/tests/made_file.h"

static const uint32_t reasons[MADE_CELLS] = { 0x72, 0x7b, 0x400, 0x78 };

void made_file_init(struct made_file *file, uint32_t nr_vcpus, uint32_t mode)
{
	memset(file, 0, sizeof(*file));
	file->head.magic = EXIT_FILE_MAGIC;
	file->head.version = EXIT_FILE_VERSION;
	file->head.nr_vcpus = nr_vcpus;
	file->head.isa = EXIT_LEAF_ISA_SVM;
	file->head.mode = mode;
	file->head.tsc_khz = 2000000;
	file->head.nr_cells = MADE_CELLS;
	file->head.nr_spans = mode == EXIT_FILE_HIST ? MADE_SPANS : 0;
	for (uint32_t i = 0; i < MADE_VCPUS; i++) {
		file->vcpu[i].vcpu.id = i;
		for (uint32_t j = 0; j < MADE_CELLS; j++)
			file->vcpu[i].hist[j].min = UINT64_MAX;
	}
}

/*
 * Find the span that a cell has for an octave.  If it has none, take the next
 * free one.
 */
static uint32_t span_of(struct made_vcpu *vcpu, uint32_t cell, uint32_t octave)
{
	uint8_t *span = &vcpu->hist[cell].span[octave], used = 0;

	if (*span)
		return *span;
	for (uint32_t i = 0; i < MADE_CELLS; i++) {
		for (uint32_t j = 0; j < EXIT_FILE_OCTAVES; j++) {
			if (vcpu->hist[i].span[j] > used)
				used = vcpu->hist[i].span[j];
		}
	}
	if (used + 1 < MADE_SPANS)
		*span = used + 1;
	return *span;
}

static void book_hist(struct made_vcpu *vcpu, uint32_t cell, uint64_t exits,
		      uint64_t cycles)
{
	struct exit_file_hist *hist = &vcpu->hist[cell];
	uint64_t longest = cycles < EXIT_FILE_LONGEST ? cycles :
							EXIT_FILE_LONGEST;
	uint64_t x = longest + EXIT_FILE_OFFSET;
	uint32_t order = 63 - __builtin_clzll(x);

	vcpu->count[span_of(vcpu, cell, order - EXIT_FILE_FIRST_ORDER)]
		   [(x >> (order - 3)) & 7] += exits;
	if (cycles < hist->min)
		hist->min = cycles;
	if (longest > hist->max)
		hist->max = longest;
}

void made_file_exits(struct made_file *file, uint32_t vcpu, uint32_t cell,
		     uint64_t exits, uint64_t cycles)
{
	struct made_vcpu *to = &file->vcpu[vcpu];

	to->vcpu.flags |= EXIT_FILE_HAS_CELLS;
	to->vcpu.exits += exits;
	to->vcpu.stat_exits += exits;
	to->cell[cell].exits += exits;
	if (file->head.mode >= EXIT_FILE_TIME) {
		to->vcpu.cycles += exits * cycles;
		to->cell[cell].cycles += exits * cycles;
	}
	if (file->head.mode == EXIT_FILE_HIST) {
		to->vcpu.flags |= EXIT_FILE_HAS_HIST;
		book_hist(to, cell, exits, cycles);
	}
}

static unsigned char *put(unsigned char *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

unsigned char *made_file_pack(struct made_file *file, size_t *length)
{
	const struct made_vcpu *vcpu = file->vcpu;
	struct exit_file_head *head = &file->head;
	unsigned char *bytes, *at;

	head->head_size = (sizeof(*head) + sizeof(reasons) + 7) / 8 * 8;
	head->vcpu_size = sizeof(vcpu->vcpu) + sizeof(vcpu->cell);
	if (head->nr_spans)
		head->vcpu_size += sizeof(vcpu->hist) + sizeof(vcpu->count);
	*length = head->head_size + head->nr_vcpus * head->vcpu_size;
	bytes = calloc(1, *length);
	if (!bytes)
		abort();
	put(put(bytes, head, sizeof(*head)), reasons, sizeof(reasons));
	at = bytes + head->head_size;
	for (uint32_t i = 0; i < head->nr_vcpus; i++, vcpu++) {
		at = put(at, &vcpu->vcpu, sizeof(vcpu->vcpu));
		at = put(at, vcpu->cell, sizeof(vcpu->cell));
		if (!head->nr_spans)
			continue;
		at = put(at, vcpu->hist, sizeof(vcpu->hist));
		at = put(at, vcpu->count, sizeof(vcpu->count));
	}
	return bytes;
}
