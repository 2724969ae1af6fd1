# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Finds the debugging kernel's reports in its log.  debug-lab.sh sources it after lib.sh.

# reports_in LOG: print the head of every report in a kernel's log, each after a line "REPORT".
# A stack trace that belongs to no known report is one, too, unless it is that of an
# allocation that could not be had: these are made to fail.  When kmemleak cannot have a scan
# area, it goes on, and looks at more memory.
reports_in() {
	awk '
	function header() {
		return /BUG[: ]|WARNING: |UBSAN: |ODEBUG: |KCSAN: |Oops: |Kernel panic/ ||
			/INFO: task .* blocked for more than|INFO: .* stall|detected stalls/ ||
			/[Ss]leeping function called|scheduling while atomic/ ||
			/refcount_t: |(list|plist)_(add|del) corruption/ ||
			/general protection fault|unchecked MSR access|unable to handle/ ||
			/kmemleak: [0-9]+ new suspected|unreferenced object 0x/ ||
			(/kmemleak: .*([Dd]isabled|out of memory|[Cc]annot)/ &&
			 !/kmemleak: Cannot allocate a scan area/) ||
			/turning off the locking correctness validator/ ||
			/Objects remaining|Poison overwritten|Redzone overwritten/ ||
			/DEBUG_LOCKS_WARN_ON|stack-protector: |cut here/
	}
	{
		sub(/\r$/, "")
		line = $0
		# The time, and the task or processor where the kernel prints it.
		sub(/^\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? ?/, "", line)
	}
	/(vmalloc error|allocation failure): |allocation failed, size=/ { excused = NR }
	# The second trace of one report by lockdep, and those that init asks for.
	/stack backtrace:|sysrq: Show backtrace/ { excused = NR }
	/Unable to allocate memory|kmem_cache_create.* failed with error -12/ { excused = NR }
	# One report may have several lines that look like the head of one.
	header() && (!head || NR > last + 12) {
		print "REPORT"
		head = NR
	}
	header() { last = NR }
	/Call Trace:/ && (!head || NR > last + 60) && (!excused || NR > excused + 8) {
		print "REPORT"
		head = last = NR
	}
	head && NR < head + 24 && line !~ /^[=-]+$|^ *$/ { print "  " line }
	' "$1"
}

# nr_reports FILE: print how many reports are in a file that reports_in() has written
nr_reports() {
	grep -cx REPORT "$1" || true
}

# is_whole LOG: has the kernel's log its beginning, so that no report was overwritten?
is_whole() {
	grep -q 'Linux version ' "$1"
}

# taints NUMBER: print the letters of a kernel's taints that a report leaves behind
# (Documentation/admin-guide/tainted-kernels.rst); nothing if there are none
taints() {
	local letters=([5]=B [7]=D [9]=W [14]=L) bit

	for bit in "${!letters[@]}"; do
		(($1 >> bit & 1)) && printf %s "${letters[bit]}"
	done
	return 0
}
