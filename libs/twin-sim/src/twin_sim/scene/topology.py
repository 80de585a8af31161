"""Which body hangs on which: the joints of a scene as trees, rooted in the world or in a free body."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from twin_sim.errors import SceneError
from twin_sim.scene.model import Joint, SceneModel
from twin_sim.scene.spatial import HERE, Pose, Vec3, scaled


@dataclass(frozen=True, slots=True)
class Link:
    """A body and what holds it.

    Attributes:
        body: path.
        parent: path; None: the world.
        joint: None: it is free.
        parent_frame: the joint's frame in the parent.
        child_frame: the joint's frame in the body.
        axis: the joint's axis in its frame, turned so that a growing position moves body 1 as seen from
            body 0, whichever of them is the parent.
    """

    body: str
    parent: str | None
    joint: Joint | None
    parent_frame: Pose = HERE
    child_frame: Pose = HERE
    axis: Vec3 = (1.0, 0.0, 0.0)


def arrange(scene: SceneModel) -> tuple[Link, ...]:
    """Every body with what holds it, parents before children, the same order for the same scene.

    Raises:
        SceneError: joints close a loop.
    """
    ends: dict[str | None, list[Joint]] = {}
    for joint in scene.joints:
        ends.setdefault(joint.body0, []).append(joint)
        ends.setdefault(joint.body1, []).append(joint)
    held: dict[str, Link] = {}
    used: set[str] = set()
    _grow([None], ends, held, used)
    children = {joint.body1 for joint in scene.joints}
    # a free tree is rooted in a body that is nobody's body1, as its author saw it
    for body in sorted(scene.bodies, key=lambda body: (body.path in children, body.path)):
        if body.path not in held:
            held[body.path] = Link(body.path, None, None)
            _grow([body.path], ends, held, used)
    return tuple(held.values())


def _grow(
    roots: Iterable[str | None], ends: dict[str | None, list[Joint]], held: dict[str, Link], used: set[str]
) -> None:
    waiting = deque(roots)
    while waiting:
        parent = waiting.popleft()
        for joint in ends.get(parent, []):
            if joint.path in used:
                continue
            used.add(joint.path)
            link = _link(parent, joint)
            if link is None or link.body in held:
                raise SceneError(
                    joint.path,
                    "it closes a loop of joints, which can't be simulated",
                    "Remove a joint of the loop.",
                )
            held[link.body] = link
            waiting.append(link.body)


def _link(parent: str | None, joint: Joint) -> Link | None:
    if joint.body0 == parent:
        child, axis = joint.body1, joint.axis
        frames = (joint.frame0, joint.frame1)
    else:
        child, axis = joint.body0, scaled(joint.axis, -1.0)
        frames = (joint.frame1, joint.frame0)
    if child is None:
        return None
    return Link(child, parent, joint, frames[0], frames[1], axis)
