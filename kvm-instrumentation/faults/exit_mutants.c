// SPDX-License-Identifier: GPL-2.0-only
/* The mutants of exit_mutants.def.  Included by exit_leaves.c. */

enum kvm_mutant kvm_mutant;
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_mutant);

#define MUTANT(id, name, what) [MUTANT_##id] = name,
static const char *const mutant_names[MUTANT_NR] = {
	[MUTANT_NONE] = "none",
#include "exit_mutants.def"
};

#undef MUTANT

/* MUTANT_GLOBAL's counters of all VMs, with room for either ISA's cells. */
static union {
	struct kvm_exit_cells cells;
	u8 room[sizeof(struct kvm_exit_cells) +
		KVM_EXIT_MAX_CELLS * sizeof(struct exit_file_cell)];
} mutant_global;

#define MUTANT_START (BIT_ULL(32) - 500)

enum mutant_kind { KIND_OTHER, KIND_IO, KIND_HLT, KIND_INTERRUPT, KIND_RESET };

static enum mutant_kind mutant_kind(u32 reason)
{
	static const u32 reasons[][KIND_RESET + 1] = {
		[EXIT_LEAF_ISA_VMX] = { -1, 30, 12, 1, 2 },
		[EXIT_LEAF_ISA_SVM] = { -1, 0x7b, 0x78, 0x60, 0x7f },
	};
	enum mutant_kind kind;

	for (kind = KIND_IO; kind <= KIND_RESET; kind++) {
		if (reasons[kvm_exit_stats_isa][kind] == reason)
			return kind;
	}
	return KIND_OTHER;
}

static struct exit_file_cell *mutant_cell(struct kvm_exit_cells *cells,
					  u32 reason)
{
	return (void *)cells->cell +
	       kvm_exit_stats_place(cells->cell, kvm_exit_stats_isa, reason);
}

/* The cells that the hooks write to. */
static struct kvm_exit_cells *mutant_cells(struct kvm_exit_stats *stats)
{
	return kvm_exit_cells_at(stats->cell);
}

static u32 mutant_nr_cells(void)
{
	return kvm_exit_nr_cells(kvm_exit_stats_isa);
}

static struct kvm_vcpu *mutant_vcpu(struct kvm_exit_stats *stats)
{
	return (void *)stats - kvm_exit_stats_offset;
}

static void mutant_book(struct kvm_exit_stats *stats,
			struct exit_file_cell *cell, u64 total, u64 by_reason)
{
	mutant_cells(stats)->exits += total;
	cell->exits += by_reason;
	stats->open = (void *)cell - (void *)mutant_cells(stats)->cell;
	if (static_branch_likely(&kvm_exit_timing))
		stats->stamp = rdtsc();
}

/* Count in one total per VM, kept with its first vCPU, without any lock. */
static void mutant_race(struct kvm_exit_stats *stats)
{
	struct kvm_vcpu *first = kvm_get_vcpu(mutant_vcpu(stats)->kvm, 0);
	struct kvm_exit_stats *shared = kvm_exit_stats_of(first);

	if (!stats->mutant.b)
		stats->mutant.b = shared->mutant.a;
	stats->mutant.b++;
	/* "a" is the total, and "b" this vCPU's copy of it. */
	shared->mutant.a = stats->mutant.b;
}

/* Once, set counters as if the calling thread's vCPU had run for a week. */
static void mutant_start_high(struct kvm_exit_stats *stats)
{
	u32 i;

	if (stats->mutant.a++)
		return;

	mutant_cells(stats)->exits = mutant_cells(stats)->cycles = MUTANT_START;
	for (i = 0; i < mutant_nr_cells(); i++) {
		mutant_cells(stats)->cell[i].exits = MUTANT_START;
		mutant_cells(stats)->cell[i].cycles = MUTANT_START;
	}
}

static void mutant_reset(struct kvm_exit_stats *stats)
{
	mutant_cells(stats)->exits = 0;
	mutant_cells(stats)->cycles = 0;
	memset(mutant_cells(stats)->cell, 0,
	       mutant_nr_cells() * sizeof(struct exit_file_cell));
}

