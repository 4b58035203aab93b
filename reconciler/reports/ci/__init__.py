"""Reports for machines: JUnit, SARIF, metrics."""
