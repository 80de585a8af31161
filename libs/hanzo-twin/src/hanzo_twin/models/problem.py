"""Why a request failed, as the API says it (RFC 9457)."""

from __future__ import annotations

from datetime import datetime

from hanzo_twin.models.base import Model


class FieldProblem(Model):
    """One thing that is wrong in what was sent.

    Attributes:
        field: path of it.
        line: in the YAML, when there is one.
        message: what is wrong.
    """

    field: str | None = None
    line: int | None = None
    message: str = ""


class NearestState(Model):
    """A state of a twin from which on its whole journal is kept.

    Attributes:
        incarnation: that it belongs to.
        offset: of the last journal record that it has folded.
        tick: of the twin.
        time: of that tick, if known.
        digest: sha256 of the state.
    """

    incarnation: int
    offset: int
    tick: int
    time: datetime | None = None
    digest: str = ""


class Problem(Model):
    """A failed request.

    Attributes:
        type: URI of the kind of problem.
        title: of the kind.
        status: HTTP status.
        detail: what happened here.
        code: short, stable, machine-readable reason.
        instance: path of the request.
        remedy: what to do.
        request_id: under which the service logged it.
        errors: each thing wrong in what was sent.
        nearest: where a twin's past can be entered, of `beyond_retention` only.
    """

    type: str = "about:blank"
    title: str = ""
    status: int = 0
    detail: str = ""
    code: str = "unknown"
    instance: str | None = None
    remedy: str | None = None
    request_id: str | None = None
    errors: tuple[FieldProblem, ...] = ()
    nearest: NearestState | None = None
