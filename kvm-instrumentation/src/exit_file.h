/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * The file exit_stats in a VM's debugfs folder, in which the host reads what
 * KVM has counted for that VM.
 *
 * This is the only place where the file's layout is defined: KVM writes it and
 * the host's tools read it by these structures.
 *
 * The file is a struct exit_file_head and the reasons of the cells, and then,
 * from head_size on, a record of vcpu_size bytes for each vCPU:
 *
 *	struct exit_file_vcpu
 *	struct exit_file_cell	[nr_cells]
 *	struct exit_file_hist	[nr_cells]		if nr_spans is not 0
 *	__u32			[nr_spans][EXIT_FILE_SPAN]	likewise
 *
 * All numbers are in the host's byte order.  Each read, at any place of the
 * file, returns the counters' values at that moment.  It ends early only at the
 * end of the file, and never within a number of 64 bits.  Whether the records
 * have histograms is decided when the file is opened: a reader that finds @mode
 * changed must open the file again.  Once the VM is gone, reads fail with EIO.
 *
 * Only a vCPU's own thread writes its counters.  Exits, cycles, dropped and max
 * never decrease, min never increases, and the counts of a histogram are modulo
 * 2^32.  stat_exits is KVM's own, which a write to its file in debugfs clears.
 */
#ifndef EXIT_FILE_H
#define EXIT_FILE_H

#include <linux/types.h>

#define EXIT_FILE_MAGIC		0x6b6f6f4274697845ull	/* "ExitBook" */
#define EXIT_FILE_VERSION	1

/* So many cells before the last have reasons that differ from vCPU to vCPU. */
#define EXIT_FILE_SPARSE	10

/* exit_file_head.mode: what is counted, besides what the modes before count. */
#define EXIT_FILE_OFF		0
#define EXIT_FILE_COUNT		1	/* exits */
#define EXIT_FILE_TIME		2	/* cycles */
#define EXIT_FILE_HIST		3	/* the least and the most, histograms */

/* exit_file_vcpu.flags */
#define EXIT_FILE_HAS_CELLS	0x1u	/* else only stat_exits is counted */
#define EXIT_FILE_HAS_HIST	0x2u	/* else its histograms are 0 */
#define EXIT_FILE_UNCOUNTED	0x4u	/* exits are missing: there was no memory */

/**
 * struct exit_file_head - what holds for the whole VM
 * @magic: EXIT_FILE_MAGIC
 * @version: EXIT_FILE_VERSION; another layout has another one
 * @head_size: where the first vCPU's record is
 * @vcpu_size: bytes of a record
 * @nr_vcpus: how many records there are
 * @isa: EXIT_LEAF_ISA_* of exit_leaves.h
 * @mode: EXIT_FILE_*, as it is now
 * @tsc_khz: the TSC's rate
 * @nr_cells: cells of a record.  The last one counts the exits of all reasons
 *	      that found no free cell, and has no reason itself.
 * @nr_spans: spans of a record's histograms; 0: it has none
 * @tsc: the TSC when the head was read
 * @reason: of each cell: an exit code (SVM) or a basic exit reason (VMX).  Those
 *	    of the EXIT_FILE_SPARSE cells before the last are 0 here, and are in
 *	    the record.
 */
struct exit_file_head {
	__u64 magic;
	__u32 version;
	__u32 head_size;
	__u32 vcpu_size;
	__u32 nr_vcpus;
	__u32 isa;
	__u32 mode;
	__u32 tsc_khz;
	__u32 nr_cells;
	__u32 nr_spans;
	__u32 reserved;
	__u64 tsc;
	__u32 reason[];
};

/**
 * struct exit_file_vcpu - what holds for a vCPU; its cells follow
 * @id: the vCPU's number (KVM_CREATE_VCPU)
 * @pid: the thread that has run it last, in the initial PID namespace; 0: none
 * @flags: EXIT_FILE_HAS_CELLS, ...
 * @nr_sparse: how many of @sparse have a reason
 * @exits: of all reasons
 * @cycles: of the TSC, from an exit to the next entry, of all reasons
 * @dropped: exits whose time is in no sum, as the TSC went back meanwhile
 * @stat_exits: KVM's own statistic "exits" of this vCPU
 * @stamp: the TSC at the exit that no entry has followed yet, or 0
 * @sparse: reasons of the EXIT_FILE_SPARSE cells before the last
 */
struct exit_file_vcpu {
	__u32 id;
	__u32 pid;
	__u32 flags;
	__u32 nr_sparse;
	__u64 exits;
	__u64 cycles;
	__u64 dropped;
	__u64 stat_exits;
	__u64 stamp;
	__u32 sparse[EXIT_FILE_SPARSE];
};

/**
 * struct exit_file_cell - the sums of a reason
 * @exits: the number of exits
 * @cycles: of the TSC, from these exits to the next entries
 */
struct exit_file_cell {
	__u64 exits;
	__u64 cycles;
};

/*
 * A histogram of cycles has eight buckets an octave.  An exit of c cycles is in
 *
 *	octave	order - EXIT_FILE_FIRST_ORDER, with x = c + EXIT_FILE_OFFSET and
 *		order = fls64(x) - 1
 *	bucket	(x >> (order - 3)) & 7
 *
 * of its reason: so a bucket is 1/8 of its octave.  It is counted in
 * count[span[octave]][bucket].  An exit of more than EXIT_FILE_LONGEST cycles
 * is counted as one of EXIT_FILE_LONGEST cycles.  Span 0 is used for octaves
 * that found no free span: the exits that are counted there, of all reasons,
 * are in no histogram.
 */
#define EXIT_FILE_OFFSET	64
#define EXIT_FILE_FIRST_ORDER	6
#define EXIT_FILE_OCTAVES	32
#define EXIT_FILE_SPAN		8
#define EXIT_FILE_LONGEST	((1ull << 38) - 1 - EXIT_FILE_OFFSET)

/**
 * struct exit_file_hist - the times of a reason, since histograms are on
 * @min: the least cycles of an exit; all ones: there was none
 * @max: the most cycles of an exit, but not more than EXIT_FILE_LONGEST
 * @span: the span of each octave; 0: none
 */
struct exit_file_hist {
	__u64 min;
	__u64 max;
	__u8 span[EXIT_FILE_OCTAVES];
};

#endif /* EXIT_FILE_H */
