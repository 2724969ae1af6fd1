# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Checks a kernel's source that was given by hand, as SOURCE=DIR.  It must be the source
# of exactly this kernel.  What can be compared is compared, and a note tells what cannot
# be.  Sourced by install-modules.sh, with find-kernel.sh.

# If SOURCE is no kernel's tree itself, set it to the tree that is in it: rpmbuild's BUILD
# has it in kernel-VERSION/linux-RELEASE, or one directory further below.  Of several,
# take the one with the kernel's release for its name.
find_tree() {
	local arch dir trees=() named=()

	[[ -d $SOURCE ]] || die "no directory $SOURCE"
	while read -r arch; do
		dir=${arch%/arch}
		[[ -d $arch/x86/kvm && -f $dir/Makefile ]] || continue
		trees+=("$dir")
		[[ ${dir##*/} != "linux-$KREL" ]] || named+=("$dir")
	done < <(find "$SOURCE" -maxdepth 4 -type d -name arch | sort)
	((${#trees[@]})) || die "$SOURCE is no kernel source, and there is none in it"
	((${#trees[@]} == 1)) || trees=("${named[@]}")
	((${#trees[@]} == 1)) ||
		die "several kernels' sources are in $SOURCE: say which, as SOURCE=DIR"
	SOURCE=${trees[0]}
}

# If 'apt source' has unpacked SOURCE, print the version of its package.
tree_package_version() {
	sed -n '1s/^linux[^ ]* (\([^)]*\)).*/\1/p' "$SOURCE/debian/changelog" 2>/dev/null || true
}

# Print the directory of the headers that are copies of the source's files.  Debian has them
# in a separate package; the Makefile in $HEADERS includes the Makefile of that package.
plain_headers() {
	local common

	common=$(sed -n 's,^include .*/\(linux-headers-[^/]*\)/Makefile$,\1,p' \
		"$HEADERS/Makefile")
	printf '%s\n' "${common:+${HEADERS%/*}/}${common:-$HEADERS}"
}

# shared_files DIR: print the files of these headers that the source has, too, but for those
# that the kernel's build makes
shared_files() (
	cd -- "$1" || exit
	parts=()
	for part in Makefile.rhelver include arch/x86/include arch/x86/kvm virt; do
		[[ ! -e $part ]] || parts+=("$part")
	done
	((${#parts[@]})) || exit 0
	find -L "${parts[@]}" -type f ! -path '*/generated/*' ! -path 'include/config/*' |
		while read -r file; do
			[[ ! -f $SOURCE/$file ]] || printf '%s\n' "$file"
		done
)

# Compare the headers with the source: if it is of another version of the kernel's
# package, some of these hundreds of files differ.  RHEL's Makefile.rhelver, of which
# kernel-devel has a copy, has the number of the kernel's build.
compare_headers() {
	local dir files sums differ

	dir=$(plain_headers)
	files=$(shared_files "$dir")
	if [[ -z $files ]]; then
		note "          the source in $SOURCE is Linux $1, as the kernel is, and has nothing else in common with the headers:"
		note "          whether it is that of $KREL could not be compared"
		return 0
	fi
	sums=$(cd -- "$dir" && xargs -d '\n' sha256sum -- <<<"$files")
	differ=$(cd -- "$SOURCE" && sha256sum -c --quiet 2>/dev/null <<<"$sums") ||
		die "the source in $SOURCE is not that of $KREL: $(wc -l <<<"$differ") of" \
			"$(wc -l <<<"$files") files differ from those in $dir, such as" \
			"${differ%%: FAILED*}; install what is right: $(install_hint)"
	note "          the source in $SOURCE is Linux $1, as the kernel is, and $(wc -l <<<"$files") files are the same as in its headers:"
	note "          whether all of its arch/x86/kvm and virt/kvm are those of $KREL could not be compared"
}

# End the script unless SOURCE is the kernel's, as far as that can be known.
check_given_source() { # KERNEL'S-VERSION
	local package from

	[[ -f $SOURCE/Makefile ]] || find_tree
	SOURCE=$(realpath -- "$SOURCE")
	refuse_other "$SOURCE" "$(version_in "$SOURCE/Makefile")" "$1"
	package=$(tree_package_version)
	from=$(kernel_package_version "$HEADERS")
	if [[ -n $package && -n $from ]]; then
		refuse_other "$SOURCE" "$package" "$from"
		return 0
	fi
	compare_headers "$1"
}
