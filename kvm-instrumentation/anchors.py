#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: anchors.py SOURCE

Puts the hooks of the exit counters into a kernel's source for which there are no
patches: each at an anchor, which must be found exactly once, in the function or
structure that it belongs to.  The files of src/ must be in SOURCE/arch/x86/kvm already.

Where the patches of a series fit, the result is the same, to the last byte; a test holds
that.  What fits by its text may still be wrong by what the code does: modules that were
made this way are to be tried with a guest whose exits are known before anyone trusts
their counts.

Exit status: 0; 1 if an anchor was not found, or more than once: nothing was changed.
"""

import os
import re
import sys

THREAD = """/* The thread that a vCPU runs in, or ran in last; 0 if it never ran. */
u32 kvm_exit_stats_thread(struct kvm_vcpu *vcpu)
{{
	u32 nr;

	{lock};
	nr = pid_nr({pid});
	{unlock};
	return nr;
}}

"""
VENDOR = """	kvm_exit_stats_vendor(EXIT_LEAF_ISA_{isa},
			      offsetof(struct {vcpu}, {vt}exit_stats),
			      offsetof(struct {vm}, exit_stats));

"""
EXIT = """	kvm_exit_stats_exit(&{stats}, EXIT_LEAF_ISA_{isa},
			    {reason});
"""
CPUID = """	if (kvm_exit_stats_cpuid(vcpu, eax, ebx, ecx, edx)) {
		trace_kvm_cpuid(orig_function, index, *eax, *ebx, *ecx, *edx,
				true, false);
		return true;
	}

"""
ALLOCATE = """
		if (kvm_check_request(KVM_REQ_EXIT_STATS, vcpu))
			kvm_exit_stats_allocate(vcpu);
"""
EXPORT = """# The name that later kernels have for an export to KVM's vendor modules.
ccflags-y += -DEXPORT_SYMBOL_FOR_KVM_INTERNAL=EXPORT_SYMBOL_GPL
"""
TRACE_SVM = "\ttrace_kvm_exit(vcpu, KVM_ISA_SVM);\n"
ENTRY = r"^\ttrace_kvm_entry\([^;]*;\n"
INCLUDE = '#include "{}exit_stats.h"\n'


class NoAnchor(Exception):
    """An anchor is not there, or not once."""


def call_of(operation):
    """The regular expression of a call of the vendor's operation."""
    return rf"(?:kvm_x86_call\({operation}\)|static_call\(kvm_x86_{operation}\))"


class Tree:
    """The files of arch/x86/kvm, edited in memory."""

    def __init__(self, source):
        self.source = source
        self.files = {}

    def path(self, name):
        return os.path.join(self.source, "arch/x86/kvm", name)

    def has(self, name, text=""):
        """Is there such a file, with this text in it?"""
        return os.path.exists(self.path(name)) and text in self.read(name)

    def read(self, name):
        if name not in self.files:
            with open(self.path(name), encoding="utf-8") as file:
                self.files[name] = file.read()
        return self.files[name]

    def span(self, name, where):
        """Where the body of a function or structure begins and ends."""
        text = self.read(name)
        if not where:
            return 0, len(text)
        head = rf"^struct {where[7:]} \{{\n" if where.startswith("struct ") else \
            rf"^[a-z_][^\n;{{}}]*\b{where}\([^;{{]*\)\n\{{\n"
        found = list(re.finditer(head, text, re.M))
        # A structure may be defined again, empty, for kernels without its feature.
        if not found or (len(found) > 1 and not where.startswith("struct ")):
            raise NoAnchor(f"{name}: {where} is there {len(found)} times, and not once")
        return found[0].start(), text.index("\n}", found[0].end() - 1) + 1

    def edit(self, name, where, anchors, new, after=False):
        """Insert new before (or after) the first of the anchors that is in that body."""
        begin, end = self.span(name, where)
        text = self.read(name)
        body = text[begin:end]
        for anchor in anchors:
            found = list(re.finditer(anchor, body, re.M))
            if found:
                break
        if len(found) != 1:
            raise NoAnchor(f"{name}: {where or 'the file'}: the anchor '{anchors[0]}' is "
                           f"there {len(found)} times, and not once")
        place = begin + (found[0].end() if after else found[0].start())
        self.files[name] = text[:place] + new + text[place:]

    def remove(self, name, where, anchor):
        """Take away what the anchor matches."""
        self.edit(name, where, [anchor], "")  # Raises NoAnchor unless it is there once.
        begin, end = self.span(name, where)
        text = self.files[name]
        self.files[name] = text[:begin] + re.sub(anchor, "", text[begin:end], flags=re.M) + \
            text[end:]

    def include(self, name, folder=""):
        """Include exit_stats.h after cpuid.h, else after capabilities.h, else before the
        first header that is named in quotation marks."""
        new = INCLUDE.format(folder)
        for header in (r"(?:\.\./)?cpuid\.h", r"capabilities\.h"):
            if re.search(rf'^#include "{header}"\n', self.read(name), re.M):
                self.edit(name, None, [rf'^#include "{header}"\n'], new, after=True)
                return
        self.edit(name, None, [r'\A(?:(?!^#include ").*\n)*'], new, after=True)

    def member(self, name, struct, kind, first):
        """Add a member at the end of a structure, or after its first member."""
        if first:
            self.edit(name, f"struct {struct}", [r"^\tstruct kvm kvm;\n"],
                      f"\tstruct {kind} exit_stats;\n", after=True)
        else:
            self.edit(name, f"struct {struct}", [r"\Z"], f"\n\tstruct {kind} exit_stats;\n")

    def write(self):
        for name, text in self.files.items():
            if "exit_stats" not in text:
                continue
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(text)


