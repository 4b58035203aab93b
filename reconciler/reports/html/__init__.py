"""HTML reports: one self-contained page with drawings of layouts and colours."""
