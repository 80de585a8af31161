"""Operations as methods, with the names, words and parameters that they have as functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def like(make: Callable[..., Any], method: F) -> F:
    """The method with the documentation of the function that it carries out."""
    update_wrapper(method, make)
    described = inspect.signature(make)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    shown = inspect.Signature([own, *described.parameters.values()])
    setattr(method, "__signature__", shown)  # noqa: B010 -- a function type declares no such attribute
    return method
