"""Which partition a key belongs to: Kafka's own murmur2, so that every client and both buses agree."""

from __future__ import annotations

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFF_FFFF


def murmur2(data: bytes) -> int:
    """The 32-bit murmur2 hash as Kafka's Java client computes it
    (org.apache.kafka.common.utils.Utils.murmur2).
    """
    length = len(data)
    hashed = (_SEED ^ length) & _MASK
    body = length & ~3
    for index in range(0, body, 4):
        k = int.from_bytes(data[index : index + 4], "little") * _M & _MASK
        k = (k ^ (k >> 24)) * _M & _MASK
        hashed = (hashed * _M & _MASK) ^ k
    tail = data[body:]
    if tail:
        hashed = (hashed ^ int.from_bytes(tail, "little")) * _M & _MASK
    hashed = (hashed ^ (hashed >> 13)) * _M & _MASK
    return hashed ^ (hashed >> 15)


def partition_of(key: bytes, partitions: int) -> int:
    """The partition, 0 to `partitions` - 1, that records with this key go to."""
    return (murmur2(key) & 0x7FFF_FFFF) % partitions
