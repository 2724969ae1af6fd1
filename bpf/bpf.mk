# SPDX-License-Identifier: GPL-2.0-only
# The observer's BPF object and the skeleton through which user space has it.

MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror \
	      -Ikvm-instrumentation/src -I/usr/include/$(MULTIARCH)
SKELETON := $(BUILD)/bpf/observer.skel.h

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) \
		      $(wildcard kvm-instrumentation/src/*.h kvm-instrumentation/src/*.def)
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(SKELETON): $(BUILD)/bpf/observer.bpf.o
	echo '/* NOLINTBEGIN: generated */' > $@.new
	$(BPFTOOL) gen skeleton $< name observer_bpf >> $@.new
	echo '/* NOLINTEND */' >> $@.new
	mv $@.new $@
