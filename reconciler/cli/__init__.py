"""The command line: flags, prompts, signals, exit codes, console output."""
