"""Examples at the end of a command's help."""


def examples(*lines: str) -> str:
    """The end of a command's help: command lines that work as they are."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
