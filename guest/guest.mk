# SPDX-License-Identifier: GPL-2.0-only
# The programs for and of guests: static, so that they run in any of them.

EXITLEAF := $(BUILD)/guest/exitleaf
MICROGUEST := $(BUILD)/guest/microguest
LEAFFUZZ := $(BUILD)/guest/leaffuzz

PROGRAMS += $(EXITLEAF) $(MICROGUEST) $(LEAFFUZZ)

REPORT_OBJECTS := $(BUILD)/obj/guest/leaves.o $(BUILD)/obj/guest/report.o \
		  $(patsubst %,$(BUILD)/obj/userspace/%.o, \
		    format json_writer reasons safe_stream safe_text table \
		      text_width utf8)
# What exitleaf is made of, but for what executes CPUID.
EXITLEAF_PARTS := $(patsubst %,$(BUILD)/obj/guest/%.o, \
		    affinity around mark render_difference snapshot tsc_rate) \
		  $(patsubst %,$(BUILD)/obj/userspace/%.o,beside)
EXITLEAF_OBJECTS := $(patsubst %,$(BUILD)/obj/guest/%.o, \
		      exitleaf exitleaf_options) \
		    $(EXITLEAF_PARTS)
# The command line.
CLI_OBJECTS := $(patsubst %,$(BUILD)/obj/userspace/%.o, \
		 cli cli_files cli_values duration msg near)
MICROGUEST_OBJECTS := $(patsubst %,$(BUILD)/obj/guest/%.o, \
			kinds micro_code micro_image micro_reads micro_run \
			micro_vmm_work microguest vmm)
LEAFFUZZ_OBJECTS := $(patsubst %,$(BUILD)/obj/guest/%.o, \
		      kinds leaffuzz micro_code micro_image vmm)

$(EXITLEAF): $(EXITLEAF_OBJECTS) $(REPORT_OBJECTS) $(CLI_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -static $^ -o $@ -lm

$(MICROGUEST): $(MICROGUEST_OBJECTS) $(REPORT_OBJECTS) $(CLI_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -static -pthread $^ -o $@ -lm

$(LEAFFUZZ): $(LEAFFUZZ_OBJECTS) $(REPORT_OBJECTS) $(CLI_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -static -pthread $^ -o $@ -lm

$(BUILD)/obj/%.o: %.S | build-tools
	@mkdir -p $(@D)
	$(CC) -Iguest -MMD -MP -c $< -o $@

-include $(EXITLEAF_OBJECTS:.o=.d) $(MICROGUEST_OBJECTS:.o=.d) \
	$(LEAFFUZZ_OBJECTS:.o=.d) \
	$(REPORT_OBJECTS:.o=.d)

GUEST_TESTS := $(patsubst %,$(BUILD)/tests/test_%,leaves difference)
GUEST_TEST_OBJECTS := $(patsubst %,$(BUILD)/obj/guest/tests/test_%.o, \
			leaves difference)

UNIT_TESTS += $(GUEST_TESTS)

$(GUEST_TESTS): $(BUILD)/tests/%: $(BUILD)/obj/guest/tests/%.o \
		$(EXITLEAF_PARTS) $(REPORT_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -ljansson $(CHECK_LIBS)

$(GUEST_TEST_OBJECTS): ALL_CFLAGS += -Iguest -Iuserspace/tests

-include $(GUEST_TEST_OBJECTS:.o=.d)