def common(tree):
    """Hook the code that both vendors share."""
    tree.edit("Makefile", None, [r"^kvm-y\t+\+= x86\.o(?:[^\n]*\\\n)*[^\n]*\n\n"],
              "kvm-y\t\t\t+= exit_stats.o exit_leaves.o exit_file.o\n" +
              ("" if tree.has("cpuid.c", "EXPORT_SYMBOL_FOR_KVM_INTERNAL(") else EXPORT) +
              "\n", after=True)
    tree.include("x86.c")
    tree.edit("x86.c", "kvm_x86_vendor_exit",
              [rf"^\t{call_of('hardware_unsetup')}\(\);\n",
               r"^\tkvm_x86_ops\.hardware_enable = NULL;\n"],
              "\tkvm_exit_stats_vendor(0, 0, 0);\n")
    tree.edit("x86.c", "vcpu_enter_guest",
              [r"^\t\tif \(kvm_check_request\(KVM_REQ_UPDATE_CPU_DIRTY_LOGGING, vcpu\)\)\n"
               r"\t\t\t[^\n]*;\n"], ALLOCATE, after=True)
    tree.edit("x86.c", "kvm_arch_vcpu_create",
              [rf"^\tr = {call_of('vcpu_create')}\(vcpu\);\n\tif \(r\)\n"
               r"\t\tgoto free_guest_fpu;\n\n"],
              "\tkvm_exit_stats_create_vcpu(vcpu);\n\n", after=True)
    locked = tree.has("../../../virt/kvm/kvm_main.c", "read_lock(&vcpu->pid_lock)")
    tree.edit("x86.c", None, [r"^void kvm_arch_vcpu_destroy\("], THREAD.format(
        lock="read_lock(&vcpu->pid_lock)" if locked else "rcu_read_lock()",
        pid="vcpu->pid" if locked else "rcu_dereference(vcpu->pid)",
        unlock="read_unlock(&vcpu->pid_lock)" if locked else "rcu_read_unlock()"))
    tree.edit("x86.c", "kvm_arch_vcpu_destroy", [rf"^\t{call_of('vcpu_free')}\(vcpu\);\n"],
              "\tkvm_exit_stats_destroy_vcpu(vcpu);\n")
    tree.include("cpuid.c")
    tree.edit("cpuid.c", "kvm_cpuid",
              [r"^\tif \(vcpu->arch\.cpuid_dynamic_bits_dirty\)\n",
               r"^\tentry = kvm_find_cpuid_entry(?:_index)?\(vcpu, function, index\);\n"], CPUID)
    tree.include("debugfs.c")
    tree.edit("debugfs.c", "kvm_arch_create_vm_debugfs",
              [r'^\tdebugfs_create_file\("mmu_rmaps_stat"[^;]*;\n'],
              "\tkvm_exit_stats_create_debugfs(kvm);\n", after=True)


