#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: shells.py bash|zsh LINE SCRIPT

Types LINE and a tab into an interactive shell that has SCRIPT sourced, and prints the
command line that this makes of it."""

import os
import pty
import re
import select
import sys
import time

# A key binding prints the line as the shell has it; the line is never run.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], r"""
PS1=; bind 'set enable-bracketed-paste off'; bind 'set bell-style none'
bind 'set show-all-if-ambiguous off'; bind 'set completion-query-items 0'
show() {{ printf '<<%s>>\n' "$READLINE_LINE"; READLINE_LINE=; }}
bind -x '"\C-x\C-p": show'
source {script}
"""),
    "zsh": (["zsh", "-f", "-i"], r"""
PS1=; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -d {dump}
show() {{ zle -I; print -r -- "<<$BUFFER>>"; BUFFER=; }}; zle -N show
bindkey '^X^P' show; bindkey '^I' complete-word; unsetopt auto_list auto_menu
source {script}
"""),
}


def read_until(fd, pattern, seconds=20):
    """Read the shell's output until it matches."""
    text, end = "", time.monotonic() + seconds
    while not re.search(pattern, text, re.S):
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            sys.exit(f"shells.py: no answer: {text!r}")
        text += os.read(fd, 65536).decode(errors="replace")
    return text


def main():
    """Complete one line."""
    shell, line, script = sys.argv[1:4]
    command, setup = SHELLS[shell]
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", LC_ALL="C.UTF-8", HISTFILE="")
        os.execvp(command[0], command)
    text = setup.format(script=script, dump=script + ".zcompdump")
    for row in text.strip().splitlines():
        os.write(fd, row.encode() + b"\r")
    os.write(fd, b"echo read''y\r")
    read_until(fd, r"ready\r")
    os.write(fd, line.encode() + b"\t")
    os.write(fd, b"\x18\x10")
    answer = read_until(fd, r"<<.*?>>\r")
    print(re.search(r"<<(.*?)>>\r", answer, re.S).group(1))
    os.write(fd, b"\x15exit\r")
    os.close(fd)
    os.waitpid(pid, 0)


main()
