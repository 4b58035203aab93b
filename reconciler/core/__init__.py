"""The ground floor: pure functions over plain values; no I/O, clock, environment or logging."""
