/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files as strings.  The option -I names the folder into which make has put
 * them.
 */
#ifdef __CET__
#include <cet.h>
#endif
	.section .rodata

.macro string name, file
	.global \name
	.type \name, @object
\name:
	.incbin "\file"
	.byte 0
	.size \name, . - \name
.endm

	string page_html, page.html
	string page_compare_html, compare.html
	string page_style, style.css
	string page_style_hash, style.hash
	string page_script, script.js
	string page_script_hash, script.hash

	.section .note.GNU-stack, "", @progbits
