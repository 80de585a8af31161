"""Fixtures of all packages' tests."""

import signal

from hypothesis import settings

# In the background of a script it is ignored, and programs under test would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("no-deadline", deadline=None)  # a busy machine says nothing of the code
settings.load_profile("no-deadline")

pytest_plugins = ["twin_common.testing.plugin"]
