# SPDX-License-Identifier: GPL-2.0-only
#
# make demo    do it all on an emulated AMD host and show the balanced books
# make lab     the same with VENDOR=amd|intel, KERNEL=6.1|6.12, SCENARIO=FILE
# make kvm-cost    what the counters in KVM cost, in instructions per exit
# make observer-cost   what BPF's counting costs, likewise
# make monitor-cost   what monitor itself costs, in CPU time per refresh
# make bench   all of that, and what other tools cost: writes docs/overhead.md, and
#              takes half an hour; make bench-quick: of CPUID alone, in minutes;
#              with KERNEL=6.1|6.12
# make record-cost   what record costs, in CPU time and bytes per hour, of 64 vCPUs
#              in 1 to 64 VMs: fails above 20 MB; with CPU=1 above 1 % of a core, too
# make fuzz TARGET=run|books|bench|report|options   a million inputs with damage, none
#              of which may crash us: recorded runs (each fourth with a log beside it),
#              compare's books, bench's files, guests' reports, command lines; or
#              EXECUTIONS=N.  Without TARGET: all of them
# make leaf-fuzz   the leaves with 100,000 values of ECX
# make mutants books that are wrong, each of which compare must catch: on both
#              hosts, or VENDORS=amd; with KERNEL=6.1|6.12
# make soak    right counters, judged 200 times on both hosts and kernels, with ten
#              million exits: none may be blamed.  Takes 40 minutes.
# make boot-study   a Linux guest's boot, recorded on both hosts with nested paging
#              and without: writes docs/boot-study.md; with VENDORS=amd, KERNEL=6.12.
#              Some ten minutes
# make check   run all tests
# make kvm-selftests  the kernel's own KVM tests, with and without the patches:
#              all of them, which takes a quarter of an hour, or TESTS="NAME...",
#              with KERNEL=6.1|6.12
# make         build the programs alone: build/bin/exitledger, build/guest/*

BUILD ?= build
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= bpftool
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes \
	    -Wmissing-prototypes
VERSION := 0.1

# The dependencies' target is written as $(BUILD)/..., so that they hold for
# whoever comes next, be its $(BUILD) relative or not.
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS) -MMD -MP \
	     -MT '$$(BUILD)/$(@:$(BUILD)/%=%)' -Iuserspace -Ibpf -Ikvm-instrumentation/src

.DELETE_ON_ERROR:

.PHONY: all
all: programs

# Each part says what it adds to these.
PROGRAMS :=
PROGRAMS_OF_LAB :=
UNIT_TESTS :=

include bpf/bpf.mk
include userspace/userspace.mk
include guest/guest.mk
include guest/workloads/workloads.mk
include lab/cost/cost.mk
include lab/faults/faults.mk

.PHONY: programs unit-tests
programs: $(PROGRAMS) $(PROGRAMS_OF_LAB)
unit-tests: $(UNIT_TESTS)

.PHONY: demo
demo:
	@lab/demo.sh

VENDOR ?= amd
KERNEL ?= 6.1
SCENARIO ?=
.PHONY: lab
lab:
	@lab/demo.sh --vendor $(VENDOR) --kernel $(KERNEL) $(SCENARIO)

TESTS ?=
.PHONY: kvm-selftests
kvm-selftests:
	@lab/deps.sh
	@lab/selftests.sh --kernel $(KERNEL) $(TESTS)

# The same unit tests twice: as they are, and with the sanitizers.
SAN_BUILD := $(BUILD)/san
SAN_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all

.PHONY: kvm-cost
kvm-cost:
	@lab/kvm-cost.sh --kernel $(KERNEL)

.PHONY: observer-cost
observer-cost:
	@lab/observer-cost.sh

.PHONY: monitor-cost
monitor-cost: $(MONITOR_COST)
	@$(MONITOR_COST)

.PHONY: bench bench-quick
bench:
	@lab/bench.sh --kernel $(KERNEL)
