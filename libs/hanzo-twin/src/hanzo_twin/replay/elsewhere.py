"""A fold in a process of another Python environment: one that has the build which a journal's genesis names."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from tempfile import TemporaryFile
from types import MappingProxyType, TracebackType
from typing import Any

from hanzo_twin.audit.entries import JournalEntry
from hanzo_twin.audit.frames import Identity
from hanzo_twin.errors import BuildUnusable
from hanzo_twin.replay.builds import Builds
from hanzo_twin.replay.refold import Refolded
from twin_schemas import codec
from twin_schemas.codec import Codec
from twin_schemas.errors import SchemaError
from twin_schemas.record import Record
from twin_schemas.records import FoldSnapshot, PredictionFrame

PROTOCOL = 1
_END_S = 10.0


class Elsewhere:
    """`Refolder` in another process; a context manager.

    Attributes:
        builds: what the environment folds with.
    """

    def __init__(self, python: str) -> None:
        """Start `python`, in whose environment the platform's older build is installed.

        Raises:
            BuildUnusable: it can't be started, or has no such build.
        """
        self._python = python
        # A pipe that nobody empties would stop a build that says much.
        self._said = TemporaryFile("w+")  # noqa: SIM115 (closed with the process)
        try:
            self._process = subprocess.Popen(
                [python, "-m", "hanzo_twin.replay.serve"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                text=True,
            )
        except OSError as error:
            raise BuildUnusable(python, f"can't be run: {error.strerror}") from error
        told = self._hear()
        if told.get("protocol") != PROTOCOL:
            self.close()
            raise BuildUnusable(python, f"speaks protocol {told.get('protocol')}, this is {PROTOCOL}")
        self.builds = Builds(told["engines"], told["cpu"], told["fold_version"], told["schema_ids"])
        self._codec = Codec(write_up_to=self.builds.schema_ids)

    def give(self, scenes: Iterable[bytes], journal: Sequence[JournalEntry]) -> None:
        """Hand over what is to be folded, as far as that build can read it."""
        for scene in scenes:
            self._tell({"scene": b64encode(scene).decode()})
        for entry in journal:
            try:
                value = self.encode(entry.record)
            except SchemaError:
                break  # of a later build, as is all that follows
            self._tell({"record": [entry.offset, entry.at_ms, b64encode(value).decode()]})

    def fold(
        self,
        journal: Sequence[JournalEntry],
        *,
        start: FoldSnapshot | None = None,
        digests_at: Collection[Identity] = (),
        unreadable: Mapping[int, str] = MappingProxyType({}),
    ) -> Refolded:
        """Fold what was handed over, or what of it comes after `start`.

        Raises:
            BuildUnusable: that build can't.
        """
        self._tell(
            {
                "fold": {
                    "start": b64encode(self.encode(start)).decode() if start is not None else None,
                    "digests_at": [[where.incarnation, where.offset] for where in digests_at],
                    "unreadable": {str(offset): why for offset, why in unreadable.items()},
                }
            }
        )
        predictions: dict[Identity, PredictionFrame] = {}
        while "prediction" in (told := self._hear()):
            frame = codec.decode(b64decode(told["prediction"]))
            assert isinstance(frame, PredictionFrame)
            predictions[Identity(frame.incarnation, frame.offset)] = frame
        if "error" in told:
            raise BuildUnusable(self._python, f"can't fold the journal: {told['error']}")
        digests = {Identity(incarnation, offset): digest for incarnation, offset, digest in told["digests"]}
        return Refolded(predictions, digests, told["digest"], told["parked"])

    def encode(self, record: Record) -> bytes:
        """As that build writes."""
        return self._codec.encode(record)

    def __enter__(self) -> Elsewhere:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        try:
            self._process.communicate(timeout=_END_S)
        except (subprocess.TimeoutExpired, ValueError):
            self._process.kill()
            self._process.wait()
        self._said.close()

    def _tell(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        told: dict[str, Any] = json.loads(line)
        return told

    def _ended(self) -> BuildUnusable:
        self._process.communicate(timeout=_END_S)
        self._said.seek(0)
        return BuildUnusable(self._python, f"ended: {' '.join(self._said.read().strip().splitlines()[-1:])}")
