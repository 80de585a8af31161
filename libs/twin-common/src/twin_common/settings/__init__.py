"""Settings: frozen, typed, from the config file and `HANZO_TWIN_*` variables; unknown keys are refused."""

from twin_common.settings.load import load_settings
from twin_common.settings.model import Settings

__all__ = ["Settings", "load_settings"]
