"""How long the journals, and what is made of them, are kept."""

from __future__ import annotations

from pydantic import Field

from twin_common.settings.base import Section

_GIB = 1 << 30


class Retention(Section):
    """How long the past of twins can be read."""

    journal_hours: int = Field(
        default=168, ge=1, description="The broker keeps a journal's records so long; `dev up` applies it."
    )
    journal_bytes: int = Field(
        default=8 * _GIB,
        ge=1 << 20,
        description="The broker keeps so many bytes of each partition of the journal; `dev up` applies it.",
    )
    segment_bytes: int = Field(
        default=128 << 20,
        ge=1 << 20,
        description="Size of a segment of the journal: the broker removes whole ones.",
    )
    seal_after_s: float = Field(
        default=900.0, gt=0, description="Journal records of this age are written to object storage."
    )
    seal_bytes: int = Field(
        default=8 << 20,
        ge=1000,
        description="So many bytes of a partition are written to object storage without waiting for that age.",
    )
    keyframe_s: float = Field(
        default=60.0, gt=0, description="A running twin's state is kept this often, for time travel."
    )
    sealed_days: float = Field(
        default=30.0, gt=0, description="Sealed ranges of journals and keyframes are kept so long."
    )
    mark_s: float = Field(
        default=10.0,
        gt=0,
        description="How far each partition of the journal reaches is noted in object storage this often: what the "
        "broker loses of it is noticed by that.",
    )
