"""Named places where an API is, and how one gets in: kept in a file that its owner alone can read."""

from hanzo_twin.profiles.file import Profiles, config_path, read_profiles, write_profiles
from hanzo_twin.profiles.profile import Profile

__all__ = ["Profile", "Profiles", "config_path", "read_profiles", "write_profiles"]
