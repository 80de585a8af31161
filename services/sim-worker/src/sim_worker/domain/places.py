"""Names of the places where a process can die (journal rule 24)."""

FOLD = "fold"
BUILD = "build"


def forecast_lane(thread: int) -> str:
    """The lane of one of the threads that make forecasts, from 0."""
    return f"forecast-{thread}"


def lanes(forecast_threads: int) -> list[str]:
    """Everything that a worker does at the same time; the fold comes first."""
    return [FOLD, BUILD, *(forecast_lane(thread) for thread in range(forecast_threads))]


def record_place(twin: str, incarnation: int, offset: int) -> str:
    """A journal record of a twin."""
    return f"{twin}/{incarnation}/{offset}"


def scene_place(digest: str) -> str:
    """A scene that is being compiled."""
    return f"scene/{digest}"
