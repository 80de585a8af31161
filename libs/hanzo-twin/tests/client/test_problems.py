"""Each problem as the error that says what to do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from hanzo_twin.client import problems
from hanzo_twin.client.calls import twins
from hanzo_twin.client.problems import error_of
from hanzo_twin.errors import HanzoTwinError
from hanzo_twin.models.problem import FieldProblem, Problem

KINDS = [
    (400, problems.Invalid, ValueError, 2),
    (413, problems.Invalid, ValueError, 2),
    (415, problems.Invalid, ValueError, 2),
    (422, problems.Invalid, ValueError, 2),
    (401, problems.Unauthenticated, PermissionError, 3),
    (403, problems.Forbidden, PermissionError, 3),
    (404, problems.NotFound, LookupError, 2),
    (410, problems.NotFound, LookupError, 2),
    (409, problems.Conflict, ValueError, 3),
    (412, problems.RevisionConflict, problems.Conflict, 3),
    (500, problems.ServiceDefect, RuntimeError, 1),
]


@pytest.mark.parametrize(("status", "kind", "builtin", "exit_code"), KINDS)
def test_each_status_has_its_error(
    api: Any, carry: Any, status: int, kind: type[Any], builtin: type[Any], exit_code: int
) -> None:
    api.refuses(status, "some_code", detail="What happened.", remedy="What to do", request_id="r1")
    with pytest.raises(kind) as raised:
        carry(twins.get_twin("arm"))
    error = raised.value
    assert isinstance(error, builtin) and isinstance(error, HanzoTwinError)
    assert str(error) == "some_code: What happened. What to do"
    assert (error.code, error.status, error.problem.request_id) == ("some_code", status, "r1")
    assert error.exit_code == exit_code


def test_a_wrong_definition_lists_its_fields_and_lines(api: Any, carry: Any) -> None:
    wrong = [{"field": "sync.rate_hz", "line": 12, "message": "has to be positive"}]
    api.refuses(422, "invalid_definition", detail="The definition is wrong", errors=wrong)
    with pytest.raises(problems.Invalid) as raised:
        carry(twins.create_twin("name: arm\n"))
    assert raised.value.errors[0].line == 12
    assert "sync.rate_hz (line 12): has to be positive" in str(raised.value)


@pytest.mark.parametrize("body", [b"<html>gateway</html>", b"", b"[1]"])
def test_an_answer_without_a_problem_description_is_still_an_error(api: Any, carry: Any, body: bytes) -> None:
    api.answers.append(lambda _request: httpx.Response(404, content=body))
    with pytest.raises(problems.NotFound, match="http_404"):
        carry(twins.get_twin("arm"))


@pytest.mark.parametrize("body", [{"name": "arm"}, [], "twin"])
def test_an_answer_of_something_else_is_said_so(api: Any, carry: Any, body: Any) -> None:
    api.says(200, body)
    with pytest.raises(problems.Unexpected, match="Is this the address"):
        carry(twins.get_twin("arm"))


def test_what_the_detail_says_already_is_said_once_and_nothing_is_left_out() -> None:
    errors = tuple(FieldProblem(field=name, message="Field required") for name in ("mode", "value"))
    said = str(
        error_of(Problem(code="invalid_request", status=422, detail="mode: Field required", errors=errors))
    )
    assert said.count("mode: Field required") == said.count("value: Field required") == 1
    refused = (FieldProblem(field="scene", message="no such scene"),)
    said = str(error_of(Problem(code="scene_not_found", status=422, detail="no such scene", errors=refused)))
    assert said.count("no such scene") == 1
