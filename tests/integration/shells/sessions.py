"""A shell on a pseudo-terminal: keys go in as a person presses them, and it is asked what the line has become."""

import os
import pty
import select
import shutil
import signal
import sys
import time

PATIENCE = 120
START, END = "\x01", "\x05"  # Ctrl-A and Ctrl-E: the ends of the line
# The key that inserts everything that is offered: readline has one, and zsh is given one.
EVERYTHING = {"bash": "\x1b*", "zsh": "\x18a"}

COMMANDS = {
    "bash": ["bash", "--noprofile", "--norc", "-i"],
    "zsh": ["zsh", "--no-rcs", "-i"],
    "fish": ["fish", "--no-config", "--private", "-i"],
}
SETTINGS = {
    "bash": 'bind "set enable-bracketed-paste off"\neval "$(reconciler completion bash)"\n',
    "zsh": "unsetopt PROMPT_SP ZLE_BRACKETED_PASTE 2>/dev/null; unset zle_bracketed_paste\n"
    "bindkey -e; autoload -Uz compinit && compinit -u -D\n"
    'eval "$(reconciler completion zsh)"\n'
    "zle -C everything complete-word _generic; bindkey '^Xa' everything\n"
    "zstyle ':completion:everything:*' completer _all_matches _complete\n"
    "zstyle ':completion:everything:*' insert true\n",
    "fish": "reconciler completion fish | source\n",
}


def program(folder):
    """A folder with the program in it, as an installation has it."""
    folder.mkdir()
    file = folder / "reconciler"
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n', encoding="utf-8")
    file.chmod(0o755)
    return folder


class Session:
    """An interactive shell in ``folder``."""

    def __init__(self, shell, folder, environment):
        self.shell, self.folder, self.count, self.shown = shell, folder, 0, ""
        self.pid, self.ours = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            name = shutil.which(shell)
            os.execve(name, [name, *COMMANDS[shell][1:]], environment)  # noqa: S606

    def press(self, keys):
        """Type ``keys``."""
        os.write(self.ours, keys.encode())

    def wait(self, is_there):
        """Read what the terminal shows until ``is_there()``."""
        end = time.monotonic() + PATIENCE
        while not is_there():
            assert time.monotonic() < end, f"{self.shell} does not answer: {self.shown[-2000:]!r}"
            ready, _, _ = select.select([self.ours], [], [], 0.05)
            if ready:
                self.shown += os.read(self.ours, 65536).decode(errors="replace")

    def prepare(self):
        """Switch completion on. What is typed from now on waits for the shell."""
        done = self.folder / "prepared"
        self.press(f"{SETTINGS[self.shell]}touch {done}\n")
        self.wait(done.exists)

    def words_after(self, typed, key="\t"):
        """The words of the line after ``typed`` and ``key``, and whether the cursor is after a blank.

        The line becomes the arguments of a command that writes each into a file.
        """
        self.count += 1
        file = self.folder / f"line-{self.count}"
        # 'x' shows whether the completed word was ended: it is a word of its own, or its last letter.
        self.press(f"{typed}{key}x{START}printf '%s\\n' {END} >{file}.new; mv {file}.new {file}\n")
        self.wait(file.exists)
        words = file.read_text(encoding="utf-8").splitlines()
        ended = words[-1] == "x"
        return (words[:-1] if ended else [*words[:-1], words[-1].removesuffix("x")]), ended

    def output_of(self, command):
        """The lines that ``command`` prints."""
        self.count += 1
        file = self.folder / f"line-{self.count}"
        self.press(f"{command} >{file}.new; mv {file}.new {file}\n")
        self.wait(file.exists)
        return file.read_text(encoding="utf-8").splitlines()

    def close(self):
        """End the shell."""
        os.close(self.ours)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
