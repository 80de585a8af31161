"""What the tests of registries share."""
