"""The twin definition: what is read, and how what is wrong is named."""

import contextlib
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_common import yaml_lines
from twin_common.definition import TwinDefinition, parse_twin
from twin_common.errors import DefinitionError


def problem(text):
    with pytest.raises(DefinitionError) as caught:
        parse_twin(text, "p.yaml")
    assert str(caught.value).startswith("p.yaml: ")
    return caught.value.problems[0]


def test_a_good_definition_is_read_with_its_defaults(pendulum):
    twin = parse_twin(pendulum)
    source = twin.sync.sources[0]
    assert twin.sync.rate_hz == 30
    assert twin.sync.latency_budget_ms == 50
    assert twin.sync.reconnect_backoff_ms == (100, 500, 2000, 10_000)
    assert twin.sync.source_name(0) == "mqtt-0"
    assert source.mapping["angle"].target == "/World/Pendulum/hinge.position"
    assert source.mapping["torque"].effective_role == "input"
    assert source.mapping["angle"].effective_role == "observed"
    assert source.mapping["state"].joint_state.joints == {"hinge": "/World/Pendulum/hinge"}


def test_canonical_json_reads_back_equal_and_does_not_depend_on_layout(pendulum):
    twin = parse_twin(pendulum)
    assert TwinDefinition.model_validate_json(twin.canonical_json()) == twin
    other = pendulum.replace("engine: {type: mujoco}", "engine:\n  config: {}\n  type: 'mujoco'")
    assert parse_twin(other).canonical_json() == twin.canonical_json()


@pytest.mark.parametrize(
    ("old", "new", "path", "words", "line"),
    [
        ("name: pendulum", "name: Pendulum", "name", "pattern", 1),
        ("name: pendulum", "name: twin-pendulum", "name", "must not begin with twin-", 1),
        ("name: pendulum", f"name: {'a' * 64}", "name", "pattern", 1),
        ("name: pendulum\n", "", "name", "is missing", 1),
        ("type: mujoco", "type: mujocko", "engine.type", "'mujoco'", 3),
        ("uri: pendulum.usda", "url: pendulum.usda", "scene.uri", "is missing", 2),
        (
            "scene: {",
            "scene: {composition: [{ref: a, path: /b}], ",
            "scene.composition",
            "not supported yet",
            2,
        ),
        ("type: mqtt\n", "type: mqttt\n", "sync.sources[0]", "mqtt", 6),
        ("mqtt://127.0.0.1:1883", "127.0.0.1:1883", "sync.sources[0].broker", "mqtt://host:1883", 7),
        ("mqtt://127", "mqtt://user:pw@127", "sync.sources[0].broker", "credentials", 7),
        ("plant/pendulum/#", "plant/#/x", "sync.sources[0].topic", "stands alone", 8),
        ("angle: /World/Pendulum/hinge", "a/b: World", 'sync.sources[0].mapping["a/b"]', "USD path", 10),
        ("tau.0", "tau..0", "sync.sources[0].mapping.torque.field", "pattern", 11),
        (
            "window_ms: 33",
            "windows_ms: 33",
            "sync.sources[0].mapping.torque.windows_ms",
            "did you mean window_ms?",
            11,
        ),
        ("window_ms: 33", "unit: deg/h", "sync.sources[0].mapping.torque.unit", "deg/s", 11),
        (
            "{hinge: /World/Pendulum/hinge}",
            "{}",
            "sync.sources[0].mapping.state.joint_state.joints",
            "at least 1",
            12,
        ),
        (
            "topic: twin/pendulum",
            "topic: plant/pendulum/twin",
            "sync.publish[0].topic",
            "own predictions",
            14,
        ),
        ("topic: twin/pendulum", "topic: twin/+", "sync.publish[0].topic", "no wildcards", 14),
        ("hanzo.twin.pendulum", "hanzo.twin.arm", "sync.publish[1].topic", "its own topic", 15),
        ("sync:", "sync:\n  rate_hz: 0", "sync.rate_hz", "between", 5),
        ("sync:", "sync:\n  rate_hz: 1/0", "sync.rate_hz", "ratio", 5),
        ("sync:", "sync:\n  rate_hz: .nan", "sync.rate_hz", "finite", 5),
        ("sync:", "sync:\n  latency_budget_ms: 1.0e+308", "sync.latency_budget_ms", "3600000", 5),
        ("sync:", "sync:\n  mode: standalone", "sync", "standalone has no sources", 4),
        ("sync:", "sync:\n  mode: replay", "sync.mode", "not supported yet", 5),
        ("sync:", "sync:\n  primary: other", "sync", "no source is called 'other'", 4),
        ("sync:", "sync:\n  latency_budget: 5", "sync.latency_budget", "did you mean latency_budget_ms?", 5),
    ],
)
def test_what_is_wrong_is_named_with_path_and_line(pendulum, old, new, path, words, line):
    found_path, message, found_line = problem(pendulum.replace(old, new, 1))
    assert (found_path, found_line) == (path, line)
    assert words in message


