"""The file with the profiles: `~/.config/hanzo-twin/config.toml`, mode 0600."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from hanzo_twin.errors import HanzoTwinError
from hanzo_twin.profiles.profile import NAME, Profile

LOCAL = "local"
"""The stack that runs on this machine; it needs no profile and can't be one."""


class ProfileError(HanzoTwinError, ValueError):
    """A profile or the file with them is wrong."""

    exit_code = 2


class Profiles(BaseModel):
    """All profiles.

    Attributes:
        current: used when none is named; the local stack when None.
        profiles: by name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    current: str | None = None
    profiles: dict[str, Profile] = {}

    def get(self, name: str) -> Profile:
        """A profile by its name.

        Raises:
            ProfileError: there is none.
        """
        if name not in self.profiles:
            there = ", ".join(sorted({LOCAL, *self.profiles}))
            raise ProfileError(
                f"there is no profile {name!r}. There are: {there}; add one with: "
                f"hanzo-twin profile add {name} --url URL"
            )
        return self.profiles[name]

    def added(self, name: str, profile: Profile) -> Profiles:
        """With one more, or with another one of this name.

        Raises:
            ProfileError: the name can't be used.
        """
        if name == LOCAL or not NAME.fullmatch(name):
            raise ProfileError(
                f"a profile can't be called {name!r}: use a-z, 0-9, - and _, and not {LOCAL!r}, which is the "
                "stack on this machine"
            )
        return self.model_copy(update={"profiles": {**self.profiles, name: profile}})


def config_path() -> Path:
    """Where the file is: below `$XDG_CONFIG_HOME`, else `~/.config`."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "hanzo-twin" / "config.toml"


def read_profiles(path: Path | None = None) -> Profiles:
    """The profiles; none when there is no file.

    Raises:
        ProfileError: the file isn't what it has to be, or others can read it.
    """
    path = path or config_path()
    try:
        if path.stat().st_mode & 0o077:
            raise ProfileError(f"{path} holds tokens and others can read it; correct that: chmod 600 {path}")
        return Profiles.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Profiles()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path}: {error}") from None
    except ValidationError as error:
        wrong = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in wrong["loc"])
        raise ProfileError(f"{path}: {place}: {wrong['msg']}") from None


def write_profiles(profiles: Profiles, path: Path | None = None) -> None:
    """Replace the file in one go; nobody else can read it at any moment."""
    path = path or config_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = [f"current = {_quoted(profiles.current)}"] if profiles.current else []
    for name, profile in sorted(profiles.profiles.items()):
        lines += ["", f"[profiles.{name}]"]
        for key in Profile.model_fields:
            value = getattr(profile, key)
            if value is not None:
                plain = value.get_secret_value() if key in ("token", "client_secret") else value
                lines.append(f"{key} = {_quoted(plain)}")
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".config-")  # mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines).strip() + "\n")
    Path(part).replace(path)


def _quoted(text: str) -> str:
    """A TOML string; JSON's escapes are a part of TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
