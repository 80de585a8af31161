"""A whole platform for tests: real parts, every service, callers of any role and organisation."""
