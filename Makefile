# SPDX-License-Identifier: GPL-2.0-only
#
# `make help` lists the targets.

BUILD ?= build
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= bpftool
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes \
	    -Wmissing-prototypes
# Programs, manual pages and packages take the version from here.  Only CHANGELOG.md
# says it, too: it begins with the same version.
VERSION := 0.1

include packaging/hardening.mk

# The lists of dependencies (.d) spell their targets with "$(BUILD)/" itself, not with
# its value, so that they hold in a later make whose BUILD is another spelling of the
# same folder.
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(CPPFLAGS) $(CFLAGS) \
	     $(HARDENING) -MMD -MP \
	     -MT '$$(BUILD)/$(@:$(BUILD)/%=%)' -I. -Iuserspace -Ibpf \
	     -Ikvm-instrumentation/src

.DELETE_ON_ERROR:

# A recipe fails if any part of a pipeline does.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
# Debian's bpftool is not in an ordinary user's PATH.
export PATH := $(PATH):/usr/sbin:/sbin

# checked NAME,COMMAND: run COMMAND in the shell, and expand to its output; if it
# fails, make ends and says that NAME failed
checked = $(shell $2)$(if $(filter-out 0,$(.SHELLSTATUS)),$(error $1 failed))

.PHONY: all help
all: programs

# Lines of this file that begin with "## " are the help.
help:
	@sed -n 's/^## \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

## make             build the programs: build/bin/exitledger, build/guest/*
## make deps        install the Debian packages that are missing, or say how;
##                  CLASSES="build demo intel debug peers pictures packages check
##                  engines"
##                  (default: build demo)
## make demo        do it all on an emulated AMD host, and show the balanced books
## make lab         the same with VENDOR=amd|intel KERNEL=SERIES SCENARIO=FILE; with
##                  MODULES=DIR, which has modules that were built for a kernel of this
##                  machine; or with BOOK=bpf: the observer alone, on any kernel
## make install     programs, manual pages and completion, with PREFIX=/usr/local and
##                  DESTDIR; make install-test-tools: bench's guest, too.
##                  make uninstall removes both

# Each of the files that are included below adds to these.
PROGRAMS :=
PROGRAMS_OF_LAB :=
UNIT_TESTS :=

include bpf/bpf.mk
include userspace/userspace.mk
include guest/guest.mk
include guest/workloads/workloads.mk
include lab/cost/cost.mk
include lab/faults/faults.mk
include lab/debug/debug.mk

# The compiler's lists of which file includes which.
OBJECT_DIRS := $(wildcard $(addprefix $(BUILD)/,obj bpf tests))
-include $(if $(OBJECT_DIRS),$(call checked,find,find $(OBJECT_DIRS) \
	-ignore_readdir_race -name '*.d'))

.PHONY: programs unit-tests
programs: $(PROGRAMS) $(PROGRAMS_OF_LAB)
unit-tests: $(UNIT_TESTS)

# Check once per make that compilers, bpftool and headers are installed.  All that is
# compiled waits for this.
.PHONY: build-tools
build-tools:
	@lab/setup/build-tools.sh "$(CC)" "$(CLANG)" "$(BPFTOOL)"

CLASSES ?= build demo
.PHONY: deps demo
deps:
	@lab/setup/deps.sh $(CLASSES)
demo:
	@lab/jobs/demo.sh

VENDOR ?= amd
# The default is the kernel of this machine's distribution.
KERNEL ?= $(shell lab/setup/series.sh default)
SCENARIO ?=
MODULES ?=
BOOK ?=
.PHONY: lab
lab:
	@lab/jobs/demo.sh --vendor $(VENDOR) $(if $(BOOK),--book $(BOOK)) \
		$(if $(MODULES),--modules $(MODULES),--kernel $(KERNEL)) $(SCENARIO)

## make kvm-selftests   the kernel's own KVM tests, with and without the patches:
##                  all of them in a quarter of an hour, or TESTS="NAME..."; KERNEL=
TESTS ?=
.PHONY: kvm-selftests
kvm-selftests:
	@lab/setup/deps.sh build demo
	@lab/jobs/selftests.sh --kernel $(KERNEL) $(TESTS)

# The unit tests are also built with the sanitizers, into this folder.
SAN_BUILD := $(BUILD)/san
# With -g, gcc takes as long again to follow the variables; traces need only lines.
SAN_FLAGS := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all
# Recipes with this begin with "+", as make looks for $(MAKE) only in the recipe itself.
SAN_MAKE = $(MAKE) -s BUILD=$(SAN_BUILD) HARDENING=

