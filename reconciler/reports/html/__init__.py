"""Plans and drift as one HTML page with drawings of layouts and colours."""
