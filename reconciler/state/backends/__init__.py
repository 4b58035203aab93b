"""State backends: local files, git, object stores, PostgreSQL."""
