# SPDX-License-Identifier: GPL-2.0-only
# exitledger, and the unit tests of what it is made of.

EXITLEDGER := $(BUILD)/bin/exitledger

# What needs neither BPF nor a host: all of it is unit-tested.
PLAIN := answers balance books books_json books_load format guest_report \
	 json_get json_save ledger msg reasons render_compare \
	 render_compare_json render_finding render_losses render_monitor rules \
	 render_watch statement tsc vm_name
PLAIN_OBJECTS := $(PLAIN:%=$(BUILD)/obj/userspace/%.o)
HOST_OBJECTS := $(patsubst %,$(BUILD)/obj/userspace/%.o, \
		  cmd_compare cmd_monitor command compare_options counters host \
		  keeper kvm_stats main observer vm_list watch)

PROGRAMS += $(EXITLEDGER)

$(EXITLEDGER): $(HOST_OBJECTS) $(PLAIN_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lbpf -ljansson

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DEXITLEDGER_VERSION='"$(VERSION)"' -c $< -o $@

$(BUILD)/obj/userspace/observer.o: ALL_CFLAGS += -I$(BUILD)/bpf
$(BUILD)/obj/userspace/observer.o: $(SKELETON)

-include $(HOST_OBJECTS:.o=.d) $(PLAIN_OBJECTS:.o=.d)

# Unit tests: each a program that prints TAP.
CHECK_LIBS := -lcheck_pic -lsubunit -lrt -lm -pthread

UNITS := balance books observer observer_faults plain reasons soundness
TEST_PROGRAMS := $(UNITS:%=$(BUILD)/tests/test_%)
TEST_OBJECTS := $(UNITS:%=$(BUILD)/obj/userspace/tests/test_%.o)

UNIT_TESTS += $(TEST_PROGRAMS)

$(BUILD)/tests/test_%: $(BUILD)/obj/userspace/tests/test_%.o $(PLAIN_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lbpf -ljansson \
		$(CHECK_LIBS)

$(BUILD)/obj/userspace/tests/test_observer.o: ALL_CFLAGS += -I$(BUILD)/bpf
$(BUILD)/obj/userspace/tests/test_observer.o: $(SKELETON)

.SECONDARY: $(TEST_OBJECTS)

-include $(TEST_OBJECTS:.o=.d)
