"""Limits of a probe, for its flags as well."""

HANDFUL = 5  # resources: a Space with more is in use, and needs consent