/* Make a mistake in how much is counted, or where; false: not this mutant's. */
static bool mutant_count(struct kvm_exit_stats *stats, u32 reason)
{
	struct exit_file_cell *cell = mutant_cell(mutant_cells(stats), reason);
	enum mutant_kind kind = mutant_kind(reason);
	u64 total = 1, by_reason = 1;

	switch (kvm_mutant) {
	case MUTANT_LOST_IO:
		if (kind == KIND_IO && cell->exits == 99)
			return true;
		break;
	case MUTANT_HANDLER:
		total = by_reason = kind != KIND_HLT;
		break;
	case MUTANT_THOUSANDTH:
		total = by_reason = ++stats->mutant.a % 1000 != 0;
		break;
	case MUTANT_FIRST_LOST:
		total = by_reason = stats->mutant.a++ != 0;
		break;
	case MUTANT_START_AT_ONE:
		total = stats->mutant.a++ ? 1 : 2;
		break;
	case MUTANT_NEIGHBOUR:
		cell += kind == KIND_HLT;
		break;
	case MUTANT_MODULO:
		cell = mutant_cell(mutant_cells(stats), reason % 64);
		break;
	case MUTANT_CLAMP:
		if (reason > kvm_exit_reason_dense_limit())
			cell = mutant_cell(mutant_cells(stats),
					   kvm_exit_reason_dense_limit());
		break;
	case MUTANT_USERSPACE_TWICE:
		total = by_reason = 1 + (kind == KIND_IO);
		break;
	case MUTANT_NO_INTERRUPTS:
		total = kind != KIND_INTERRUPT;
		break;
	case MUTANT_AT_ENTRY:
		total = by_reason = 0;
		break;
	case MUTANT_ENTRIES:
		total = 0;
		break;
	default:
		return false;
	}
	mutant_book(stats, cell, total, by_reason);
	return true;
}

bool kvm_mutant_exit(struct kvm_exit_stats *stats, u32 reason)
{
	struct exit_file_cell *cell;

	switch (kvm_mutant) {
	case MUTANT_NOTHING:
	case MUTANT_HANDLE_EXIT:
		return true;
	case MUTANT_RESET:
		if (mutant_kind(reason) == KIND_RESET)
			mutant_reset(stats);
		return false;
	case MUTANT_GLOBAL:
		mutant_global.cells.exits++;
		cell = mutant_cell(&mutant_global.cells, reason);
		mutant_cells(stats)->exits--; /* as mutant_book() adds one there */
		mutant_book(stats, cell, 1, 1);
		return true;
	case MUTANT_RACE:
		mutant_race(stats);
		return false;
	case MUTANT_STALE:
		if (!(mutant_cells(stats)->exits & 63))
			stats->mutant.a = mutant_cells(stats)->exits;
		return false;
	case MUTANT_NO_HLT_TIME:
		if (mutant_kind(reason) != KIND_HLT)
			return false;
		mutant_book(stats, mutant_cell(mutant_cells(stats), reason), 1, 1);
		stats->stamp = 0;
		return true;
	case MUTANT_TIME_IN_HANDLER:
		mutant_book(stats, mutant_cell(mutant_cells(stats), reason), 1, 1);
		stats->stamp = 0;
		return true;
	case MUTANT_TIME_SHIFTED:
		mutant_cell(mutant_cells(stats), reason)->cycles += stats->mutant.a;
		stats->mutant.a = 0;
		return false;
	default:
		return mutant_count(stats, reason);
	}
}
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_mutant_exit);

