# SPDX-License-Identifier: GPL-2.0-only
# The program that loads KVM in the debugging lab; it is not installed.

VMCHURN := $(BUILD)/lab/vmchurn
PROGRAMS_OF_LAB += $(VMCHURN)

VMCHURN_OBJECTS := $(patsubst %,$(BUILD)/obj/lab/debug/%.o, \
		     book churn failing params vmchurn) \
		   $(patsubst %,$(BUILD)/obj/guest/%.o, \
		     kinds micro_code micro_image micro_reads micro_run \
		     micro_vmm_work vmm)
$(BUILD)/obj/lab/debug/%.o: ALL_CFLAGS += -Iguest

$(VMCHURN): $(VMCHURN_OBJECTS) $(REPORT_OBJECTS) $(SHARED)
	@mkdir -p $(@D)
	$(LINK_STATIC) -pthread $^ -o $@ -lm
