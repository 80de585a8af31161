"""Fixtures of all packages' tests."""

pytest_plugins = ["twin_common.testing.plugin"]
