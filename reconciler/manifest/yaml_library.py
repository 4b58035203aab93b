"""The only module that imports PyYAML, whose patterns it leaves to be compiled at first use.

To compile the ten patterns takes twice as long as the rest of the import, and the parser in C uses
none of them.
"""

from reconciler.late_patterns import patterns_compiled_at_first_use

__all__ = ["yaml"]

with patterns_compiled_at_first_use():
    import yaml
