# SPDX-License-Identifier: GPL-2.0-only
# A program for tests in the lab; it is not installed.

OBSFAULT := $(BUILD)/lab/obsfault
PROGRAMS_OF_LAB += $(OBSFAULT)

$(BUILD)/bpf/obsfault.bpf.o: lab/faults/obsfault.bpf.c $(wildcard lab/faults/*.h) \
			     lab/faults/observer_faults.def $(wildcard bpf/*.h) \
			     | build-tools
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -Ibpf -c $< -o $@

$(OBSFAULT): lab/faults/obsfault.c lab/faults/obsfault.h \
	     lab/faults/observer_faults.def $(BUILD)/bpf/obsfault.skel.h \
	     $(call archive,ledger)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -I$(BUILD)/bpf $< $(call archive,ledger) -o $@ \
		$(LDFLAGS) -lbpf
