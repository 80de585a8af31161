"""Where each channel's numbers lie in a flat sample of the observed channels."""

from collections.abc import Sequence
from dataclasses import dataclass

from twin_schemas.records import Channel, ChannelKind, ChannelRole

POSE_SIZE = 7


@dataclass(frozen=True, slots=True)
class ChannelLayout:
    """The channel table, arranged for the fold.

    Attributes:
        channels: by index.
        starts: by index: first number of an observed channel in a flat sample; -1 for inputs.
        sizes: by index: numbers of a channel, 1 or 7.
        width: numbers of a flat sample.
        windows: by index: averaging window of an input in ns; 0: none.
        kinds: by index: name of the channel's kind.
    """

    channels: tuple[Channel, ...]
    starts: tuple[int, ...]
    sizes: tuple[int, ...]
    width: int
    windows: tuple[int, ...]
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, channels: Sequence[Channel]) -> "ChannelLayout":
        """Arrange a table whose row i has index i.

        Raises:
            ValueError: the indices are not 0, 1, 2, ...
        """
        starts, sizes, width = [], [], 0
        for position, channel in enumerate(channels):
            if channel.index != position:
                raise ValueError(f"channel {channel.path} has index {channel.index}, expected {position}")
            size = POSE_SIZE if channel.kind == ChannelKind.POSE else 1
            observed = channel.role == ChannelRole.OBSERVED
            starts.append(width if observed else -1)
            sizes.append(size)
            width += size if observed else 0
        windows = tuple(0 if c.role == ChannelRole.OBSERVED else c.window_ns for c in channels)
        kinds = tuple(channel.kind.value for channel in channels)
        return cls(tuple(channels), tuple(starts), tuple(sizes), width, windows, kinds)

    def is_input(self, index: int) -> bool:
        """True for channels that drive the model."""
        return self.starts[index] < 0

    def is_pose(self, index: int) -> bool:
        """True for channels of seven numbers."""
        return self.sizes[index] == POSE_SIZE