bench-quick:
	@lab/bench.sh --quick --kernel $(KERNEL)

.PHONY: boot-study
boot-study:
	@lab/boot-study.sh --vendors "$(VENDORS)" --kernel $(KERNEL)

RECORD_OUT := $(BUILD)/record-cost.exits
.PHONY: record-cost
record-cost: $(RECORD_COST)
	@status=0; for vms in 1 8 16 64; do \
		rm -f $(RECORD_OUT); \
		$(RECORD_COST) $(RECORD_OUT) $$vms || status=$$?; \
	done; rm -f $(RECORD_OUT); exit $$status

# SEED=N: other damage.
EXECUTIONS ?= 1000000
TARGET ?= run books bench report options
.PHONY: fuzz
fuzz:
	@$(MAKE) -s BUILD=$(SAN_BUILD) CFLAGS='$(SAN_FLAGS)' \
		$(SAN_BUILD)/tests/run_fuzz $(SAN_BUILD)/tests/text_fuzz
	@jobs=$$(nproc) seed=$(or $(SEED),0) && \
	seeds=$$(seq $$seed $$((seed + jobs - 1))) && \
	for target in $(TARGET); do \
		case $$target in run) program=run_fuzz ;; \
		*) program="text_fuzz $$target" ;; esac; \
		echo "$$seeds" | xargs -P $$jobs -n 1 $(SAN_BUILD)/tests/$$program \
			$$((($(EXECUTIONS) + jobs - 1) / jobs)) || exit; \
	done

.PHONY: leaf-fuzz
leaf-fuzz:
	@lab/leaf-fuzz.sh --vendor $(VENDOR) --kernel $(KERNEL)

VENDORS ?= amd intel
.PHONY: mutants
mutants:
	@lab/deps.sh $(if $(filter intel,$(VENDORS)),--intel)
	@lab/prepare.sh --faults $(KERNEL)
	@status=0; for vendor in $(VENDORS); do \
		lab/mutants.sh --vendor $$vendor --kernel $(KERNEL) || \
			status=$$?; \
	done; exit $$status

.PHONY: soak
soak:
	@lab/deps.sh --intel
	@lab/prepare.sh 6.1 6.12
	@lab/soak.sh

# Tests send signals, which whoever runs this may have had ignored (nohup).  Two
# side by side, as most of them run an emulator on one processor; those that take
# longest come first, so that none is left over at the end.
JOBS ?= 2
LONG_TESTS := kvm-instrumentation/t/kernel.t userspace/t/style.t
TESTS_OF_ALL := $(LONG_TESTS) \
		$(filter-out $(LONG_TESTS),$(sort $(wildcard */t/*.t)))
.PHONY: check tests-kernels tests-sanitized
tests-kernels:
	@lab/prepare.sh --faults 6.1 6.12
tests-sanitized:
	@$(MAKE) -s BUILD=$(SAN_BUILD) CFLAGS='$(SAN_FLAGS) -Werror' unit-tests
check:
	@lab/deps.sh --check
	@$(MAKE) -s -j$(JOBS) programs unit-tests
	@$(MAKE) -s -j$(JOBS) tests-kernels tests-sanitized
	@BUILD=$(BUILD) env --default-signal prove -j$(JOBS) --timer --exec '' \
		$(TESTS_OF_ALL) $(UNIT_TESTS) $(UNIT_TESTS:$(BUILD)/%=$(SAN_BUILD)/%)

PREFIX ?= /usr/local
.PHONY: install
install: programs
	install -D -t $(DESTDIR)$(PREFIX)/bin $(PROGRAMS)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/exitledger \
		docs/exitledger-monitor.schema.json

.PHONY: clean distclean
clean:
	rm -rf $(addprefix $(BUILD)/,bin bpf guest obj page tests san log)
# With all downloads, kernel modules and lab images.
distclean:
	rm -rf $(BUILD)
