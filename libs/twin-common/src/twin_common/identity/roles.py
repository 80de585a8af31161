"""The role table, read once from `roles.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

ADMIN = "twin-admin"
SERVICE = "twin-service"


class Role(BaseModel):
    """A row of the table.

    Attributes:
        role: its name, as tokens carry it.
        any_organization: it acts on the resources of every organisation.
        may: actions by kind of resource.
        permissions: the same as `<resource>.<action>`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str = Field(pattern=r"^twin-[a-z]+$")
    any_organization: bool = False
    may: dict[str, tuple[str, ...]]
    permissions: frozenset[str] = frozenset()


@cache
def roles() -> dict[str, Role]:
    """Every role by its name, the strongest first."""
    table = TypeAdapter(list[Role]).validate_python(
        yaml.safe_load(files("twin_common.identity").joinpath("roles.yaml").read_text(encoding="utf-8"))
    )
    rows = [row.model_copy(update={"permissions": _flat(row)}) for row in table]
    return {row.role: row for row in rows}


@cache
def actions() -> frozenset[str]:
    """Every action that some role may do."""
    return frozenset().union(*(row.permissions for row in roles().values()))


def role_named(name: str) -> Role:
    """A row of the table.

    Raises:
        KeyError: there is no such role.
    """
    return roles()[name]


def strongest(names: Iterable[str]) -> str | None:
    """The strongest of some roles; None when none of them is known."""
    held = set(names)
    return next((name for name in roles() if name in held), None)


def _flat(row: Role) -> frozenset[str]:
    return frozenset(f"{resource}.{action}" for resource, names in row.may.items() for action in names)
