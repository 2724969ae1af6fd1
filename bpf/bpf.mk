# SPDX-License-Identifier: GPL-2.0-only
# BPF objects, and the skeletons through which user space has them.

MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror \
	      -Ikvm-instrumentation/src -I/usr/include/$(MULTIARCH)

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) \
		      $(wildcard kvm-instrumentation/src/*.h kvm-instrumentation/src/*.def) \
		      | build-tools
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@

# clang-tidy is not asked about what bpftool generates.
$(BUILD)/bpf/%.skel.h: $(BUILD)/bpf/%.bpf.o
	echo '/* NOLINTBEGIN: generated */' > $@.new
	$(BPFTOOL) gen skeleton $< name $*_bpf >> $@.new
	echo '/* NOLINTEND */' >> $@.new
	mv $@.new $@
