"""The same kinds as Kubernetes resources: definitions from the schemas, admission policies, export of manifests. Values only."""
