"""Lists come in pages."""

from __future__ import annotations

from typing import Generic, TypeVar

from hanzo_twin.models.base import Model

T = TypeVar("T", bound=Model)


class Page(Model, Generic[T]):
    """Part of a list.

    Attributes:
        items: of this page.
        next_cursor: where the next one begins; None: this is the last.
    """

    items: tuple[T, ...] = ()
    next_cursor: str | None = None