def test_every_problem_is_told_in_the_order_of_the_file(pendulum):
    text = pendulum.replace("type: mujoco", "type: x").replace("name: pendulum", "name: X")
    with pytest.raises(DefinitionError) as caught:
        parse_twin(text)
    assert [path for path, _, _ in caught.value.problems] == ["name", "engine.type"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "mapping"),
        ("- a", "mapping"),
        ("a: [", "flow"),
        ("name: a\nname: b", "twice"),
        ("a: &a [*a]", "nested too deeply"),
        ("a: !!python/object:os.system x", "tag"),
        ("a: " + "[" * 500 + "]" * 500, "nested"),
        ("x" * 300_000, "characters"),
        ("1: a", "name"),
        ("a: 99999999999999999999999999", "64 bits"),
    ],
)
def test_hostile_yaml_is_one_typed_error(text, words):
    with pytest.raises(DefinitionError, match=words):
        parse_twin(text)


def test_anchors_that_multiply_are_refused_quickly():
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
    )
    with pytest.raises(DefinitionError, match="too many values"):
        parse_twin(bomb)


def test_a_long_list_is_refused_while_it_is_read():
    composed = []

    class Counting(yaml_lines._Bounded):
        def compose_node(self, parent, index):
            composed.append(index)
            return super().compose_node(parent, index)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(yaml_lines, "_Bounded", Counting)
        with pytest.raises(DefinitionError, match="too many values"):
            parse_twin("a: [" + "1," * 100_000 + "]")
    assert len(composed) < 25_000


def test_a_dates_text_and_free_metadata_are_kept(pendulum):
    twin = parse_twin(pendulum + "metadata: {installed: 2026-02-23, n: [1, 2.5, null, true]}\n")
    assert twin.metadata == {"installed": "2026-02-23", "n": [1, 2.5, None, True]}
    assert TwinDefinition.model_validate_json(twin.canonical_json()) == twin


@pytest.mark.parametrize(
    ("text", "ratio"), [("30", "30"), ("29.97", "2997/100"), ("30000/1001", "30000/1001"), ("0.1", "1/10")]
)
def test_a_rate_is_an_exact_ratio(pendulum, text, ratio):
    assert str(parse_twin(pendulum.replace("sync:", f"sync:\n  rate_hz: {text}", 1)).sync.rate_hz) == ratio


@given(st.data())
def test_any_mangled_definition_is_a_definition_or_a_definition_error(data):
    from pathlib import Path

    lines = Path(__file__).with_name("conftest.py").read_text().split('"""')[1].removeprefix("\\\n")
    text = list(lines)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text) - 1))
        kind = data.draw(st.sampled_from(["cut", "put", "swap"]))
        if kind == "cut":
            del text[at : at + data.draw(st.integers(1, 12))]
        elif kind == "put":
            text[at:at] = data.draw(
                st.text(max_size=5) | st.sampled_from(["\n", ": ", "- ", "&a ", "*a", "!!", "{", "["])
            )
        else:
            other = data.draw(st.integers(0, len(text) - 1))
            text[at], text[other] = text[other], text[at]
        if not text:
            break
    try:
        twin = parse_twin("".join(text))
    except DefinitionError as error:
        assert error.problems
    else:
        assert TwinDefinition.model_validate_json(twin.canonical_json()) == twin


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.uuids().map(uuid.UUID.__str__),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["name", "scene", "engine", "sync", "tags", "metadata", "id"]), values)
def test_any_value_anywhere_is_a_definition_or_a_definition_error(key, value):
    import yaml

    good = {
        "name": "p",
        "scene": {"uri": "p.usda"},
        "engine": {"type": "mujoco"},
        "sync": {"mode": "standalone"},
    }
    with contextlib.suppress(DefinitionError):
        parse_twin(yaml.safe_dump({**good, key: value}, allow_unicode=True))
