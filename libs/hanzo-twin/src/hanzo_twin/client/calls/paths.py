"""Paths, bodies and results that operations have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx

from hanzo_twin.client.session import Call, one
from hanzo_twin.client.wire import Request
from hanzo_twin.models.base import Model
from hanzo_twin.models.page import Page

M = TypeVar("M", bound=Model)


def path(*parts: str | int) -> str:
    """A path of the API; each part is one segment, whatever characters it has."""
    return "/v1/" + "/".join(quote(str(part), safe="") for part in parts)


def given(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def as_json(value: Any) -> Callable[[], Mapping[str, Any]]:
    """A body of JSON."""
    return lambda: {"json": value}


def nothing(_answer: httpx.Response) -> None:
    """The result of an operation that has none."""


def get(kind: type[M], *parts: str | int, **query: Any) -> Call[M]:
    """Read one model."""
    return Call(Request("GET", path(*parts), query=given(**query)), one(kind))


@dataclass(frozen=True, slots=True)
class Pages(Generic[M]):
    """A list that comes in pages.

    Attributes:
        kind: of its items.
        url: path of the list.
        query: filters, and the size of a page.
    """

    kind: type[M]
    url: str
    query: Mapping[str, Any]

    def page(self, cursor: str | None) -> Call[Page[M]]:
        """Read the page at a cursor; the first one at None."""
        query = {**self.query, **given(cursor=cursor)}
        return Call(Request("GET", self.url, query=query), one(Page[self.kind]))  # type: ignore[name-defined]
