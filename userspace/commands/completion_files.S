/* SPDX-License-Identifier: GPL-2.0-only */
/* The scripts of 'exitledger completion', as NUL-terminated text. */
#ifdef __CET__
#include <cet.h>
#endif

	.section .rodata
	.macro script name, file
	.global \name
\name:
	.incbin "\file"
	.byte 0
	.endm

	script completion_bash, "userspace/commands/completion/completion.bash"
	script completion_zsh, "userspace/commands/completion/completion.zsh"
	script completion_fish, "userspace/commands/completion/completion.fish"

	.section .note.GNU-stack, "", @progbits
