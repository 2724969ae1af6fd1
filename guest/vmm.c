// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"

#define CR0_PE 0x1ull
#define CR0_ET 0x10ull
#define CR0_PG 0x80000000ull
#define CR4_PAE 0x20ull
#define EFER_LME 0x100ull
#define EFER_LMA 0x400ull
#define APIC_X2APIC 0x400ull
#define APIC_ENABLED 0x800ull
#define MSR_VM_HSAVE_PA 0xc0010117u

/* kvm-intel needs three pages for itself; they are just below 4 GiB. */
#define TSS_ADDRESS 0xfffbd000ul

static int fail(struct vmm *vmm, const char *what)
{
	int error = errno;

	snprintf(vmm->why, sizeof(vmm->why), "%s: %s", what, strerror(error));
	return -error;
}

#define CPUID_1_ECX_TSC_DEADLINE (1u << 24)

/*
 * Give the vCPU all CPUID features that KVM supports, and TSC deadlines if KVM
 * has the APIC.
 */
static int set_cpuid(struct vmm *vmm, int vcpu, bool apic)
{
	enum { MOST = 256 };
	struct kvm_cpuid2 *cpuid;
	int r = 0;

	cpuid = calloc(1, sizeof(*cpuid) + MOST * sizeof(cpuid->entries[0]));
	if (!cpuid)
		return fail(vmm, "memory");
	cpuid->nent = MOST;
	if (ioctl(vmm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid))
		r = fail(vmm, "KVM_GET_SUPPORTED_CPUID");
	for (unsigned int i = 0; apic && !r && i < cpuid->nent; i++) {
		if (cpuid->entries[i].function == 1)
			cpuid->entries[i].ecx |= CPUID_1_ECX_TSC_DEADLINE;
	}
	if (!r && ioctl(vcpu, KVM_SET_CPUID2, cpuid))
		r = fail(vmm, "KVM_SET_CPUID2");
	free(cpuid);
	return r;
}

static int set_long_mode(struct vmm *vmm, int vcpu,
			 const struct vmm_state *state)
{
	struct kvm_segment code = {
		.limit = 0xffffffff,
		.selector = state->cs,
		.type = 11, /* execute, read, accessed */
		.present = 1,
		.s = 1,
		.l = 1,
		.g = 1,
	};
	struct kvm_segment data = code;
	struct kvm_sregs sregs;

	data.selector = state->ss;
	data.type = 3; /* read, write, accessed */
	data.l = 0;
	data.db = 1;
	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return fail(vmm, "KVM_GET_SREGS");
	sregs.cr0 = CR0_PE | CR0_ET | CR0_PG | state->cr0;
	sregs.cr3 = state->pml4;
	sregs.cr4 = CR4_PAE | state->cr4;
	sregs.efer = EFER_LME | EFER_LMA | state->efer;
	if (state->apic)
		sregs.apic_base |= APIC_ENABLED | APIC_X2APIC;
	sregs.gdt.base = state->gdt;
	sregs.gdt.limit = state->gdt_limit;
	sregs.idt.base = state->idt;
	sregs.idt.limit = state->idt_limit;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs))
		return fail(vmm, "KVM_SET_SREGS");
	return 0;
}

static int set_debug(struct vmm *vmm, int vcpu)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP,
	};

	if (ioctl(vcpu, KVM_SET_GUEST_DEBUG, &debug))
		return fail(vmm, "KVM_SET_GUEST_DEBUG");
	return 0;
}

static int set_hsave(struct vmm *vmm, int vcpu, uint64_t address)
{
	struct kvm_msrs *msrs;
	int r = 0;

	msrs = calloc(1, sizeof(*msrs) + sizeof(msrs->entries[0]));
	if (!msrs)
		return fail(vmm, "memory");
	msrs->nmsrs = 1;
	msrs->entries[0].index = MSR_VM_HSAVE_PA;
	msrs->entries[0].data = address;
	if (ioctl(vcpu, KVM_SET_MSRS, msrs) != 1)
		r = fail(vmm, "KVM_SET_MSRS of VM_HSAVE_PA");
	free(msrs);
	return r;
}

