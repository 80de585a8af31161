"""For tests: the bus's behaviour suite, and fixtures with the real parts."""
