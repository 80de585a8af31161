"""One function per command: what it changes, and what follows."""
