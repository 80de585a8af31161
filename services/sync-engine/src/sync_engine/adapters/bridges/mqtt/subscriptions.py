"""Who hears which topic filter on one MQTT connection."""

from collections.abc import Iterable, Iterator, Sequence

from sync_engine.domain.ports import Listener
from sync_engine.domain.topics import matches

_TOPICS_REMEMBERED = 4096


class Subscription:
    """One topic filter and its listeners.

    Attributes:
        number: MQTT 5 subscription identifier, from 1.
        topic: the filter.
        qos: the highest that a listener asked for.
        listeners: who hears it.
    """

    def __init__(self, number: int, topic: str, qos: int) -> None:
        """Begin with nobody."""
        self.number, self.topic, self.qos = number, topic, qos
        self.listeners: list[Listener] = []


class Subscriptions:
    """The filters of one connection.

    Where two filters overlap, a broker may send a message once for each. With MQTT 5 each copy says which
    filter it is for, and goes to that filter's listeners alone; without, it goes to everyone whose filter
    matches.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._by_topic: dict[str, Subscription] = {}
        self._by_number: dict[int, Subscription] = {}
        self._last_number = 0
        self._matching: dict[str, tuple[Listener, ...]] = {}

    def __iter__(self) -> Iterator[Subscription]:
        """All subscriptions, as they are now."""
        return iter(tuple(self._by_topic.values()))

    def add(self, topic: str, qos: int, listener: Listener) -> Subscription | None:
        """Let a listener hear a filter; the subscription when the broker has to be asked (again)."""
        self._matching.clear()
        found = self._by_topic.get(topic)
        if found is None:
            self._last_number += 1
            found = Subscription(self._last_number, topic, qos)
            self._by_topic[topic] = self._by_number[found.number] = found
            found.listeners.append(listener)
            return found
        found.listeners.append(listener)
        if qos > found.qos:
            found.qos = qos
            return found
        return None

    def remove(self, topic: str, listener: Listener) -> bool:
        """Let a listener go; True when nobody is left and the broker should forget the filter."""
        self._matching.clear()
        found = self._by_topic.get(topic)
        if found is None or listener not in found.listeners:
            return False
        found.listeners.remove(listener)
        if found.listeners:
            return False
        del self._by_topic[topic], self._by_number[found.number]
        return True

    def listeners(self, topic: str, numbers: Sequence[int] | None) -> Iterable[Listener]:
        """Who hears a message on a topic that came with these subscription identifiers."""
        if numbers:
            if len(numbers) == 1:
                found = self._by_number.get(numbers[0])
                return tuple(found.listeners) if found is not None else ()
            return [
                one
                for number in numbers
                if number in self._by_number
                for one in self._by_number[number].listeners
            ]
        known = self._matching.get(topic)
        if known is None:
            known = tuple(
                one
                for subscription in self._by_topic.values()
                if matches(subscription.topic, topic)
                for one in subscription.listeners
            )
            if len(self._matching) < _TOPICS_REMEMBERED:
                self._matching[topic] = known
        return known

    def everyone(self) -> list[Listener]:
        """All listeners."""
        return [one for subscription in self._by_topic.values() for one in subscription.listeners]
