# SPDX-License-Identifier: GPL-2.0-only
# exitwork causes exits in a guest.  It is static, so that it runs in any guest.

EXITWORK := $(BUILD)/guest/exitwork
EXITWORK_PARTS := $(patsubst %,$(BUILD)/obj/guest/workloads/%.o, \
		    exitwork_show workload works works_threads)
EXITWORK_OBJECTS := $(BUILD)/obj/guest/workloads/exitwork.o $(EXITWORK_PARTS)
# Leave out report.o, which exitwork does not need.
EXITWORK_SHARED := $(BUILD)/obj/guest/leaves.o

PROGRAMS += $(EXITWORK)

$(EXITWORK_OBJECTS): ALL_CFLAGS += -Iguest

$(EXITWORK): $(EXITWORK_OBJECTS) $(EXITWORK_SHARED) $(SHARED)
	@mkdir -p $(@D)
	$(LINK_STATIC) -pthread $^ -o $@ -lm

TEST_WORKLOADS := $(BUILD)/tests/test_workloads
TEST_WORKLOADS_OBJECT := $(BUILD)/obj/guest/tests/test_workloads.o

UNIT_TESTS += $(TEST_WORKLOADS)

$(TEST_WORKLOADS): $(TEST_WORKLOADS_OBJECT) $(EXITWORK_PARTS) $(EXITWORK_SHARED) \
		$(TESTING) $(SHARED)
	@mkdir -p $(@D)
	$(LINK) $^ -o $@ -Wl,--as-needed $(CHECK_LIBS) $(LIBRARIES)

$(TEST_WORKLOADS_OBJECT): ALL_CFLAGS += -Iguest
