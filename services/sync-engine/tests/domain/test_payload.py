"""Whatever bytes come, they become finite numbers or a typed refusal."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_engine.domain.payload import decode, number, pluck, source_time
from sync_engine.errors import PayloadRefused

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def reason(call, *args) -> str:
    with pytest.raises(PayloadRefused) as refused:
        call(*args)
    return refused.value.reason


@given(st.binary(max_size=300))
def test_any_bytes_are_json_or_refused(payload):
    try:
        decode(payload, 200)
    except PayloadRefused as refused:
        assert refused.reason in {"oversize", "not_finite", "non_json"}


@given(JSON)
def test_no_number_that_is_not_finite_gets_past(value):
    try:
        decoded = decode(json.dumps(value).encode(), 10_000)
    except PayloadRefused:
        return
    json.dumps(decoded, allow_nan=False)


@pytest.mark.parametrize(
    "payload", [b"NaN", b"-Infinity", b"nan", b'{"value": NaN}', b'{"a": [1, Infinity]}', b"1e999"]
)
def test_a_number_that_is_not_finite_is_called_so(payload):
    assert reason(decode, payload, 100) == "not_finite"


@pytest.mark.parametrize("payload", [b"", b"{", b"hello", b"\xff\xfe", b"[" * 5000, b'{"a" 1}'])
def test_what_is_not_json_is_called_so(payload):
    assert reason(decode, payload, 10_000) == "non_json"


def test_a_payload_over_the_limit_is_not_even_read():
    assert reason(decode, b"1" * 101, 100) == "oversize"


def test_a_dotted_path_goes_through_objects_and_lists():
    assert pluck({"a": {"b": [{"c": 5}]}}, ("a", "b", "0", "c")) == 5


@given(JSON, st.lists(st.text(max_size=5) | st.integers(0, 99).map(str), min_size=1, max_size=4))
def test_any_path_finds_something_or_is_refused(value, path):
    try:
        pluck(value, path)
    except PayloadRefused as refused:
        assert refused.reason == "missing_field"


@given(JSON)
def test_what_passes_as_a_number_is_finite(value):
    try:
        assert math.isfinite(number(value, "x"))
    except PayloadRefused as refused:
        assert refused.reason in {"wrong_shape", "not_finite"}


@given(JSON, st.sampled_from([1, 1000, 1_000_000, 1_000_000_000]))
def test_what_passes_as_a_time_fits_the_journal(value, unit):
    try:
        assert 0 < source_time(value, unit) < 2**63
    except PayloadRefused as refused:
        assert refused.reason == "bad_time"


def test_times_come_as_numbers_text_and_stamps():
    exact = 1_700_000_000_250_000_000
    assert source_time(1_700_000_000_250, 1_000_000) == exact
    assert source_time(1_700_000_000.25, 1_000_000_000) == exact
    assert source_time("2023-11-14T22:13:20.25Z", 1) == exact
    assert source_time("2023-11-14T23:13:20.25+01:00", 1) == exact
    assert source_time({"sec": 1_700_000_000, "nanosec": 250_000_000}, 1) == exact
