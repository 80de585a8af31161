"""Things of many organisations, found by id or name and listed in the order of their names."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    """What a shelf can hold."""

    @property
    def id(self) -> str:
        """UUID."""
        ...

    @property
    def name(self) -> str:
        """Unique within the organisation."""
        ...

    @property
    def created_ns(self) -> int:
        """When it was made, in ns since the Unix epoch."""
        ...


T = TypeVar("T", bound=Named)


class Shelf(Generic[T]):
    """An index by id, by (organisation, name), and by the order of names.

    What is deleted and made anew under its old name is told of on two partitions, in any order: as long as both are
    here, the name is the newest one's.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, tuple[str, T]] = {}
        self._by_name: dict[str, dict[str, dict[str, T]]] = {}
        self._order: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def put(self, org: str, thing: T) -> None:
        """Keep a thing, in the place of what had its id."""
        if (known := self._by_id.get(thing.id)) is not None and (known[0], known[1].name) != (
            org,
            thing.name,
        ):
            self.drop(thing.id)
        names = self._by_name.setdefault(org, {})
        if thing.name not in names:
            insort(self._order.setdefault(org, []), thing.name)
        names.setdefault(thing.name, {})[thing.id] = thing
        self._by_id[thing.id] = (org, thing)

    def drop(self, thing_id: str) -> None:
        """Forget a thing."""
        org, thing = self._by_id.pop(thing_id, (None, None))
        if org is None or thing is None:
            return
        holders = self._by_name[org][thing.name]
        del holders[thing_id]
        if holders:
            return  # the name stays with another
        del self._by_name[org][thing.name]
        order = self._order[org]
        order.pop(bisect_right(order, thing.name) - 1)
        if not order:
            del self._order[org], self._by_name[org]

    def by_id(self, thing_id: str) -> T | None:
        """Whoever owns it."""
        known = self._by_id.get(thing_id)
        return None if known is None else known[1]

    def find(self, org: str, ref: str) -> T | None:
        """By name or id, within an organisation."""
        holders = self._by_name.get(org, {}).get(ref)
        if holders is not None:
            return _newest(holders)
        owner, thing = self._by_id.get(ref) or self._by_id.get(ref.lower()) or (None, None)
        return thing if owner == org else None

    def after(self, org: str, name: str | None) -> Iterator[T]:
        """An organisation's things in the order of their names, those behind `name`."""
        order = self._order.get(org, [])
        names = self._by_name.get(org, {})
        for known in order[bisect_right(order, name) if name is not None else 0 :]:
            yield _newest(names[known])


def _newest(holders: Mapping[str, T]) -> T:
    """Who of those with one name was made last."""
    return max(holders.values(), key=lambda thing: (thing.created_ns, thing.id))
