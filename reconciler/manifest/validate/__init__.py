"""Checks documents against their schemas and against each other."""
