"""Carries one Plan out and returns a result for each action."""
