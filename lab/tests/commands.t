#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Installs, builds and prepares the lab with each needed command missing or failing, one
# at a time.  Each time the script must end with a line that names the command, publish
# nothing, and work once the command is back.  The packages and the kernel are made up
# (made_up_kernel.sh) and the project has no content (made_up_project.sh), so a run takes
# a second.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=lab/tests/made_up_kernel.sh
. lab/tests/made_up_kernel.sh
# shellcheck source=lab/tests/made_up_project.sh
. lab/tests/made_up_project.sh

top=$PWD
export BUILD=$tap_dir/build
bin=$tap_dir/bin traced=$tap_dir/traced log=$tap_dir/commands
mkdir -p "$bin" "$traced" "$tap_dir/made" "$tap_dir/series" "$BUILD"
make_packages "$tap_dir/made"
make_project "$tap_dir/project"
cat >"$tap_dir/series/0001-test.patch" <<'END'
A test.

--- a/arch/x86/kvm/Makefile
+++ b/arch/x86/kvm/Makefile
@@ -1,1 +1,2 @@
 # made up
+# and patched
END

# The steps.  Each makes PRODUCT from the products of earlier steps; of the targets of
# make, there is one of each kind.
steps=(packages programs kernel modules images selftests)
declare -A command=([packages]='lab/setup/deps.sh build'
	[programs]="make -s -C $tap_dir/project programs"
	[kernel]="lab/setup/kernel.sh 6.1"
	[modules]="kvm-instrumentation/build-modules.sh --kernel 6.1 --series $tap_dir/series"
	[images]="$tap_dir/images.sh"
	[selftests]='lab/jobs/build-selftests.sh 6.1 exit_stats_test')
declare -A product=([packages]=installed [kernel]=kernel [modules]=modules [images]=images
	[programs]='bin page bpf/doctor.bpf.o bpf/doctor.skel.h rooms/lib.a obj/userspace/lib'
	[selftests]=selftests)
cat >"$tap_dir/images.sh" <<END
#!/usr/bin/env bash
. "$top/lab/lib.sh"
. "\$BUILD/kernel/6.1/current/kernel.env"
. "$top/lab/machine/payload.sh"
mkdir -p "\$BUILD/guest"
for name in base qemu l2; do
	image "\$name"
done
END
chmod +x "$tap_dir/images.sh"

# In the first run, $PATH has for each command a program that notes its name.
cat >"$tap_dir/trace" <<END
#!/bin/bash
echo "\${0##*/}" >>"$log"
for dir in "$tap_dir/apt" /usr/bin /usr/sbin; do
	[ ! -e "\$dir/\${0##*/}" ] || exec "\$dir/\${0##*/}" "\$@"
done
END
chmod +x "$tap_dir/trace"
mkdir "$tap_dir/apt"
make_apt "$tap_dir/apt" "$tap_dir/made/debs"
cp /bin/true "$tap_dir/apt/qemu-system-x86_64"
for file in /usr/bin/* /usr/sbin/bpftool; do
	ln -sf "$tap_dir/trace" "$traced/${file##*/}"
done
# The script inspects the libraries of these two, so they are not replaced by the trace.
ln -sf /usr/bin/busybox "$traced/busybox"
ln -sf "$tap_dir/apt/qemu-system-x86_64" "$traced/qemu-system-x86_64"
declare -A looked_at=([images]='busybox qemu-system-x86_64')

