"""Whether a journal still holds the record that a twin has folded last."""

from sim_worker.handlers.lost import TailLost
from twin_common.archive.marks import digest_of_value


class Recognition:
    """The record at a twin's checkpoint, by its digest: compared when it is read again, before anything behind it."""

    def __init__(self) -> None:
        """Nothing was folded yet."""
        self._expected: tuple[int, str] | None = None
        self._folded: tuple[int, bytes | None] = (-1, None)

    @property
    def pending(self) -> bool:
        """Whether the record is still to be compared."""
        return self._expected is not None

    def expect(self, offset: int, digest: str | None) -> None:
        """The record at a checkpoint's offset has this digest; None: it isn't known."""
        self._expected = (offset, digest) if digest is not None else None

    def expect_again(self) -> None:
        """The partition was away: the record that was folded last is compared, too."""
        if self._folded[0] >= 0:  # else the one at the checkpoint is still waited for
            self.expect(self._folded[0], self.digest_at(self._folded[0]))

    def folded(self, offset: int, value: bytes | None) -> None:
        """A record was given to the fold."""
        self._folded = (offset, value)

    def digest_at(self, offset: int) -> str | None:
        """The digest of the record that was folded last, if that is the one at the offset."""
        at, value = self._folded
        return digest_of_value(value) if at == offset and value is not None else None

    def compare(self, twin: str, offset: int, value: bytes | None, first: int) -> None:
        """Compare what was read with what is expected.

        Args:
            twin: whose journal it is.
            offset: of the record that was read.
            value: its bytes.
            first: the first offset that was read of the partition.

        Raises:
            TailLost: it is another record than was folded, or that one isn't there.
        """
        if self._expected is None or offset < self._expected[0]:
            return
        (at, digest), self._expected = self._expected, None
        if offset == at and digest_of_value(value) == digest:
            self._folded = (offset, value)
        elif first <= at:
            raise TailLost(
                f"journal offset {at} isn't the record that twin {twin} has folded there", twin, at
            )
