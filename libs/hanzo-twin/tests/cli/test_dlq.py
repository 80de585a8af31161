"""Dead letters can be found, read and sent again."""

from __future__ import annotations

import json
from typing import Any

LETTER = {
    "id": "3-17",
    "topic": "hanzo.twin.control.commands",
    "partition": 3,
    "offset": 911,
    "type": "CreateTwin",
    "code": "corrupt_record",
    "message": "the bytes end in the middle of a field",
    "service": "scene-manager",
    "attempts": 1,
    "at": "2026-02-20T01:02:03Z",
    "redriven": [{"actor": "ada", "at": "2026-02-21T01:02:03Z"}],
}


def test_letters_are_listed_with_their_reason(doors: Any, cli: Any) -> None:
    doors.says("GET /v1/dead-letters", {"items": [LETTER, {**LETTER, "id": "3-16"}], "next_cursor": None})
    shown = cli("dlq", "list").stdout
    for part in ("3-17", "CreateTwin", "corrupt_record"):
        assert part in shown
    told = json.loads(cli("dlq", "list", "--limit", "1", "--json").stdout)
    assert [letter["id"] for letter in told["letters"]] == ["3-17"]


def test_a_letter_is_shown_with_its_content(doors: Any, cli: Any) -> None:
    doors.says("GET /v1/dead-letters/3-17", {**LETTER, "key": "YXJt", "decoded": {"definition": "name: arm"}})
    shown = cli("dlq", "show", "3-17").stdout
    for part in ("hanzo.twin.control.commands, partition 3, offset 911", "name: arm", "ada"):
        assert part in shown


def test_a_letter_is_sent_again(doors: Any, cli: Any) -> None:
    doors.says("POST /v1/dead-letters/3-17/redrive", {"topic": "t", "partition": 1, "offset": 2})
    done = cli("dlq", "redrive", "3-17", "--json")
    assert json.loads(done.stdout) == {"letter": "3-17", "topic": "t", "partition": 1, "offset": 2}
