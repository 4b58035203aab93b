"""Where a state is kept: local files, git, object stores, PostgreSQL."""
