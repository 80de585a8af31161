"""How a consumer says no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager


class Refusal(Exception):
    """A record is refused in a way that stops nobody.

    Attributes:
        code: how.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@contextmanager
def refusing(*promised: type[Exception]) -> Iterator[None]:
    """Errors that a reader promises become refusals; any other one is a finding."""
    try:
        yield
    except promised as error:
        raise Refusal(str(getattr(error, "code", type(error).__name__))) from error


async def in_turn(*reads: Callable[[], Awaitable[None]]) -> None:
    """Several readers of one record, each of which reads whatever the others say of it.

    Raises:
        Refusal: the first one.
    """
    refusals: list[Refusal] = []
    for read in reads:
        try:
            await read()
        except Refusal as refusal:
            refusals.append(refusal)
    if refusals:
        raise refusals[0]
