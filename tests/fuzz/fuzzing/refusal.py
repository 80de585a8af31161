"""How a consumer says no."""

from __future__ import annotations


class Refusal(Exception):
    """A record is refused in a way that stops nobody.

    Attributes:
        code: how.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
