from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanzo_twin.definition import fill_variables, setting_variables
from hanzo_twin.twinfile import FileWrong
from twin_common.settings import Settings


def test_a_variable_is_replaced_by_its_value() -> None:
    assert fill_variables("broker: ${BROKER}", {"BROKER": "mqtt://h:1"}, "t.yaml") == "broker: mqtt://h:1"


def test_a_set_variable_wins_over_the_default() -> None:
    assert fill_variables("${A:-x} ${B:-y}", {"A": "1"}, "t.yaml") == "1 y"


def test_an_unset_variable_without_a_default_is_refused_with_its_line() -> None:
    with pytest.raises(FileWrong, match=r"t\.yaml: \$\{NOWHERE\} is not set.*\(line 2\)") as caught:
        fill_variables("name: a\nbroker: ${NOWHERE}\n", {}, "t.yaml")
    assert caught.value.problems[0][2] == 2


def test_a_comment_may_mention_a_variable() -> None:
    assert fill_variables("# ${NOWHERE}\na: 1", {}, "t.yaml") == "# ${NOWHERE}\na: 1"


def test_a_value_with_a_line_break_cannot_add_lines_to_the_definition() -> None:
    with pytest.raises(FileWrong, match="line breaks"):
        fill_variables("a: ${A}", {"A": "1\nadmin: true"}, "t.yaml")


@given(st.text(st.characters(exclude_characters="$")))
def test_text_without_references_stays_as_it_is(text: str) -> None:
    assert fill_variables(text, {}, "t.yaml") == text


def test_plain_settings_are_variables_and_secrets_are_not() -> None:
    variables = setting_variables(Settings())
    assert variables["HANZO_TWIN_MQTT_DEFAULT_BROKER"] == "mqtt://127.0.0.1:1883"
    assert not any("SECRET" in name or "DATABASE_URL" in name for name in variables)
