"""What aiokafka raises, as errors of this library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka import errors as kafka

from twin_common.errors import (
    BrokerRefused,
    BrokerUnreachable,
    BusError,
    CommitFenced,
    NoLongerMeant,
    SendFailed,
    TopicMissing,
    TwinError,
)

_UNREACHABLE = (
    kafka.KafkaConnectionError,
    kafka.KafkaTimeoutError,
    kafka.RequestTimedOutError,
    kafka.NodeNotReadyError,
    kafka.NoBrokersAvailable,
    kafka.StaleMetadata,
    TimeoutError,
    ConnectionError,
)
_REFUSED = (
    kafka.TopicAuthorizationFailedError,
    kafka.GroupAuthorizationFailedError,
    kafka.ClusterAuthorizationFailedError,
    kafka.AuthenticationFailedError,
    kafka.SaslAuthenticationFailed,
    kafka.UnsupportedSaslMechanismError,
)


def translate(error: BaseException, where: str, brokers: str) -> TwinError:
    """The typed error for one of aiokafka's.

    Args:
        error: what was raised.
        where: what was being done, such as `writing to hanzo.twin.sim.journal[3]`.
        brokers: the configured addresses.
    """
    if isinstance(error, TwinError):
        return error
    if isinstance(error, _REFUSED):
        return BrokerRefused(
            f"the broker at {brokers} refused {where}: {_reason(error)}; check user and rights"
        )
    if isinstance(error, _UNREACHABLE):
        return BrokerUnreachable(f"no broker at {brokers} ({where}); start it with `hanzo-twin dev up`")
    if isinstance(error, kafka.UnknownTopicOrPartitionError):
        return TopicMissing(
            f"{where}: no such topic or partition; create the topics with `hanzo-twin dev up`"
        )
    if isinstance(error, kafka.CommitFailedError | kafka.IllegalStateError):
        return CommitFenced(f"{where}: the partitions have gone to another member")
    return BusError(f"{where} failed: {_reason(error)}")


def send_error(error: BaseException, topic: str, partition: int, brokers: str) -> TwinError:
    """The typed error for a record that wasn't acknowledged."""
    if isinstance(error, NoLongerMeant):
        return error
    typed = translate(error, f"writing to {topic}[{partition}]", brokers)
    if type(typed) is BusError:
        typed = SendFailed(f"{topic}[{partition}] refused a record: {_reason(error)}")
    typed.__cause__ = error
    return typed


@contextmanager
def translated(where: str, brokers: str) -> Iterator[None]:
    """Turn aiokafka's errors inside the block into ours."""
    try:
        yield
    except (kafka.KafkaError, TimeoutError, ConnectionError) as error:
        raise translate(error, where, brokers) from error


def _reason(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