static int create_vcpu(struct vmm *vmm, unsigned int id,
		       const struct vmm_state *state)
{
	/* With KVM's APIC, all vCPUs but the first would wait for an IPI. */
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct vmm_vcpu *vcpu = &vmm->vcpu[id];
	int r;

	vcpu->fd = ioctl(vmm->vm, KVM_CREATE_VCPU, id);
	if (vcpu->fd < 0)
		return fail(vmm, "KVM_CREATE_VCPU");
	vmm->nr_vcpus++;
	vcpu->stats = ioctl(vcpu->fd, KVM_GET_STATS_FD, NULL);
	vcpu->run = mmap(NULL, vmm->run_size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		return fail(vmm, "mmap of struct kvm_run");
	r = set_cpuid(vmm, vcpu->fd, state->apic);
	if (!r && state->apic && ioctl(vcpu->fd, KVM_SET_MP_STATE, &runnable))
		r = fail(vmm, "KVM_SET_MP_STATE");
	if (!r)
		r = set_long_mode(vmm, vcpu->fd, state);
	if (!r && state->debug)
		r = set_debug(vmm, vcpu->fd);
	if (!r && state->hsave)
		r = set_hsave(vmm, vcpu->fd, state->hsave);
	return r;
}

static int create_vm(struct vmm *vmm, size_t size)
{
	struct kvm_userspace_memory_region region = { .memory_size = size };
	int run_size;

	vmm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vmm->kvm < 0)
		return fail(vmm, "/dev/kvm");
	vmm->vm = ioctl(vmm->kvm, KVM_CREATE_VM, 0);
	if (vmm->vm < 0)
		return fail(vmm, "KVM_CREATE_VM");
	if (ioctl(vmm->vm, KVM_SET_TSS_ADDR, TSS_ADDRESS))
		return fail(vmm, "KVM_SET_TSS_ADDR");
	run_size = ioctl(vmm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (run_size < 0)
		return fail(vmm, "KVM_GET_VCPU_MMAP_SIZE");
	vmm->run_size = run_size;
	vmm->memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (vmm->memory == MAP_FAILED)
		return fail(vmm, "memory of the guest");
	vmm->size = size;
	region.userspace_addr = (uintptr_t)vmm->memory;
	if (ioctl(vmm->vm, KVM_SET_USER_MEMORY_REGION, &region))
		return fail(vmm, "KVM_SET_USER_MEMORY_REGION");
	return 0;
}

int vmm_create(struct vmm *vmm, size_t memory, unsigned int nr_vcpus,
	       const struct vmm_state *state)
{
	int r;

	memset(vmm, 0, sizeof(*vmm));
	vmm->kvm = vmm->vm = -1;
	vmm->memory = MAP_FAILED;
	vmm->vcpu = calloc(nr_vcpus, sizeof(*vmm->vcpu));
	if (!vmm->vcpu)
		return fail(vmm, "memory");
	r = create_vm(vmm, memory);
	if (!r && state->apic && ioctl(vmm->vm, KVM_CREATE_IRQCHIP, 0))
		r = fail(vmm, "KVM_CREATE_IRQCHIP");
	for (unsigned int i = 0; !r && i < nr_vcpus; i++)
		r = create_vcpu(vmm, i, state);
	return r;
}

int vmm_get_sregs(struct vmm *vmm, unsigned int vcpu, struct kvm_sregs *sregs)
{
	if (ioctl(vmm->vcpu[vcpu].fd, KVM_GET_SREGS, sregs))
		return fail(vmm, "KVM_GET_SREGS");
	return 0;
}

int vmm_set_sregs(struct vmm *vmm, unsigned int vcpu,
		  const struct kvm_sregs *sregs)
{
	if (ioctl(vmm->vcpu[vcpu].fd, KVM_SET_SREGS, sregs))
		return fail(vmm, "KVM_SET_SREGS");
	return 0;
}

int vmm_get_regs(struct vmm *vmm, unsigned int vcpu, struct kvm_regs *regs)
{
	if (ioctl(vmm->vcpu[vcpu].fd, KVM_GET_REGS, regs))
		return fail(vmm, "KVM_GET_REGS");
	return 0;
}

int vmm_set_regs(struct vmm *vmm, unsigned int vcpu,
		 const struct kvm_regs *regs)
{
	if (ioctl(vmm->vcpu[vcpu].fd, KVM_SET_REGS, regs))
		return fail(vmm, "KVM_SET_REGS");
	return 0;
}

int vmm_run(struct vmm *vmm, unsigned int vcpu)
{
	while (ioctl(vmm->vcpu[vcpu].fd, KVM_RUN, 0)) {
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
	return 0;
}

/* Read one statistic from a file: linux/kvm.h, "binary statistics". */
static int read_statistic(int fd, const char *name, uint64_t *value)
{
	struct kvm_stats_desc *descriptor;
	struct kvm_stats_header header;
	int r = -ENOTSUP;
	size_t size;

	if (fd < 0)
		return -ENOTSUP;
	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header))
		return -EIO;
	size = sizeof(*descriptor) + header.name_size;
	descriptor = malloc(size);
	if (!descriptor)
		return -ENOMEM;
	for (uint32_t i = 0; i < header.num_desc && r == -ENOTSUP; i++) {
		if (pread(fd, descriptor, size,
			  header.desc_offset + i * size) != (ssize_t)size)
			r = -EIO;
		else if (!strncmp(descriptor->name, name, header.name_size))
			r = pread(fd, value, sizeof(*value),
				  header.data_offset + descriptor->offset) ==
					    (ssize_t)sizeof(*value) ?
				    0 :
				    -EIO;
	}
	free(descriptor);
	return r;
}

int vmm_exits(struct vmm *vmm, uint64_t *exits)
{
	*exits = 0;
	for (unsigned int i = 0; i < vmm->nr_vcpus; i++) {
		uint64_t own = 0;
		int r = read_statistic(vmm->vcpu[i].stats, "exits", &own);

		if (r)
			return r;
		*exits += own;
	}
	return 0;
}

void vmm_end_vcpu(struct vmm *vmm, unsigned int vcpu)
{
	struct vmm_vcpu *ended = &vmm->vcpu[vcpu];

	if (ended->run && ended->run != MAP_FAILED)
		munmap(ended->run, vmm->run_size);
	ended->run = NULL;
	if (ended->fd >= 0)
		close(ended->fd);
	ended->fd = -1;
}

void vmm_destroy(struct vmm *vmm)
{
	for (unsigned int i = 0; i < vmm->nr_vcpus; i++) {
		vmm_end_vcpu(vmm, i);
		if (vmm->vcpu[i].stats >= 0)
			close(vmm->vcpu[i].stats);
	}
	free(vmm->vcpu);
	if (vmm->memory != MAP_FAILED)
		munmap(vmm->memory, vmm->size);
	if (vmm->vm >= 0)
		close(vmm->vm);
	if (vmm->kvm >= 0)
		close(vmm->kvm);
}
