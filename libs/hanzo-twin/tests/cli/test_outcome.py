from __future__ import annotations

import json

import pytest
import typer

from hanzo_twin.audit import UnequalRepeat
from hanzo_twin.cli.outcome import console, reported
from hanzo_twin.cli.shown import out, table
from hanzo_twin.errors import ControlCommandRefused, NoAnswer, TwinUnknown
from twin_common.errors import BrokerRefused, BrokerUnreachable, DefinitionError, StoreRefused, TopicMissing
from twin_common.identity import Forbidden, IssuerUnreachable, Unauthenticated
from twin_schemas.errors import CorruptRecord
from twin_sim.errors import SceneError

FAILURES = [
    (DefinitionError("twin.yaml: name: is missing  (line 1)", (("name", "is missing", 1),)), 2),
    (TwinUnknown("pendulun", ("pendulum",)), 2),
    (ControlCommandRefused("CreateTwin", "unknown_engine", "no such engine", "engine.type", 8), 3),
    (Unauthenticated("the issuer gives client robot no token"), 3),
    (Forbidden("twins.start isn't among the permissions of role twin-viewer"), 3),
    (BrokerRefused("not authorised to read twin.specs"), 3),
    (StoreRefused("no right to bucket scenes"), 3),
    (IssuerUnreachable("no issuer at 127.0.0.1:8090"), 4),
    (NoAnswer("scene-manager", "it is silent", 15.0), 4),
    (BrokerUnreachable("no broker at 127.0.0.1:9092"), 4),
    (UnequalRepeat("tick 3 differs"), 5),
    (CorruptRecord("the bytes end in the middle of a field"), 1),
    (SceneError("/World/Arm", "has no mass", "Give it one"), 1),
    (KeyboardInterrupt(), 130),
]


@pytest.mark.parametrize(("error", "code"), FAILURES, ids=lambda value: type(value).__name__)
def test_each_failure_has_its_exit_code(error: BaseException, code: int) -> None:
    with pytest.raises(typer.Exit) as ended, reported(as_json=False):
        raise error
    assert ended.value.exit_code == code


def test_a_failure_is_one_message_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), reported(as_json=False):
        raise TopicMissing("there is no topic hanzo.twin.twin.specs")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: there is no topic hanzo.twin.twin.specs")
    assert "hanzo-twin dev up" in said.err


def test_with_json_a_refusal_ends_standard_output_with_its_code_field_and_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit), reported(as_json=True):
        raise ControlCommandRefused("CreateTwin", "unknown_engine", "no such engine", "engine.type", 8)
    error = json.loads(capsys.readouterr().out.splitlines()[-1])["error"]
    assert (error["type"], error["code"], error["field"], error["line"]) == (
        "ControlCommandRefused",
        "unknown_engine",
        "engine.type",
        8,
    )


def test_with_json_a_wrong_definition_lists_its_problems(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), reported(as_json=True):
        raise DefinitionError("twin.yaml: name: is missing", (("name", "is missing", 1),))
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["problems"] == [{"path": "name", "message": "is missing", "line": 1}]


def test_a_defect_is_not_dressed_up_as_a_user_error() -> None:
    with pytest.raises(ZeroDivisionError), reported(as_json=True):
        raise ZeroDivisionError


def test_a_text_of_others_is_shown_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    texts = ("a path[/b]", "[bold]", ":warning:")
    row = table("what")
    for text in texts:
        row.add_row(text)
    for screen in (console(), out()):
        screen.print(row)
    said = capsys.readouterr()
    assert all(text in said.err and text in said.out for text in texts)
