"""Markdown reports for pull requests and issues."""
