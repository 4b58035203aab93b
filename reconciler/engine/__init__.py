"""The use cases: plan, apply, drift, pull, import, destroy, show, doctor, watch."""
