"""Plans and drift as Markdown for pull requests and issues."""
