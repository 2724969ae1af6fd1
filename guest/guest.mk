# SPDX-License-Identifier: GPL-2.0-only
# Programs for guests and for running guests.  They are static, to run in any guest.

EXITLEAF := $(BUILD)/guest/exitleaf
MICROGUEST := $(BUILD)/guest/microguest
LEAFFUZZ := $(BUILD)/guest/leaffuzz
LEAFREAD := $(BUILD)/guest/leafread

PROGRAMS += $(EXITLEAF) $(MICROGUEST) $(LEAFFUZZ) $(LEAFREAD)

REPORT_OBJECTS := $(BUILD)/obj/guest/leaves.o $(BUILD)/obj/guest/report.o
# The parts of exitleaf, except the part that executes CPUID.
EXITLEAF_PARTS := $(patsubst %,$(BUILD)/obj/guest/%.o, \
		    affinity around kallsyms mark render_difference snapshot tsc_rate)
EXITLEAF_OBJECTS := $(patsubst %,$(BUILD)/obj/guest/%.o, \
		      exitleaf exitleaf_options) \
		    $(EXITLEAF_PARTS)
# Libraries for names of exit reasons, command lines, numbers as text, and JSON.
SHARED := $(call archive,ledger) $(call archive,lib)
MICROGUEST_OBJECTS := $(patsubst %,$(BUILD)/obj/guest/%.o, \
			kinds micro_code micro_image micro_reads micro_run \
			micro_vmm_work microguest vmm)
LEAFFUZZ_OBJECTS := $(patsubst %,$(BUILD)/obj/guest/%.o, \
		      kinds leaffuzz micro_code micro_image vmm)

$(EXITLEAF): $(EXITLEAF_OBJECTS) $(REPORT_OBJECTS) $(SHARED)
	@mkdir -p $(@D)
	$(LINK_STATIC) $^ -o $@ -lm

$(MICROGUEST): $(MICROGUEST_OBJECTS) $(REPORT_OBJECTS) $(SHARED)
	@mkdir -p $(@D)
	$(LINK_STATIC) -pthread $^ -o $@ -lm

$(LEAFFUZZ): $(LEAFFUZZ_OBJECTS) $(REPORT_OBJECTS) $(SHARED)
	@mkdir -p $(@D)
	$(LINK_STATIC) -pthread $^ -o $@ -lm

$(LEAFREAD): $(BUILD)/obj/guest/leafread.o $(SHARED)
	@mkdir -p $(@D)
	$(LINK_STATIC) $^ -o $@ -lm

$(BUILD)/obj/%.o: %.S $(FLAGS) | build-tools
	@mkdir -p $(@D)
	$(CC) $(HARDENING) -Iguest -MMD -MP -c $< -o $@

GUEST_TESTS := $(patsubst %,$(BUILD)/tests/test_%,leaves difference)
GUEST_TEST_OBJECTS := $(patsubst %,$(BUILD)/obj/guest/tests/test_%.o, \
			leaves difference)

UNIT_TESTS += $(GUEST_TESTS)

$(GUEST_TESTS): $(BUILD)/tests/%: $(BUILD)/obj/guest/tests/%.o \
		$(EXITLEAF_PARTS) $(REPORT_OBJECTS) $(TESTING) $(SHARED)
	@mkdir -p $(@D)
	$(LINK) $^ -o $@ -Wl,--as-needed $(CHECK_LIBS) \
		$(LIBRARIES)

$(GUEST_TEST_OBJECTS): ALL_CFLAGS += -Iguest