## make debug-lab   our KVM in a kernel that looks for memory used after it was freed, locks
##                  that can deadlock, and leaks, with one CPU and with two: no report may
##                  be in its log.  MINUTES=3 of load on each; FAULT=uaf|lock: only this
##                  planted mistake; CPUS=1|2: only this load; THREADS=multi: two CPUs
##                  really run at the same time.  The kernel is built once, in 10
##                  minutes or more of two processors
MINUTES ?= 3
DEBUG_KERNEL ?= 6.12
FAULT ?=
CPUS ?=
THREADS ?= single
.PHONY: debug-lab
debug-lab:
	@lab/debug/debug-lab.sh --minutes $(MINUTES) --kernel $(DEBUG_KERNEL) \
		--threads $(THREADS) $(if $(CPUS),--cpus $(CPUS)) \
		$(if $(FAULT),--fault $(FAULT))

## make kvm-cost    what KVM's counters cost, in instructions per exit
## make observer-cost   what BPF's counting costs, likewise
## make bookkeeping-cost   what BPF's bookkeeping costs on this machine, in nanoseconds
## make monitor-cost    what monitor costs, in processor time per refresh
## make kernel-book-cost   what reading KVM's own book costs, likewise
## make export-cost what a scrape of the exporter costs, of 100 to 10,000 VMs: it fails
##                  above 30 ms of processor time for 1,000
## make fleet-engines   how long Prometheus takes to scrape 1,000 VMs; and VictoriaMetrics
##                  scrapes 100 hosts: each panel must have series
## make record-cost what record costs, in processor time, bytes per hour, the most bytes
##                  on the disk and memory, of 64 vCPUs in 1 to 64 VMs and of 1,000 in
##                  100 and 1,000: it fails above 20 MB of 64 vCPUs, and above 100 MB on
##                  the disk or of memory; with CPU=1 above 1 % of a core, too, or
##                  15 % with 1,000 vCPUs
## make bench       all of that beside other tools, in half an hour: writes
##                  docs/overhead.md.  make bench-quick: of CPUID alone, in minutes
.PHONY: kvm-cost
kvm-cost:
	@lab/jobs/kvm-cost.sh --kernel $(KERNEL)

.PHONY: observer-cost
observer-cost:
	@lab/jobs/observer-cost.sh

.PHONY: bookkeeping-cost
bookkeeping-cost: $(BOOKKEEPING)
	@$(BOOKKEEPING)

.PHONY: fleet-engines
fleet-engines:
	@lab/setup/deps.sh build check engines
	@$(MAKE) -s $(EXITLEDGER) $(EXITLEDGER_EXPORT) $(BUILD)/tests/fleet_demo \
		$(BUILD)/tests/host_demo
	@BUILD=$(BUILD) fleet/tests/engines.py
.PHONY: export-cost
export-cost: $(EXITLEDGER) $(EXITLEDGER_EXPORT) $(BUILD)/tests/fleet_demo
	@CPU=1 BUILD=$(BUILD) userspace/commands/tests/export-cost.t

.PHONY: monitor-cost
monitor-cost: $(MONITOR_COST)
	@$(MONITOR_COST)

.PHONY: kernel-book-cost
kernel-book-cost: $(BUILD)/tests/kernel_cost
	@$<

.PHONY: bench bench-quick
bench:
	@lab/jobs/bench.sh --kernel $(KERNEL)
bench-quick:
	@lab/jobs/bench.sh --quick --kernel $(KERNEL)

## make boot-study  a Linux guest's boot, recorded on both hosts with nested paging
##                  and without, in ten minutes: writes docs/boot-study.md; VENDORS=
.PHONY: boot-study
boot-study:
	@lab/jobs/boot-study.sh --vendors "$(VENDORS)" --kernel $(KERNEL)

RECORD_OUT := $(BUILD)/record-cost.exits
.PHONY: record-cost
record-cost: $(RECORD_COST)
	@status=0; for vms in 1 8 16 64; do \
		rm -f $(RECORD_OUT); \
		$(RECORD_COST) $(RECORD_OUT) $$vms || status=$$?; \
	done; for vms in 100 1000; do \
		rm -f $(RECORD_OUT); \
		$(RECORD_COST) $(RECORD_OUT) $$vms 601 360 1000 || status=$$?; \
	done; rm -f $(RECORD_OUT); exit $$status

