# SPDX-License-Identifier: GPL-2.0-only
# exitledger, and the tests of what it is made of.  Files are found by wildcards: a new
# one needs no line here.

# In the order of linking: a room uses those after it (tests/rooms.txt).
ROOMS := commands serve bench report/page report compare balance run top sample \
	 advise observe kernel export host ledger lib

# objects_of DIR: of all its sources
objects_of = $(patsubst %,$(BUILD)/obj/%.o,$(basename \
	       $(filter-out %.bpf.c,$(wildcard $1/*.c $1/*.S))))
# archive ROOM: its name, which has no slash
archive = $(BUILD)/rooms/$(subst /,-,$1).a

MAIN := $(BUILD)/obj/userspace/commands/main.o
EXPORT_MAIN := $(BUILD)/obj/userspace/commands/export_main.o
ARCHIVES := $(foreach room,$(ROOMS),$(call archive,$(room)))
EXITLEDGER := $(BUILD)/bin/exitledger
EXITLEDGER_EXPORT := $(BUILD)/bin/exitledger-export
LIBRARIES := -Wl,--as-needed -lbpf -ljansson -lseccomp -lsqlite3 -lz -lncursesw -ltinfo -lm

# The server's libraries are not those of exitledger itself: commands/cmd_export.c.
EXPORT_LIBRARIES := -lmicrohttpd -lgnutls -lyaml -lcrypt

PROGRAMS += $(EXITLEDGER) $(EXITLEDGER_EXPORT)

$(EXITLEDGER): $(MAIN) $(ARCHIVES)
	@mkdir -p $(@D)
	$(LINK) $^ -o $@ $(LIBRARIES)
$(EXITLEDGER_EXPORT): $(EXPORT_MAIN) $(ARCHIVES)
	@mkdir -p $(@D)
	$(LINK) $^ -o $@ $(LIBRARIES) $(EXPORT_LIBRARIES)

# An archive is made anew, so that it has nothing that a room has no more.
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

# Adding up thousands of histograms is most of the work: let the compiler use
# what the processor has for it.
$(patsubst %,$(BUILD)/obj/userspace/%.o,ledger/hist observe/observer_collect \
	kernel/exit_file_read kernel/kernel_growth): \
	ALL_CFLAGS += -O3

# BPF's skeletons, and those of tests' own programs.  After the first time it is the
# compiler that says who includes which.
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

# Of the guest's programs tests look at marks, and at exitleaf's command line.
$(TESTING): $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(TEST_MAINS), \
	      $(TEST_SOURCES)) guest/exitleaf_options.c guest/mark.c)
$(TEST_OBJECTS): ALL_CFLAGS += -I$(BUILD)/bpf -I$(BUILD)/tests
$(TEST_OBJECTS): | $(SKELETONS) $(TEST_SKELETONS)

define test_program
$(BUILD)/tests/$(basename $(notdir $1)): $(1:%.c=$(BUILD)/obj/%.o) $(TESTING) \
		$(ARCHIVES)
endef
$(foreach file,$(TEST_MAINS),$(eval $(call test_program,$(file))))
# Only the parts that a test needs are taken, so its own may stand in for others.
$(TEST_PROGRAMS):
	@mkdir -p $(@D)
	$(LINK) $(TEST_LDFLAGS) $< -Wl,--start-group \
		$(filter-out $<,$^) -Wl,--end-group -o $@ -Wl,--as-needed $(CHECK_LIBS) $(LIBRARIES) $(EXPORT_LIBRARIES)

# Tests in which allocations fail: tests/no_memory.h.
NO_MEMORY := $(call checked,grep,grep -l '"tests/no_memory.h"' /dev/null $(TEST_MAINS) || \
	       (($$? == 1)))
$(patsubst %.c,$(BUILD)/tests/%,$(notdir $(NO_MEMORY))): TEST_LDFLAGS := \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray
# Calls that would end the program are caught.
$(BUILD)/tests/text_fuzz: TEST_LDFLAGS := -Wl,--wrap=exit,--wrap=cli_end

MONITOR_COST := $(BUILD)/tests/monitor_cost
RECORD_COST := $(BUILD)/tests/record_cost

.SECONDARY: $(TEST_OBJECTS) $(SKELETONS:.skel.h=.bpf.o)
