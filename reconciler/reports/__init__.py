"""Renders plans, outcomes and problems: pure functions from values to text."""
