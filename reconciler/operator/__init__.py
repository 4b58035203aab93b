"""The operator: the kinds as Kubernetes resources, one pass for each Space, on kopf."""
