"""Fixtures of all packages' tests."""

from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)  # a busy machine says nothing of the code
settings.load_profile("no-deadline")

pytest_plugins = ["twin_common.testing.plugin"]
