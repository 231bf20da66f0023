"""A stack's limits as Prometheus rules and a Grafana dashboard, over Baseten's export of metrics."""