## make fuzz        TARGET=run|books|bench|report|options|http|web|kernel (default: all
##                  of them): EXECUTIONS=1000000 inputs with damage, none of which may
##                  crash us: recorded runs, with other bytes, other values in their
##                  tables, or a log beside them; compare's books, bench's files,
##                  guests' reports, command lines, requests to the exporter, its
##                  --web-config; KVM's files exit_stats; SEED=N
EXECUTIONS ?= 1000000
# Make the address sanitizer faster: freed memory is used again sooner, while it is still
# in the processor's caches, the stack trace of each allocation is cut short, and only its
# first bytes are filled.  To see more of a crash, repeat it with the same SEED and
# FUZZ_ASAN_OPTIONS=.
FUZZ_ASAN_OPTIONS ?= quarantine_size_mb=1:malloc_context_size=1:max_malloc_fill_size=64
TARGET ?= run books bench report options http web kernel
.PHONY: fuzz
fuzz:
	+@$(SAN_MAKE) CFLAGS='$(SAN_FLAGS)' \
		$(addprefix $(SAN_BUILD)/tests/,run_fuzz text_fuzz serve_fuzz \
			kernel_fuzz)
	@jobs=$$(nproc) seed=$(or $(SEED),0) && \
	seeds=$$(seq $$seed $$((seed + jobs - 1))) && \
	for target in $(TARGET); do \
		case $$target in run) program=run_fuzz ;; \
		http | web) program="serve_fuzz $$target" ;; \
		kernel) program=kernel_fuzz ;; \
		*) program="text_fuzz $$target" ;; esac; \
		echo "$$seeds" | ASAN_OPTIONS=$(FUZZ_ASAN_OPTIONS) \
			xargs -P $$jobs -n 1 $(SAN_BUILD)/tests/$$program \
			$$((($(EXECUTIONS) + jobs - 1) / jobs)) || exit; \
	done

## make leaf-fuzz   the leaves with 100,000 values of ECX; VENDOR=, KERNEL=
## make mutants     books that are wrong, each of which compare must catch, on both
##                  hosts or on VENDORS=; KERNEL=
## make grade       check counters that somebody has added to KVM, PATCH=FILE, SOURCE=DIR or
##                  MODULES=DIR: which leaves are right, which are wrong, and why
##                  (docs/exercise.md); LEAVES=FILE, VENDOR=, KERNEL=; JSON=FILE, HTML=FILE
##                  make grade-solutions: all of lab/grade/solutions, on VENDOR=
## make soak        compare judges right counters of random guests, with ten million
##                  exits, on both hosts and all kernels: it must blame none.  Takes
##                  40 minutes
.PHONY: leaf-fuzz
leaf-fuzz:
	@lab/jobs/leaf-fuzz.sh --vendor $(VENDOR) --kernel $(KERNEL)

VENDORS ?= amd intel
.PHONY: mutants
mutants:
	@lab/setup/deps.sh build demo $(filter intel,$(VENDORS))
	@lab/setup/prepare.sh --faults $(KERNEL)
	@status=0; for vendor in $(VENDORS); do \
		lab/jobs/mutants.py --vendor $$vendor --kernel $(KERNEL) || \
			status=$$?; \
	done; exit $$status

.PHONY: grade grade-solutions
PATCH ?=
SOURCE ?=
LEAVES ?=
JSON ?=
HTML ?=
grade:
	@lab/setup/deps.sh build demo $(filter intel,$(VENDOR))
	@$(MAKE) -s programs
	@lab/grade/grade.py --kernel $(KERNEL) --vendor $(VENDOR) \
		$(if $(PATCH),--patch $(PATCH)) $(if $(SOURCE),--source $(SOURCE)) \
		$(if $(MODULES),--modules $(MODULES)) \
		$(if $(LEAVES),--leaves $(LEAVES)) \
		$(if $(JSON),--json $(JSON)) $(if $(HTML),--html $(HTML))
grade-solutions:
	@lab/setup/deps.sh build demo $(filter intel,$(VENDOR))
	@$(MAKE) -s programs
	@lab/grade/solutions.py --vendor $(VENDOR)

.PHONY: soak
soak:
	@lab/setup/deps.sh build demo intel
	@lab/setup/prepare.sh --available
	@lab/jobs/soak.py

MAKE_JOBS = $(shell nproc)

## make kernels     the observer and both books on all kernels that the lab knows, on
##                  both hosts: writes docs/kernels.md; SERIES="6.18 7.3"
SERIES ?=
.PHONY: kernels
kernels:
	@lab/setup/deps.sh build demo intel
	@lab/jobs/kernels.py $(SERIES)

## make mutate      do the unit tests see what they look at?  Makes small changes to C
##                  files, one at a time, and shows those that no test notices: 50
##                  of each file in MUTATED, or FILE="FILE...", with COUNT=N (0:
##                  all) and SEED=N; TABLE=FILE keeps what became of them.  2 seconds
##                  per change, 10 of BPF programs
# The goal is that the unit tests of these files notice every change, except for those
# that lab/mutate/equivalents.txt lists.  lab/mutate/results.md has a row for each file,
# with the number of changes that were tried, and of those that no test noticed.
MUTATED := $(patsubst %,userspace/%.c,$(addprefix balance/,balance cost report_match \
	       rules) $(addprefix compare/,judge kvm_folders kvm_stats watch) host/vm_name \
	     $(addprefix ledger/,filter hist ledger) report/run_changes \
	     run/run_series sample/columns sample/rows) \
	   $(patsubst %,bpf/%,cells.h exit_reason.h extras.h guest_marks.h \
	     leaf_reads.h marks.h observer.bpf.c slots.h sums.h threads.h)
