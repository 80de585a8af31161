"""The consumer runner: what happens to every control record, whatever its handler does."""

from twin_common.runner.inbox import Inbox, MemoryInbox
from twin_common.runner.message import Confirmation, Handler, Message
from twin_common.runner.policy import DeadLetterLimit, Retries
from twin_common.runner.runner import Runner

__all__ = [
    "Confirmation",
    "DeadLetterLimit",
    "Handler",
    "Inbox",
    "MemoryInbox",
    "Message",
    "Retries",
    "Runner",
]
