"""Physics engines behind one interface: what they offer, which are installed, what makes their bits equal."""

from twin_sim.engines.registry import installed_engines, load_engine
from twin_sim.engines.stamps import cpu_fingerprint

__all__ = ["cpu_fingerprint", "installed_engines", "load_engine"]