bool kvm_mutant_entry(struct kvm_exit_stats *stats)
{
	switch (kvm_mutant) {
	case MUTANT_AT_ENTRY:
		if (!stats->stamp)
			return false;
		mutant_cells(stats)->exits++;
		mutant_cells(stats)
			->cell[stats->open / sizeof(struct exit_file_cell)]
			.exits++;
		return false;
	case MUTANT_ENTRIES:
		mutant_cells(stats)->exits++;
		return false;
	case MUTANT_TIME_SHIFTED:
		stats->mutant.a = stats->stamp ? rdtsc() - stats->stamp : 0;
		mutant_cells(stats)->cycles += stats->mutant.a;
		stats->stamp = 0;
		return true;
	case MUTANT_TIME_TWICE:
		if (stats->stamp)
			stats->stamp -= rdtsc() - stats->stamp;
		return false;
	case MUTANT_TSC_BACK:
		/* As if the exit's CPU had been ten thousand cycles ahead. */
		if (stats->stamp && !(stats->mutant.a++ & 7))
			stats->stamp = rdtsc() + 10000;
		return false;
	default:
		return false;
	}
}
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_mutant_entry);

void kvm_mutant_handle_exit(struct kvm_exit_stats *stats, u32 reason)
{
	if (kvm_mutant == MUTANT_HANDLE_EXIT)
		mutant_book(stats, mutant_cell(mutant_cells(stats), (u16)reason), 1, 1);
	else if (kvm_mutant == MUTANT_TIME_IN_HANDLER)
		stats->stamp = rdtsc();
}
EXPORT_SYMBOL_FOR_KVM_INTERNAL(kvm_mutant_handle_exit);

void kvm_mutant_run(struct kvm_vcpu *vcpu)
{
	struct kvm_exit_stats *stats = kvm_exit_stats_of(vcpu);

	if (kvm_mutant == MUTANT_NO_USERSPACE && stats->stamp)
		stats->stamp = rdtsc();
}

/* --- what is answered --- */

/* Called before a leaf is answered: does this KVM pretend not to know it? */
static bool mutant_hides(struct kvm_vcpu *vcpu, u32 function)
{
	if (kvm_mutant == MUTANT_HIGH_START || kvm_mutant == MUTANT_U32)
		mutant_start_high(kvm_exit_stats_of(vcpu));

	return kvm_mutant == MUTANT_REDIRECT ||
	       (kvm_mutant == MUTANT_NO_REASONS &&
		(function == EXIT_LEAF_REASON_EXITS ||
		 function == EXIT_LEAF_REASON_CYCLES));
}

static bool mutant_has_ended(struct kvm_vcpu *vcpu)
{
	bool ended;

	rcu_read_lock();
	ended = !pid_task(rcu_dereference(vcpu->pid), PIDTYPE_PID);
	rcu_read_unlock();
	return ended;
}

/* The VM whose counters are answered: MUTANT_OTHER_VM takes the oldest. */
static struct kvm *mutant_vm(struct kvm *kvm)
{
	if (kvm_mutant == MUTANT_OTHER_VM) {
		mutex_lock(&kvm_lock);
		kvm = list_last_entry(&vm_list, struct kvm, vm_list);
		mutex_unlock(&kvm_lock);
	}
	return kvm;
}

/* Is a vCPU, by mistake, left out of a sum? */
static bool mutant_skips(struct kvm_vcpu *reader, struct kvm_vcpu *vcpu,
			 bool reasons)
{
	return (kvm_mutant == MUTANT_OWN_VCPU && reasons && vcpu != reader) ||
	       (kvm_mutant == MUTANT_RETIRED && mutant_has_ended(vcpu));
}

static void mutant_sum(struct kvm_vcpu *reader, bool reasons, u32 reason,
		       u64 *exits, u64 *cycles)
{
	const struct exit_file_cell *cell;
	struct kvm_exit_stats *stats;
	struct kvm_vcpu *vcpu;
	unsigned long i;

	*exits = *cycles = 0;
	kvm_for_each_vcpu (i, vcpu, mutant_vm(reader->kvm)) {
		if (mutant_skips(reader, vcpu, reasons))
			continue;
		stats = kvm_exit_stats_of(vcpu);
		cell = reasons ? kvm_exit_stats_read(mutant_cells(stats), reason) : NULL;
		if (reasons && !cell)
			continue;
		*exits += cell ? cell->exits : mutant_cells(stats)->exits;
		*cycles += cell ? cell->cycles : mutant_cells(stats)->cycles;
		if (kvm_mutant == MUTANT_STALE && vcpu != reader && !reasons)
			*exits -= mutant_cells(stats)->exits - stats->mutant.a;
	}
}

