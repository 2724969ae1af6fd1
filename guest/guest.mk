# SPDX-License-Identifier: GPL-2.0-only
# The programs for and of guests: static, so that they run in any of them.

EXITLEAF := $(BUILD)/guest/exitleaf
MICROGUEST := $(BUILD)/guest/microguest
LEAFFUZZ := $(BUILD)/guest/leaffuzz

PROGRAMS += $(EXITLEAF) $(MICROGUEST) $(LEAFFUZZ)

REPORT_OBJECTS := $(BUILD)/obj/guest/leaves.o $(BUILD)/obj/guest/report.o \
		  $(BUILD)/obj/userspace/reasons.o
EXITLEAF_OBJECTS := $(patsubst %,$(BUILD)/obj/guest/%.o,exitleaf mark) \
		    $(BUILD)/obj/userspace/utf8.o
MICROGUEST_OBJECTS := $(patsubst %,$(BUILD)/obj/guest/%.o, \
			kinds micro_code micro_image micro_run \
			micro_vmm_work microguest vmm)
LEAFFUZZ_OBJECTS := $(patsubst %,$(BUILD)/obj/guest/%.o, \
		      kinds leaffuzz micro_code micro_image vmm)

$(EXITLEAF): $(EXITLEAF_OBJECTS) $(REPORT_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -static $^ -o $@

$(MICROGUEST): $(MICROGUEST_OBJECTS) $(REPORT_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -static -pthread $^ -o $@

$(LEAFFUZZ): $(LEAFFUZZ_OBJECTS) $(REPORT_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -static -pthread $^ -o $@

$(BUILD)/obj/%.o: %.S
	@mkdir -p $(@D)
	$(CC) -Iguest -MMD -MP -c $< -o $@

-include $(EXITLEAF_OBJECTS:.o=.d) $(MICROGUEST_OBJECTS:.o=.d) \
	$(LEAFFUZZ_OBJECTS:.o=.d) \
	$(REPORT_OBJECTS:.o=.d)

TEST_LEAVES := $(BUILD)/tests/test_leaves
TEST_LEAVES_OBJECT := $(BUILD)/obj/guest/tests/test_leaves.o

UNIT_TESTS += $(TEST_LEAVES)

$(TEST_LEAVES): $(TEST_LEAVES_OBJECT) $(BUILD)/obj/guest/mark.o \
		$(REPORT_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -ljansson $(CHECK_LIBS)

$(TEST_LEAVES_OBJECT): ALL_CFLAGS += -Iguest -Iuserspace/tests

-include $(TEST_LEAVES_OBJECT:.o=.d)
