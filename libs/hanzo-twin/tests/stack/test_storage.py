"""Where object storage keeps its objects' names: in one database, or in the eight of an earlier build."""

import pytest

from hanzo_twin.stack import EmbeddedStack

BUCKET = "hanzo-twin-scenes"
EIGHT = "filerldb2"


@pytest.mark.parametrize("earlier", [False, True])
def test_names_stay_in_the_database_that_they_are_in(tmp_path, s3_of, earlier):
    stack = EmbeddedStack(tmp_path / "home", parts=("seaweedfs",))
    data = stack.home.data / "seaweedfs"
    if earlier:
        (data / EIGHT / "00").mkdir(parents=True)  # the first of its eight
    for start in ("first", "second"):
        with stack:
            store = s3_of(stack)
            if start == "first":
                for key in ("a/scene", "a/other", "b/other"):
                    store.put_object(Bucket=BUCKET, Key=key, Body=b"usd")
                store.delete_object(Bucket=BUCKET, Key="a/other")
            assert store.get_object(Bucket=BUCKET, Key="a/scene")["Body"].read() == b"usd"
            listed = store.list_objects_v2(Bucket=BUCKET, Prefix="a/")["Contents"]
            assert [each["Key"] for each in listed] == ["a/scene"]
        used = {folder.name for folder in data.iterdir() if folder.is_dir() and any(folder.rglob("*.log"))}
        assert used & {EIGHT, "names"} == {EIGHT if earlier else "names"}
