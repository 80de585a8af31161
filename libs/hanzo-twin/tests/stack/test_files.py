import stat

from hypothesis import given
from hypothesis import strategies as st

from hanzo_twin.stack.files import last_lines, write_private

LINES = st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20))


@given(lines=LINES, count=st.integers(1, 30))
def test_the_last_lines_are_those_that_were_written_last(tmp_path_factory, lines, count):
    log = tmp_path_factory.mktemp("log") / "a.log"
    log.write_text("".join(f"{line}\n\n" for line in lines))
    assert last_lines(log, count) == tuple(lines[-count:])


def test_lines_of_an_earlier_run_are_not_shown(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("earlier\nnow\n")
    assert last_lines(log, 5, since=len("earlier\n")) == ("now",)


def test_a_log_that_is_not_there_has_no_lines(tmp_path):
    assert last_lines(tmp_path / "none.log", 5) == ()


def test_what_may_hold_passwords_is_readable_by_its_owner_only(tmp_path):
    path = tmp_path / "state.json"
    write_private(path, "{}")
    write_private(path, "[]")
    assert path.read_text() == "[]"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
