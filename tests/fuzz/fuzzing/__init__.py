"""Throws hostile bytes at everything that reads bytes of others, and keeps what was found."""
