"""What dev.py is made of: the lock, and the virtual environments that are installed from it. The standard library alone."""
