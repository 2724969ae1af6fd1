# SPDX-License-Identifier: GPL-2.0-only
# exitledger, and the unit tests of what it is made of.

EXITLEDGER := $(BUILD)/bin/exitledger

# What needs neither BPF nor a host: all of it is unit-tested.
PLAIN := answers balance books_json books_load format guest_report json_get \
	 json_save ledger msg reasons render_compare render_compare_json \
	 render_finding render_losses render_monitor statement tsc vm_name
PLAIN_OBJECTS := $(PLAIN:%=$(BUILD)/obj/userspace/%.o)
HOST_OBJECTS := $(patsubst %,$(BUILD)/obj/userspace/%.o, \
		  cmd_compare cmd_monitor command host main observer)

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
