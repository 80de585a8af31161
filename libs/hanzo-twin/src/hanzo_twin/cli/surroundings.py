"""Where a command finds the broker and the object store: the running stack, else the configuration."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from hanzo_twin.stack import connection
from hanzo_twin.stack.errors import StackNotRunning
from twin_common.blobs import S3Links
from twin_common.settings import Settings, load_settings


def surroundings() -> Settings:
    """The settings for this command; variables that the user has set win over the stack's addresses.

    Raises:
        SettingsError: the config file or a variable is wrong.
    """
    try:
        return connection.load().settings()
    except StackNotRunning:
        return load_settings()


def scene_store(settings: Settings) -> Callable[[bytes], Awaitable[str]]:
    """Uploads the bytes of scenes for the settings' organisation; a registration makes them blobs."""
    bucket = S3Links(settings.storage, settings.storage.buckets.scenes)
    return partial(bucket.offer, settings.security.organization)
