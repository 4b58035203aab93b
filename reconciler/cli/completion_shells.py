"""Completion in bash, zsh and fish: the scripts, and the words as each shell hands them over.

``reconciler completion SHELL`` prints a script. It calls the program at each TAB with the words in
COMP_WORDS and the shell in _RECONCILER_COMPLETE; the program answers a line for each candidate.
"""

import os
from collections.abc import Sequence

from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    split_arg_string,
)

VARIABLE = "_RECONCILER_COMPLETE"

_BASH = r"""
%(complete_func)s() {
    local IFS=$'\n' cur=${COMP_WORDS[COMP_CWORD]} start= line file only_files=1
    # A word ends at '=', where COMP_WORDBREAKS has it.
    [[ $cur == '=' ]] && cur=
    [[ $cur == --*=* ]] && start=${cur%%%%=*}= && cur=${cur#*=}
    COMPREPLY=()
    local response=$(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
    for line in $response; do
        [[ $line == plain,* ]] && only_files= && COMPREPLY+=("${line#plain,}")
    done
    for line in $response; do
        case $line in
            file,*)
                if [[ $only_files && ! $start ]]; then
                    compopt -o default
                else
                    for file in $(compgen -f -- "$cur"); do
                        [[ -d $file ]] && file+=/
                        COMPREPLY+=("$start$file")
                    done
                fi ;;
            dir,*)
                if [[ $only_files && ! $start ]]; then
                    compopt -o dirnames
                else
                    COMPREPLY+=($(compgen -d -S / -P "$start" -- "$cur"))
                fi ;;
        esac
    done
    # A name continues after a slash, and so does a value after '='.
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/=] ]] && compopt -o nospace
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH = r"""
#compdef %(prog_name)s
%(complete_func)s() {
    local program=${(Q)words[1]} line want_files want_folders
    local -a response part plain open described
    (( $+commands[$program] )) || [[ -x $program ]] || program=%(prog_name)s
    response=("${(@f)$(env COMP_WORDS="${(pj:\n:)words[1,CURRENT-1]}"$'\n'"$PREFIX" \
        COMP_CWORD=$((CURRENT-1)) %(complete_var)s=zsh_complete $program 2>/dev/null)}")
    for line in $response; do
        part=("${(@ps:\t:)line}")
        case $part[1] in
            plain)
                if [[ -n $part[3] ]]; then
                    described+=("${part[2]//:/\\:}:$part[3]")
                elif [[ $part[2] == *[/=] ]]; then
                    open+=("$part[2]")
                else
                    plain+=("$part[2]")
                fi ;;
            file) want_files=1 ;;
            dir) want_folders=1 ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described
    (( $#plain )) && compadd -V unsorted -a plain
    (( $#open )) && compadd -V unsorted -S '' -a open
    [[ $PREFIX == --*=* ]] && compset -P '*='
    [[ -n $want_files ]] && _files
    [[ -n $want_folders ]] && _files -/
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = r"""
function %(complete_func)s
    set -l token (commandline -ct)
    set -l line (commandline -cp | string collect)
    set -l program (commandline -opc)[1]
    type -q -- $program; or set program %(prog_name)s
    set -l start (string match -r -- '^--[^=]*=' $token)
    set -l rest (string replace -r -- '^--[^=]*=' '' $token)
    for answer in (env COMP_WORDS="$line" %(complete_var)s=fish_complete $program 2>/dev/null)
        set -l part (string split -m 1 , -- $answer)
        switch $part[1]
            case plain
                echo $part[2]
            case file
                for file in (__fish_complete_path "$rest")
                    echo "$start$file"
                end
            case dir
                for file in (__fish_complete_directories "$rest")
                    echo "$start$file"
                end
        end
    end
end
complete --no-files --keep-order --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


def _joined(words: Sequence[str]) -> tuple[list[str], bool]:
    """``words`` with those that were cut at '=' put together, and whether the last one was."""
    joined: list[str] = []
    goes_on = was_cut = False
    for word in words:
        was_cut = bool(joined) and (goes_on or word == "=")
        goes_on = was_cut and word == "="
        if was_cut:
            joined[-1] += word
        else:
            joined.append(word)
    return joined, was_cut


class _Shell(ShellComplete):
    """What the shells have in common: candidates for ``--option=value`` repeat the option."""

    start = ""

    def words(self) -> list[str]:
        """The words up to the one that is completed, which is the last; the first is the program."""
        words = split_arg_string(os.environ.get("COMP_WORDS", ""))
        number = int(os.environ.get("COMP_CWORD") or 0)
        return [*words[:number], *(words[number : number + 1] or [""])]

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that one."""
        *args, incomplete = self.words()
        self.start = self.start_of(incomplete)
        return args[1:], incomplete

    def start_of(self, word: str) -> str:
        """``--option=`` of ``word``, '' if it has none."""
        option, sign, _ = word.partition("=")
        return f"{option}=" if sign and option.startswith("--") else ""

    def value_of(self, item: CompletionItem) -> str:
        """The whole word for a candidate."""
        value = str(item.value)
        return f"{self.start}{value}" if item.type == "plain" else value

    def format_completion(self, item: CompletionItem) -> str:
        """One line for a candidate."""
        return f"{item.type},{self.value_of(item)}"


class _Bash(_Shell):
    name = "bash"
    source_template = _BASH
    # What bash has cut off from the word that is completed.
    cut = ""

    def words(self) -> list[str]:
        """As elsewhere, but bash cuts words at '='."""
        joined, was_cut = _joined(super().words())
        self.cut = joined[-1].rpartition("=")[0] + "=" if was_cut else ""
        return joined

    def value_of(self, item: CompletionItem) -> str:
        """The part of the word that bash completes."""
        return super().value_of(item).removeprefix(self.cut)


class _Zsh(_Shell):
    name = "zsh"
    source_template = _ZSH

    def format_completion(self, item: CompletionItem) -> str:
        """One line for a candidate, with its help."""
        about = " ".join((item.help or "").split())
        return f"{item.type}\t{self.value_of(item)}\t{about}"


class _Fish(_Shell):
    name = "fish"
    source_template = _FISH

    def words(self) -> list[str]:
        """The line up to the cursor; fish counts no words."""
        line = os.environ.get("COMP_WORDS", "")
        words = split_arg_string(line)
        return words if words and not line[-1:].isspace() else [*words, ""]

    def format_completion(self, item: CompletionItem) -> str:
        """One line for a candidate, with its help."""
        about = " ".join((item.help or "").split())
        line = super().format_completion(item)
        return f"{line}\t{about}" if about else line


def register() -> None:
    """Use these shells in place of click's."""
    for shell in (_Bash, _Zsh, _Fish):
        add_completion_class(shell)