/* Make a mistake in the sums of an answer. */
static void mutant_values(struct kvm_vcpu *vcpu, u32 function, u32 reason,
			  u64 *exits, u64 *cycles)
{
	bool reasons = function == EXIT_LEAF_REASON_EXITS ||
		       function == EXIT_LEAF_REASON_CYCLES;
	struct kvm_vcpu *first = kvm_get_vcpu(vcpu->kvm, 0);
	const struct exit_file_cell *cell;

	switch (kvm_mutant) {
	case MUTANT_OTHER_VM:
	case MUTANT_OWN_VCPU:
	case MUTANT_RETIRED:
	case MUTANT_STALE:
		mutant_sum(vcpu, reasons, reason, exits, cycles);
		break;
	case MUTANT_GLOBAL:
		cell = kvm_exit_stats_read(&mutant_global.cells, reason);
		*exits = !reasons ? mutant_global.cells.exits :
			 cell	  ? cell->exits :
				    0;
		if (reasons)
			*cycles = cell ? cell->cycles : 0;
		break;
	case MUTANT_UNCHECKED:
		/* Return some bits of an address, as an unchecked read would;
		 * do not read there. */
		if (reasons && !kvm_exit_reason_defined(reason))
			*exits = lower_32_bits((unsigned long)vcpu);
		break;
	case MUTANT_RACE:
		if (!reasons)
			*exits = kvm_exit_stats_of(first)->mutant.a;
		break;
	case MUTANT_U32:
		*exits = lower_32_bits(*exits);
		*cycles = lower_32_bits(*cycles);
		break;
	default:
		break;
	}
}

/* Make a mistake in the registers of an answer. */
static void mutant_registers(struct kvm_vcpu *vcpu, u32 function, u32 index,
			     u64 exits, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	bool counts = function == EXIT_LEAF_EXITS ||
		      function == EXIT_LEAF_REASON_EXITS;

	switch (kvm_mutant) {
	case MUTANT_SWAPPED:
		if (counts)
			swap(*eax, *ebx);
		break;
	case MUTANT_LAYOUT:
		if (!counts)
			break;
		*ecx = *eax;
		*eax = 0;
		break;
	case MUTANT_REGISTERS:
		if (!counts)
			break;
		*ecx = index;
		*edx = lower_32_bits((unsigned long)vcpu);
		break;
	case MUTANT_C_IS_D:
		if (function != EXIT_LEAF_REASON_CYCLES)
			break;
		*eax = lower_32_bits(exits);
		*ebx = upper_32_bits(exits);
		*ecx = 0;
		break;
	case MUTANT_GAP_ALWAYS:
		*edx |= EXIT_LEAF_DROPPED;
		break;
	default:
		break;
	}
}

/* --- the parameter --- */

static int mutant_set(const char *val, const struct kernel_param *kp)
{
	int i = __sysfs_match_string(mutant_names, MUTANT_NR, val);

	if (i < 0)
		return i;
	kvm_mutant = i;
	memset(&mutant_global, 0, sizeof(mutant_global));
	return 0;
}

static int mutant_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", mutant_names[kvm_mutant]);
}

static const struct kernel_param_ops mutant_ops = {
	.set = mutant_set,
	.get = mutant_get,
};

module_param_cb(exit_stats_mutant, &mutant_ops, NULL, 0644);

static int mutant_list(char *buffer, const struct kernel_param *kp)
{
	int i, len = 0;

	for (i = MUTANT_NONE + 1; i < MUTANT_NR; i++)
		len += sysfs_emit_at(buffer, len, "%s\n", mutant_names[i]);
	return len;
}

static const struct kernel_param_ops mutant_list_ops = {
	.get = mutant_list,
};

/* The names of all mutants, one per line. */
module_param_cb(exit_stats_mutants, &mutant_list_ops, NULL, 0444);
