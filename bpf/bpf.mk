# SPDX-License-Identifier: GPL-2.0-only
# BPF objects, and the skeletons with which user space loads them.

MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
# BTF contains the names of source files.  They are relative, so that the object is the
# same wherever it is built.
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -fdebug-compilation-dir=. -Wall -Wextra -Werror \
	      -Ikvm-instrumentation/src -I/usr/include/$(MULTIARCH)

# As for C files, the compiler writes which files were included.
BPF_DEPS = -MMD -MP -MF $(@:.o=.d) -MT '$$(BUILD)/$(@:$(BUILD)/%=%)'

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c bpf/bpf.mk | build-tools
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) $(BPF_DEPS) -c $< -o $@.new
	@# bpftool leaves out DWARF, which nobody reads and which is half of the object.
	$(BPFTOOL) gen object $@ $@.new
	@rm $@.new

# clang-tidy does not check files that bpftool generates.
$(BUILD)/bpf/%.skel.h: $(BUILD)/bpf/%.bpf.o
	echo '/* NOLINTBEGIN: generated */' > $@.new
	$(BPFTOOL) gen skeleton $< name $*_bpf >> $@.new
	echo '/* NOLINTEND */' >> $@.new
	mv $@.new $@
