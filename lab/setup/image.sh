# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Functions that look into a kernel's image and modules.  Scripts source this after lib.sh.

# number FILE OFFSET BYTES: prints an unsigned little-endian number
number() {
	od -An -v -t "u$3" -j "$2" -N "$3" --endian=little -- "$1" | tr -d ' '
}

# Prints the ELF file that is packed in a bzImage.  Documentation/arch/x86/boot.rst
# says where it is (setup_sects, payload_offset, payload_length); its compressed size
# is followed by the unpacked one, four bytes that only gzip counts as its own.
unpack_kernel() { # FILE
	local sectors offset length magic unpack

	sectors=$(number "$1" 0x1f1 1)
	offset=$(number "$1" 0x248 4)
	length=$(number "$1" 0x24c 4)
	offset=$((512 * (sectors + 1) + offset))
	magic=$(od -An -v -t x1 -j "$offset" -N 4 -- "$1" | tr -d ' ')
	case $magic in
	fd377a58) unpack=(xz -dc) length=$((length - 4)) ;;
	28b52ffd) unpack=(zstd -q -dc) length=$((length - 4)) ;;
	1f8b*) unpack=(gzip -dc) ;;
	*) die "no kernel was found in $1; it begins with $magic" ;;
	esac
	# Each reads all of its input, so that nobody writes to a closed pipe.
	try head -c "$((offset + length))" -- "$1" | try tail -c "$length" |
		try "${unpack[@]}"
}

# has_section FILE SECTION: ends the run if FILE is no ELF file with it.
has_section() {
	local sections

	sections=$(readelf -SW -- "$1")
	[[ $sections == *" $2 "* ]] || die "no $2 in $1 of $KREL"
}

# pvh_entry VMLINUX: prints the address at which the kernel is entered by PVH, as bytes in
# hexadecimal, the lowest first; nothing if it has none.  An older readelf can end with 1 for
# what a newer compiler has built, although it shows the notes.
pvh_entry() {
	local notes

	notes=$(readelf -nW -- "$1" 2>/dev/null || true)
	sed -n 's/.*(0x00000012).*description data: //p' <<<"$notes"
}
