"""MQTT filters: which are filters, and which overlap."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_common.definition.sources import check_filter, filters_overlap

levels = st.lists(st.sampled_from(["a", "b", ""]), min_size=1, max_size=4)
filters = st.tuples(
    st.lists(st.sampled_from(["a", "b", "", "+"]), min_size=1, max_size=4), st.booleans()
).map(lambda drawn: "/".join([*drawn[0], "#"] if drawn[1] else drawn[0]))


def matches(topic, filtered):
    """MQTT's own rule, as a regular expression."""
    body = re.escape(filtered).replace(r"\+", "[^/]*")
    body = re.sub(r"(/|^)\\?#$", r"(\1.*)?", body)
    return re.fullmatch(body, topic) is not None


@given(levels.map("/".join), filters)
def test_a_topic_overlaps_exactly_the_filters_that_match_it(topic, filtered):
    assert filters_overlap(topic, filtered) == matches(topic, filtered)


@given(filters, filters, levels.map("/".join))
def test_filters_that_share_a_topic_overlap_either_way_round(first, second, topic):
    if matches(topic, first) and matches(topic, second):
        assert filters_overlap(first, second)
    assert filters_overlap(first, second) == filters_overlap(second, first)


@pytest.mark.parametrize("bad", ["", "a/#/b", "a#", "a/b+", "+a/b", "a\0b"])
def test_what_is_no_filter_is_refused(bad):
    with pytest.raises(ValueError, match=r"MQTT|stands alone"):
        check_filter(bad)
