"""What a caller is told when it can't be done: one kind of error, answered as `application/problem+json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api_gateway.domain.problems import status_of, title_of
from twin_common.errors import TwinError


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong in what was sent.

    Attributes:
        field: path such as `sync.sources[0].name`, a query parameter's or header's name; empty: the whole body.
        message: what is wrong and how to write it.
        line: line in the document that was sent, from 1; None: not known.
    """

    field: str
    message: str
    line: int | None = None


class Problem(TwinError):
    """An answer that isn't success. Any handler or adapter may raise it; status and title follow from the code.

    Args:
        code: a row of `api_gateway.domain.problems`.
        detail: what happened here.
        remedy: what to do next; the row's when None.
        errors: what is wrong in the request, by field.
        headers: more response headers, such as `Retry-After`.
        status: instead of the row's; only for codes that other services gave.
        extra: further members of the answer, which the code's row documents.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        remedy: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        self.status = status_of(code) if status is None else status
        self.title = title_of(code)