def svm(tree):
    """Hook AMD's side."""
    book = EXIT.format(stats="svm->exit_stats", isa="SVM",
                       reason="svm->vmcb->control.exit_code")
    begin, end = tree.span("svm/svm.c", "svm_vcpu_run")
    tree.edit("svm/svm.c", "svm_vcpu_run", [ENTRY],
              "\tkvm_exit_stats_entry(&svm->exit_stats);\n", after=True)
    if TRACE_SVM in tree.read("svm/svm.c")[begin:end]:
        tree.edit("svm/svm.c", "svm_vcpu_run", ["^" + re.escape(TRACE_SVM)], book)
    else:
        # Before 6.5, exits that the fast path handles are not traced.
        tree.edit("svm/svm.c", "svm_vcpu_run", [r"^\tsvm_complete_interrupts\(vcpu\);\n"],
                  book + TRACE_SVM + "\n")
        tree.remove("svm/svm.c", "svm_handle_exit", "^" + re.escape(TRACE_SVM) + "\n")
    tree.edit("svm/svm.c", "svm_init",
              [r"^\tr = kvm_x86_vendor_init\(&\w+_init_ops\);\n\tif \(r\)\n\t\treturn r;\n\n"],
              VENDOR.format(isa="SVM", vcpu="vcpu_svm", vm="kvm_svm", vt=""), after=True)
    tree.include("svm/svm.h")
    tree.member("svm/svm.h", "kvm_svm", "kvm_exit_stats_vm", False)
    tree.member("svm/svm.h", "vcpu_svm", "kvm_exit_stats", False)


def vmx(tree):
    """Hook Intel's side.  From 6.16 on, VMX's vCPUs and TDX's share struct vcpu_vt."""
    shared = tree.has("vmx/common.h", "struct vcpu_vt {")
    vt = "vt." if shared else ""
    vmx_stats = f"vmx->{vt}exit_stats"
    tree.edit("vmx/vmx.c", "vmx_vcpu_run", [ENTRY],
              f"\tkvm_exit_stats_entry(&{vmx_stats});\n", after=True)
    tree.edit("vmx/vmx.c", "vmx_vcpu_run", [r"^\ttrace_kvm_exit\(vcpu, KVM_ISA_VMX\);\n"],
              EXIT.format(stats=vmx_stats, isa="VMX", reason=f"vmx->{vt}exit_reason.basic"))
    tell = VENDOR.format(isa="VMX", vcpu="vcpu_vmx", vm="kvm_vmx", vt=vt)
    if tree.has("vmx/main.c", "vt_init("):
        tree.edit("vmx/main.c", "vt_init",
                  [r"^\t/\*\n\t \* Common KVM initialization _must_[^/]*/dev/kvm[^/]*\*/\n"
                   r"\tr = kvm_init\("], tell)
    else:
        tree.edit("vmx/vmx.c", "vmx_init",
                  [r"^\tr = kvm_x86_vendor_init\(&\w+_init_ops\);\n\tif \(r\)\n"
                   r"\t\treturn r;\n\n"], tell, after=True)
    tree.member("vmx/vmx.h", "kvm_vmx", "kvm_exit_stats_vm", shared)
    if shared:
        tree.include("vmx/common.h")
        tree.member("vmx/common.h", "vcpu_vt", "kvm_exit_stats", False)
    else:
        tree.include("vmx/vmx.h", "../")
        tree.member("vmx/vmx.h", "vcpu_vmx", "kvm_exit_stats", False)


def tdx(tree):
    """Hook TDX, which enters and leaves its guests by itself."""
    if not tree.has("vmx/tdx.c", "tdx_vcpu_run("):
        return
    tree.edit("vmx/tdx.c", "tdx_vcpu_run", [ENTRY],
              "\tkvm_exit_stats_entry(&vt->exit_stats);\n", after=True)
    tree.edit("vmx/tdx.c", "tdx_vcpu_run", [r"^\ttrace_kvm_exit\(vcpu, KVM_ISA_VMX\);\n"],
              EXIT.format(stats="vt->exit_stats", isa="VMX", reason="vt->exit_reason.basic"))
    tree.member("vmx/tdx.h", "kvm_tdx", "kvm_exit_stats_vm", True)
    tree.edit("vmx/main.c", None,
              [r"^static_assert\(offsetof\(struct vcpu_vmx, vt\) == "
               r"offsetof\(struct vcpu_tdx, vt\)\);\n"],
              "static_assert(offsetof(struct kvm_vmx, exit_stats) ==\n"
              "\t      offsetof(struct kvm_tdx, exit_stats));\n", after=True)


def main():
    """Returns the exit status."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.stderr.write(__doc__.split("\n\n", maxsplit=1)[0] + "\n")
        return 64
    tree = Tree(sys.argv[1])
    try:
        for part in (common, svm, vmx, tdx):
            part(tree)
    except (NoAnchor, OSError) as error:
        sys.stderr.write(f"anchors.py: {error}; nothing was changed\n")
        return 1
    tree.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
