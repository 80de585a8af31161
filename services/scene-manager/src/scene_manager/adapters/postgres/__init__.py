"""The control plane's truth in PostgreSQL."""
