"""Reports: pure functions from plans, outcomes and problems to text."""
