# SPDX-License-Identifier: GPL-2.0-only
# exitledger, exitledger-export, and the unit tests of bpf/ and userspace/.  Files are
# found by wildcards: a new one needs no line here.

# In the order of linking: a room uses those after it (tests/rooms.txt).
ROOMS := commands serve bench report/page report compare balance run top sample \
	 advise observe kernel export host ledger lib

# objects_of DIR: the objects of all its sources
objects_of = $(patsubst %,$(BUILD)/obj/%.o,$(basename \
	       $(filter-out %.bpf.c,$(wildcard $1/*.c $1/*.S))))
# archive ROOM: the room's archive; slashes of ROOM become "-" in its file name
archive = $(BUILD)/rooms/$(subst /,-,$1).a

MAIN := $(BUILD)/obj/userspace/commands/main.o
EXPORT_MAIN := $(BUILD)/obj/userspace/commands/export_main.o
ARCHIVES := $(foreach room,$(ROOMS),$(call archive,$(room)))
EXITLEDGER := $(BUILD)/bin/exitledger
EXITLEDGER_EXPORT := $(BUILD)/bin/exitledger-export
LIBRARIES := -Wl,--as-needed -lbpf -ljansson -lseccomp -lsqlite3 -lz -lncursesw -ltinfo -lm

# Only exitledger-export needs these libraries; commands/cmd_export.c says why.
EXPORT_LIBRARIES := -lmicrohttpd -lgnutls -lyaml -lcrypt

PROGRAMS += $(EXITLEDGER) $(EXITLEDGER_EXPORT)

$(EXITLEDGER): $(MAIN) $(ARCHIVES)
	@mkdir -p $(@D)
	$(LINK) $^ -o $@ $(LIBRARIES)
$(EXITLEDGER_EXPORT): $(EXPORT_MAIN) $(ARCHIVES)
	@mkdir -p $(@D)
	$(LINK) $^ -o $@ $(LIBRARIES) $(EXPORT_LIBRARIES)

# Each archive is removed before it is made, because ar would keep the objects of files
# that the room no longer has.
define room_rule
$(call archive,$1): $(filter-out $(MAIN) $(EXPORT_MAIN), \
	$(call objects_of,userspace/$1))
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))
$(BUILD)/rooms/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $^

# Objects that were made with other flags, or for another version, are made again.  The
# "+" runs the command in "make -n", too; mutate.py relies on that.
FLAGS := $(BUILD)/flags
.PHONY: FORCE
$(FLAGS): FORCE
	+@flags='$(VERSION) $(CC) $(CPPFLAGS) $(CFLAGS) $(HARDENING)'; mkdir -p $(@D); \
		[ "$$(cat $@ 2>/dev/null)" = "$$flags" ] || echo "$$flags" > $@

$(BUILD)/obj/%.o: %.c $(FLAGS) | build-tools
	@mkdir -p $(@D)
	@# Keep the compiler's output, because style.t looks for warnings in it.
	$(CC) $(ALL_CFLAGS) -DEXITLEDGER_VERSION='"$(VERSION)"' -c $< -o $@ \
		2>$@.warnings || { cat $@.warnings >&2; exit 1; }
	@cat $@.warnings >&2

# These files add up thousands of histograms, which is most of the programs' work: -O3
# lets the compiler vectorize these loops.
$(patsubst %,$(BUILD)/obj/userspace/%.o,ledger/hist observe/observer_collect \
	kernel/exit_file_read kernel/kernel_growth): \
	ALL_CFLAGS += -O3

# The skeletons of the BPF programs, and of tests' own BPF programs.  For the first build,
# each object that may include a skeleton waits for all of them; later, the lists of
# dependencies say which object includes which.
SKELETONS := $(patsubst bpf/%.bpf.c,$(BUILD)/bpf/%.skel.h,$(wildcard bpf/*.bpf.c))
TEST_BPF := $(wildcard bpf/tests/*.bpf.c userspace/*/tests/*.bpf.c)
TEST_SKELETONS := $(patsubst %.bpf.c,$(BUILD)/tests/%.skel.h,$(notdir $(TEST_BPF)))
WITH_BPF := $(foreach room,bench observe,$(call objects_of,userspace/$(room)))
$(WITH_BPF): ALL_CFLAGS += -I$(BUILD)/bpf
$(WITH_BPF): | $(SKELETONS)

define test_bpf
$(BUILD)/tests/$(notdir $(1:.c=.o)): $1 bpf/bpf.mk | build-tools
	@mkdir -p $$(@D)
	$$(CLANG) $$(BPF_CFLAGS) $$(BPF_DEPS) -I. -Ibpf -c $$< -o $$@
endef
$(foreach file,$(TEST_BPF),$(eval $(call test_bpf,$(file))))
$(BUILD)/tests/%.skel.h: $(BUILD)/tests/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $*_bpf > $@.new
	mv $@.new $@

# The files of a report's page, which are linked into the program.  Browsers run only
# the script whose hash the page names.
WEB := userspace/report/page/web
PAGE_FILES := $(addprefix $(BUILD)/page/,page.html compare.html style.css \
		style.hash script.js script.hash)
$(BUILD)/obj/userspace/report/page/page_files.o: \
		userspace/report/page/page_files.S $(PAGE_FILES) $(FLAGS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HARDENING) -I$(BUILD)/page -c $< -o $@
# The scripts that 'exitledger completion' prints.
$(BUILD)/obj/userspace/commands/completion_files.o: \
		$(wildcard userspace/commands/completion/*)
$(BUILD)/page/%.html: $(WEB)/%.html
	@mkdir -p $(@D)
	cp $< $@
$(BUILD)/page/style.css: $(WEB)/uplot/uPlot.min.css $(WEB)/page.css
	@mkdir -p $(@D)
	cat $^ > $@
$(BUILD)/page/script.js: $(WEB)/uplot/LICENSE $(WEB)/uplot/uPlot.iife.min.js \
			 $(WEB)/numbers.js $(WEB)/marks.js $(WEB)/tip.js \
			 $(WEB)/page.js
	@mkdir -p $(@D)
	{ echo '/* uPlot:' && cat $< && echo '*/' && cat $(wordlist 2,9,$^); } > $@
$(BUILD)/page/style.hash: $(BUILD)/page/style.css
$(BUILD)/page/script.hash: $(BUILD)/page/script.js
$(BUILD)/page/%.hash:
	sha256sum < $< | tr a-f A-F | cut -c 1-64 | basenc --base16 -d | \
		base64 -w 0 > $@

CHECK_LIBS := -lcheck_pic -lsubunit -lrt -pthread

# Tests.  In a folder "tests", test_NAME.c is a program that prints TAP, NAME_demo.c,
# NAME_cost.c and NAME_fuzz.c are programs for other tests or to be run by hand, and
# the rest is what these have in common.
TEST_DIRS := tests bpf/tests $(wildcard userspace/*/tests userspace/*/*/tests)
TEST_SOURCES := $(filter-out %.bpf.c,$(wildcard $(addsuffix /*.c,$(TEST_DIRS))))
TEST_MAINS := $(foreach file,$(TEST_SOURCES),$(if $(filter test_% %_demo.c %_cost.c \
		%_fuzz.c,$(notdir $(file))),$(file)))
TEST_OBJECTS := $(TEST_SOURCES:%.c=$(BUILD)/obj/%.o)
TESTING := $(BUILD)/rooms/testing.a
TEST_PROGRAMS := $(patsubst %.c,$(BUILD)/tests/%,$(notdir $(TEST_MAINS)))

UNIT_TESTS += $(filter $(BUILD)/tests/test_%,$(TEST_PROGRAMS))
unit-tests: $(TEST_PROGRAMS)

# Of the guest's programs, the tests use two files: marks, and exitleaf's command line.
$(TESTING): $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(TEST_MAINS), \
	      $(TEST_SOURCES)) guest/exitleaf_options.c guest/mark.c)
$(TEST_OBJECTS): ALL_CFLAGS += -I$(BUILD)/bpf -I$(BUILD)/tests
$(TEST_OBJECTS): | $(SKELETONS) $(TEST_SKELETONS)

define test_program
$(BUILD)/tests/$(basename $(notdir $1)): $(1:%.c=$(BUILD)/obj/%.o) $(TESTING) \
		$(ARCHIVES)
endef
$(foreach file,$(TEST_MAINS),$(eval $(call test_program,$(file))))
# The linker takes an object from the archives only if it defines a symbol that is still
# missing, so a test can have a function of its own in place of an archive's.
$(TEST_PROGRAMS):
	@mkdir -p $(@D)
	$(LINK) $(TEST_LDFLAGS) $< -Wl,--start-group \
		$(filter-out $<,$^) -Wl,--end-group -o $@ -Wl,--as-needed $(CHECK_LIBS) $(LIBRARIES) $(EXPORT_LIBRARIES)

# Tests in which allocations fail: tests/no_memory.h.
NO_MEMORY := $(call checked,grep,grep -l '"tests/no_memory.h"' /dev/null $(TEST_MAINS) || \
	       (($$? == 1)))
$(patsubst %.c,$(BUILD)/tests/%,$(notdir $(NO_MEMORY))): TEST_LDFLAGS := \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray
# text_fuzz has functions of its own in place of these, which would end the program.
$(BUILD)/tests/text_fuzz: TEST_LDFLAGS := -Wl,--wrap=exit,--wrap=cli_end

MONITOR_COST := $(BUILD)/tests/monitor_cost
RECORD_COST := $(BUILD)/tests/record_cost

.SECONDARY: $(TEST_OBJECTS) $(SKELETONS:.skel.h=.bpf.o)
