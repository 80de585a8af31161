"""MQTT topic filters: what matches, and what the wildcards stood for."""


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a filter takes a topic; `$`-topics only by a filter that begins with `$` (MQTT 5, section
    4.7).
    """
    if topic.startswith("$") and not topic_filter.startswith("$"):
        return False
    return _walk(topic_filter.split("/"), topic.split("/")) is not None


def remainder(topic_filter: str, topic: str) -> str:
    """What the wildcards of a filter matched in a topic, joined by `/`; empty when there are none or it
    doesn't match.
    """
    return "/".join(_walk(topic_filter.split("/"), topic.split("/")) or ())


def _walk(levels: list[str], topic: list[str]) -> list[str] | None:
    matched: list[str] = []
    for index, level in enumerate(levels):
        if level == "#":
            return matched + topic[index:]
        if index >= len(topic):
            return None
        if level == "+":
            matched.append(topic[index])
        elif level != topic[index]:
            return None
    return matched if len(levels) == len(topic) else None
