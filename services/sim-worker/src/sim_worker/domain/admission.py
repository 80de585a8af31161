"""Whether a twin fits into what a worker has left (it may use a share of one core)."""

from collections.abc import Mapping

from sim_worker.errors import AdmissionRefused


class Load:
    """The shares of a core that running twins use, and how many simulations of each engine there are."""

    def __init__(self, limit: float, instances: Mapping[str, int]) -> None:
        """Begin empty.

        Args:
            limit: the share of a core that all twins together may use, 0 to 1.
            instances: how many simulations of an engine there may be, by its name.
        """
        self._limit, self._instances = limit, instances
        self._shares: dict[str, tuple[str, float]] = {}

    @property
    def total(self) -> float:
        """Share of a core that all twins use."""
        return sum(share for _, share in self._shares.values())

    def admit(self, twin: str, engine: str, tick_s: float, rate_hz: float) -> None:
        """Let a twin in that needs `tick_s` seconds of computing for each of `rate_hz` ticks a second.

        Raises:
            AdmissionRefused: it doesn't fit beside the others.
        """
        others = [used for other, used in self._shares.items() if other != twin]
        allowed = self._instances.get(engine)
        if allowed is not None and sum(name == engine for name, _ in others) >= allowed:
            raise AdmissionRefused(
                "admission_refused",
                f"this worker runs {allowed} simulations of {engine}, which is all that "
                f"engines.{engine}.max_instances allows. Raise it, stop a twin, or add a worker.",
            )
        share = tick_s * rate_hz
        left = self._limit - sum(used for _, used in others)
        if share > left:
            raise AdmissionRefused(
                "admission_refused",
                f"a tick needs {tick_s * 1e3:.3g} ms, at {rate_hz:g} Hz {share:.0%} of a core, and this worker has "
                f"{max(left, 0.0):.0%} left of {self._limit:.0%}. Lower sync.rate_hz, engine.config.step_hz or "
                "substeps, simplify the scene, or add a worker.",
            )
        self._shares[twin] = (engine, share)

    def observe(self, twin: str, engine: str, share: float) -> None:
        """Note what a running twin really uses; one that came from another worker is never refused."""
        self._shares[twin] = (engine, share)

    def release(self, twin: str) -> None:
        """A twin stopped, or has gone."""
        self._shares.pop(twin, None)
