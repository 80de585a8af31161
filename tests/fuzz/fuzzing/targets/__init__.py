"""The targets by name; each is imported when it is asked for, as some bring large libraries."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from fuzzing.target import Target
from twin_schemas.catalogue import PUBLIC, catalogue

_MODULES = {
    "mqtt": "mqtt",
    "yaml": "definitions",
    "usd": "scenes",
    "packages": "uploads",
    "http": "gateway",
    "sockets": "sockets",
    "commands": "commands",
}
TOPICS = tuple(f"avro.{topic}" for topic in (*sorted(catalogue()), PUBLIC))


def names() -> list[str]:
    """Every target."""
    return [*_MODULES, *TOPICS]


def target_named(name: str) -> Target:
    """A target, ready."""
    if name.startswith("avro."):
        make: Callable[..., Target] = import_module("fuzzing.targets.records").target
        return make(name)
    make = import_module(f"fuzzing.targets.{_MODULES[name]}").target
    return make()
