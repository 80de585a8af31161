"""Support: what is observed, who observes it, and what is asked."""
