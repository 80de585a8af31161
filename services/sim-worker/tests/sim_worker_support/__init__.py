"""What the tests of the worker share."""
