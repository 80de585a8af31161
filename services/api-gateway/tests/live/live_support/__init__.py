"""The gateway as a server on loopback, and a twin that others play."""
