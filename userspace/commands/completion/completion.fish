# SPDX-License-Identifier: GPL-2.0-only
#
# fish completion for @PROGRAM@.  The program itself lists the possible words.

function __@PROGRAM@_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    set -l lines ($program --complete $words[2..-1] $typed 2>/dev/null)
    switch "$lines[1]"
        case files
            # Keep an option's name before its file.
            set -l before (string match -r -- '^--[^=]*=' $typed)
            set -l after (string replace -r -- '^--[^=]*=' '' $typed)
            for file in (__fish_complete_path "$after")
                echo "$before$file"
            end
        case 'command *'
            __fish_complete_subcommand --fcs-skip=(math (string replace 'command ' '' $lines[1]) + 1)
        case words more
            printf '%s\n' $lines[2..-1]
    end
end

complete -c @PROGRAM@ -f -a '(__@PROGRAM@_complete)'
