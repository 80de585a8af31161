"""Support: pages and the commands in them."""
