"""Entity tags: `"<revision>-<hash>"`. Changes compare revisions only, so that a status report is no conflict."""

from __future__ import annotations

import re

from api_gateway.errors import FieldError, Problem

_TAG = re.compile(r'(?:W/)?"([0-9]{1,18})(?:-[^"]*)?"')


def expected_revision(if_match: str | None) -> int | None:
    """The revision that an If-Match header asks for; None: any.

    Raises:
        Problem: `bad_request`: it isn't a tag that this API gave.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    match = _TAG.fullmatch(if_match.strip())
    if match is None:
        raise Problem(
            "bad_request",
            "the header If-Match isn't the ETag of a twin",
            remedy="Send the header ETag of the twin as it was given, in its quotes",
            errors=[FieldError("If-Match", "isn't an ETag of a twin")],
        )
    return int(match[1])
