# SPDX-License-Identifier: GPL-2.0-only
# Programs for measurements in the lab; they are not installed.

FLOOR := $(BUILD)/lab/floor
PROGRAMS_OF_LAB += $(FLOOR)

$(BUILD)/bpf/floor.bpf.o: lab/cost/floor.bpf.c | build-tools
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(FLOOR): lab/cost/floor.c $(BUILD)/bpf/floor.skel.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -I$(BUILD)/bpf $< -o $@ $(LDFLAGS) -lbpf

BOOKKEEPING := $(BUILD)/lab/bookkeeping
PROGRAMS_OF_LAB += $(BOOKKEEPING)

$(BUILD)/bpf/bookkeeping.bpf.o: lab/cost/bookkeeping.bpf.c lab/cost/bookkeeping.h \
				$(wildcard bpf/*.h) | build-tools
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -Ibpf -c $< -o $@

$(BOOKKEEPING): lab/cost/bookkeeping.c lab/cost/bookkeeping.h \
		$(BUILD)/bpf/bookkeeping.skel.h $(call archive,ledger)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -I$(BUILD)/bpf $< $(call archive,ledger) -o $@ \
		$(LDFLAGS) -lbpf
