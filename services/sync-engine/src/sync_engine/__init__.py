"""Connects physical systems to their twins: the only writer of the journals."""
