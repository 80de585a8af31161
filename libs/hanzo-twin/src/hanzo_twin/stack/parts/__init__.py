"""The parts that the stack can run itself, one module each."""
