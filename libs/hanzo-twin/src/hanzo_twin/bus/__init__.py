"""Twins over the bus: ask the control plane, command a running twin, follow what it says.

async with await open_twins(settings) as twins:
spec = await twins.find("pendulum")
await twins.commands.set_joint_command(spec, {"/World/Pendulum/hinge": (JointMode.EFFORT, 0.2)})
async for item in twins.follow_predictions(spec):
print(item.record.tick, item.record.values)
"""

from hanzo_twin.bus.client import Twins, open_twins
from hanzo_twin.bus.records import Item

__all__ = ["Item", "Twins", "open_twins"]
