"""The CloudEvents envelope: what is written is read, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_common.bus.envelope import Envelope, without_token
from twin_common.errors import EnvelopeError

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
maybe = st.none() | texts
tokens = st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
traces = st.none() | st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", fullmatch=True)

envelopes = st.builds(
    Envelope,
    id=st.uuids().map(str),
    type=texts,
    source=texts,
    time_ns=st.integers(-62_135_596_800 * 10**9, 253_402_300_799 * 10**9 + 999_999_999),
    org=texts,
    correlation_id=texts,
    subject=maybe,
    actor=maybe,
    causation_id=maybe,
    token=tokens,
    traceparent=traces,
)


def replaced(name, value):
    sent = Envelope.new(type="StartTwin", source="cli", org="local")
    return tuple((n, value if n == name else v) for n, v in sent.headers())


@given(envelopes)
def test_an_envelope_survives_its_headers(envelope):
    assert Envelope.parse(envelope.headers()) == envelope


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ce_id", "ce_type", "ce_time", "ce_org", "authorization", "x"]), st.binary()
        )
    )
)
def test_any_headers_are_an_envelope_or_one_typed_error(headers):
    sent = Envelope.new(type="StartTwin", source="cli", org="local").headers()
    try:
        Envelope.parse((*headers, *sent))
    except EnvelopeError as error:
        assert error.code == "bad_envelope"


@pytest.mark.parametrize(
    "name", ["ce_id", "ce_source", "ce_type", "ce_time", "ce_org", "ce_correlationid", "ce_specversion"]
)
def test_each_required_attribute_is_missed_by_name(name):
    headers = tuple((n, v) for n, v in replaced("", b"") if n != name)
    with pytest.raises(EnvelopeError, match=name):
        Envelope.parse(headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_id", b"42"),
        ("ce_time", b"yesterday"),
        ("ce_time", b"2026-13-01T00:00:00Z"),
        ("ce_specversion", b"0.3"),
        ("ce_org", b"\xff"),
        ("ce_org", b"x" * 1025),
    ],
)
def test_a_malformed_attribute_is_named(name, value):
    with pytest.raises(EnvelopeError, match=name):
        Envelope.parse(replaced(name, value))


def test_a_scheme_other_than_bearer_is_refused_without_showing_it():
    with pytest.raises(EnvelopeError, match="bearer") as caught:
        Envelope.parse((*replaced("", b""), ("authorization", b"Basic hunter2")))
    assert "hunter2" not in str(caught.value)


def test_a_time_with_an_offset_is_the_same_instant():
    utc = Envelope.parse(replaced("ce_time", b"2026-02-23T10:00:00.5Z"))
    east = Envelope.parse(replaced("ce_time", b"2026-02-23T12:00:00.500+02:00"))
    assert utc.time_ns == east.time_ns == 1_771_840_800_500_000_000


def test_a_broken_trace_context_is_dropped():
    assert Envelope.parse((*replaced("", b""), ("traceparent", b"junk"))).traceparent is None


def test_what_nobody_asks_for_may_be_anything():
    sent = replaced("", b"")
    assert Envelope.parse((("x", b"\xff"), ("y", b"y" * 5000), *sent)) == Envelope.parse(sent)


def test_a_long_vendors_part_of_a_trace_is_dropped():
    traced = (*replaced("", b""), ("traceparent", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"))
    kept = Envelope.parse((*traced, ("tracestate", b"a=" + b"b" * 510)))
    dropped = Envelope.parse((*traced, ("tracestate", b"a=" + b"b" * 511)))
    assert (kept.tracestate, dropped.tracestate) == ("a=" + "b" * 510, None)
    assert dropped.traceparent is not None


def test_a_request_correlates_with_itself_and_what_it_causes_with_it():
    request = Envelope.new(
        type="StartTwin",
        source="cli",
        org="local",
        actor="ada",
        token="t",
        traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    )
    event = request.caused(type="TwinPhaseChanged", source="scene-manager", subject="42")
    assert request.correlation_id == request.id
    assert (event.correlation_id, event.causation_id) == (request.id, request.id)
    assert (event.org, event.actor, event.traceparent) == ("local", "ada", request.traceparent)
    assert event.token is None


def test_the_token_is_neither_shown_nor_kept():
    sent = Envelope.new(type="StartTwin", source="cli", org="local", token="secret.jwt")
    assert "secret.jwt" not in repr(sent)
    assert all(b"secret.jwt" not in value for _, value in without_token(sent.headers()))
    assert Envelope.parse(sent.headers()).token == "secret.jwt"