# put NAME: make the command available
put() {
	local dir

	for dir in "$tap_dir/apt" /usr/bin /usr/sbin; do
		[ ! -e "$dir/$1" ] || break
	done
	ln -sfT "$dir/$1" "$bin/$1"
}
break_it() { # NAME: make the command fail
	rm -f "$bin/$1"
	printf '#!/bin/sh\necho "%s: made to fail" >&2\nexit 2\n' "$1" >"$bin/$1"
	chmod +x "$bin/$1"
}
attempt() { # STEP
	# shellcheck disable=SC2086 # words
	run env PATH="$bin" ${command[$1]}
}
published() { # STEP
	find "$BUILD/${product[$1]%% *}" -mindepth 1 -not -name '.*' -not -path '*/.*' \
		\( -name stamp -o -name current -o -name '*.cpio' -o -name kernel.env \
		-o -name exitledger \) 2>/dev/null
}
# Is nothing of the step published?  Some images may be, if they are complete, but not
# all.
nothing_whole() { # STEP
	local cpios

	[ "$1" = images ] || {
		[ -z "$(published "$1")" ]
		return
	}
	cpios=("$BUILD"/images/*.cpio)
	[ ! -e "${cpios[0]}" ] || {
		[ "${#cpios[@]}" -lt 3 ] &&
			[ "$(grep -la 'TRAILER!!!' "${cpios[@]}" | wc -l)" -eq "${#cpios[@]}" ]
	}
}
# Print the last line on stderr, without those that make and the compiler print after it.
last_line() { grep -v '^make: \*\*\* \|^compilation terminated' "$tap_dir/err" | tail -n 1; }
# names COMMAND: does the last line have it as a word?
names() { last_line | grep -qE "(^|[^a-z0-9-])$1([^a-z0-9-]|\$)"; }

# Some failures are not errors: tail only shows progress, and cmp fails if files differ.
harmless='tail cmp'

# forget_stamp STEP: remove the stamp, so that the step has to work
forget_stamp() {
	find "$BUILD/${product[$1]%% *}" -name stamp -delete 2>/dev/null || true
}

# forget STEP NAME: remove the step's product; but keep what it leaves for the next run if
# the command is called only in such a run
forget() {
	local made

	if [ "$1" = programs ] || grep -qx "$2" "$log.1" ||
		[[ ${looked_at[$1]:-} == *"$2"* ]]; then
		for made in ${product[$1]}; do
			rm -rf -- "${BUILD:?}/$made"
		done
		[ "$1" != kernel ] || rm -rf -- "$BUILD/cache"
	else
		forget_stamp "$1"
	fi
}

try_without() { # STEP NAME
	local how

	for how in 'is missing' 'fails'; do
		forget "$1" "$2"
		if [ "$how" = fails ]; then break_it "$2"; else rm "$bin/$2"; fi
		attempt "$1"
		put "$2"
		if [ "$how" = fails ] &&
			[[ " $harmless ${looked_at[$1]:-} " == *" $2 "* ]]; then
			continue
		fi
		ok "$1: $2 $how: status" [ "$status" -ne 0 ]
		ok "$1: $2 $how: the last line names it" names "$2"
		ok "$1: $2 $how: nothing is published" nothing_whole "$1"
	done
	echo "# $1 without $2: $(last_line)"
	attempt "$1"
	ok "$1: $2 is back: status" status_is 0
	ok "$1: $2 is back: published" [ -n "$(published "$1")" ]
}

for step in "${steps[@]}"; do
	# Run twice, as the second run uses what the first one left.
	for nr in 1 2; do
		: >"$log"
		forget_stamp "$step"
		# shellcheck disable=SC2086 # words
		run env PATH="$traced" ${command[$step]}
		cp "$log" "$log.$nr"
	done
	ok "$step: all commands are there: status" status_is 0
	ok "$step: all commands are there: published" [ -n "$(published "$step")" ]
	mapfile -t used < <(
		{
			cat "$log".[12]
			tr ' ' '\n' <<<"${looked_at[$step]:-}"
		} | sed '/^$/d' | sort -u)
	ok "$step: the commands are known: ${#used[@]}" [ "${#used[@]}" -ge 10 ]
	# The commands that are needed to report a failure stay.
	for name in "${used[@]}" awk cut sed; do
		put "$name"
	done
	cp -a "$BUILD" "$tap_dir/kept"
	for name in "${used[@]}"; do
		# These start the script itself.
		case $name in
		bash | env | dirname) continue ;;
		esac
		try_without "$step" "$name"
	done
	rm -rf "$tap_dir/kept"
done

# --- what is kept from an earlier run, and is damaged, is made anew ---

kernel=$BUILD/kernel/6.1/current
whole() { (cd "$kernel" && sha256sum -c --quiet sums >/dev/null 2>&1); }
ok 'a kernel that was made: whole' whole
truncate -s 100 "$kernel/vmlinux"
attempt kernel
ok 'a vmlinux that was cut off: status' status_is 0
ok 'a vmlinux that was cut off: said' out_has 'is damaged; it is made anew'
ok 'a vmlinux that was cut off: made anew' whole
: >"$kernel/modules/kvm.ko"
attempt kernel
ok 'a module that is empty: made anew' whole
rm -rf "$BUILD/kernel"
for deb in "$BUILD"/cache/debs/6.1/*.deb; do
	truncate -s 500 "$deb"
done
attempt kernel
ok 'packages that were cut off: status' status_is 0
ok 'packages that were cut off: are fetched again' out_has 'are fetched again'
ok 'packages that were cut off: the kernel is whole' whole
for image in "$BUILD"/images/*.cpio; do
	truncate -s 2000 "$image"
done
attempt images
ok 'images that were cut off: status' status_is 0
ok 'images that were cut off: are made anew' [ "$(grep -la 'TRAILER!!!' "$BUILD"/images/*.cpio | wc -l)" -eq 3 ]
truncate -s 100 "$BUILD/modules/6.1/normal/kvm.ko"
attempt modules
ok 'a module of ours that was cut off: built again' out_has 'build the KVM modules'

done_testing