FILE ?= $(MUTATED)
.PHONY: mutate
mutate:
	@nice lab/mutate/mutate.py --scratch $(abspath $(BUILD))/mutate \
		--jobs $(MAKE_JOBS) --seed $(or $(SEED),1) --count $(or $(COUNT),50) \
		$(if $(TABLE),--table $(TABLE)) $(FILE)

# The longest tests come first, so that none of them runs alone at the end.  An emulator
# waits for a free processor, so there can be more tests at a time than processors.  The
# first two boot the Intel host at the same time, each with another kernel; LAST_TESTS
# read the results of these two boots.  Tests that mostly wait begin beside tests that
# compute.
LONG_TESTS := $(addprefix lab/tests/,intel.t intel-reasons.t) tests/style.t \
	      $(addprefix lab/tests/,l1.t books.t mutants.t) \
	      userspace/serve/tests/abuse.t lab/tests/advise.t \
	      kvm-instrumentation/tests/kernel.t \
	      $(addprefix userspace/commands/tests/,record-faults.t record-keep.t) \
	      $(addprefix lab/tests/,commands.t observer-cost.t bench.t edges.t \
		boot-study.t observer.t)
LAST_TESTS := $(addprefix lab/tests/intel-,edges.t host-reads.t mutants.t rip.t)
ALL_TESTS := $(LONG_TESTS) \
	     $(filter-out $(LONG_TESTS) $(LAST_TESTS),$(sort $(wildcard tests/*.t \
	       */tests/*.t userspace/*/tests/*.t userspace/*/*/tests/*.t)))
# The observer on the newest kernel is in stock.t.
ifneq ($(LAB_KERNELS),all)
ALL_TESTS := $(filter-out lab/tests/observer.t,$(ALL_TESTS))
endif
export LAB_KERNELS
SAN_TESTS := $(UNIT_TESTS:$(BUILD)/%=$(SAN_BUILD)/%)

## make test        quick tests, without any lab: the units, and the style of what
##                  has changed since it last passed
## make check       the tests, on both emulated hosts; those that take long run on one
##                  kernel, this Debian's own or the newest
## make check-all   the same, but the tests that can choose a kernel run on each one that
##                  has patches (AMD host), and the observer's long test runs, too
## make newcomer    make demo and make check as a new user has them: in a new,
##                  minimal Debian system, SUITE=bookworm|trixie
.PHONY: test check check-all newcomer tests-kernels tests-sanitized
tests-kernels:
	@lab/setup/prepare.sh --faults --intel --available
tests-sanitized:
	+@$(SAN_MAKE) CFLAGS='$(SAN_FLAGS) -Werror' unit-tests
test:
	@lab/setup/deps.sh build check
	@$(MAKE) -s -j$(MAKE_JOBS) programs unit-tests
	@BUILD=$(BUILD) lab/checks/check.sh tests/style.t tests/rooms.t tests/docs.t \
		tests/pages.t tests/prose.t tests/lists.t $(UNIT_TESTS)
check:
	@lab/setup/deps.sh build demo intel check
	@$(MAKE) -s -j$(MAKE_JOBS) programs unit-tests
	@$(MAKE) -s -j$(MAKE_JOBS) tests-kernels tests-sanitized
	@BUILD=$(BUILD) lab/checks/check.sh $(ALL_TESTS) $(UNIT_TESTS) $(SAN_TESTS) \
		$(LAST_TESTS)
check-all:
	@$(MAKE) LAB_KERNELS=all check
newcomer:
	@lab/jobs/newcomer.sh $(if $(SUITE),--suite $(SUITE)) $(NEWCOMER)

include packaging/install.mk
include packaging/packages.mk

## make deb         Debian's packages, for Debian 12 and 13, each in a new system of
##                  it; SUITE=bookworm|trixie.  make deb-check: are they good?
##                  make deb-boot: boot one with its kernel and systemd, on an emulated host
## make kvm-modules-deb   KVM's modules with counters as a package for one kernel: KREL=;
##                  MODULES=DIR, which has been built; SIGN_KEY=FILE SIGN_CERT=FILE
## make dist        tarballs of the source and of guests' programs, licences (SPDX), and
##                  checksums.  make rpm: the package for other distributions

## make clean       remove what was built; make distclean: and all downloads,
##                  kernels and images of the lab
.PHONY: clean distclean
clean:
	rm -rf $(addprefix $(BUILD)/,bin bpf completion dist guest man obj page rooms \
		tests san log mutate)
# The downloads, kernels, modules and images of the lab are in BUILD, too.
distclean:
	rm -rf $(BUILD)
