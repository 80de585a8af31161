"""A reading minus the model at the reading's own time."""

import math
from collections.abc import Sequence


def difference(measured: Sequence[float], predicted: Sequence[float]) -> list[float]:
    """Measured minus predicted: one number, or for a pose 3 of translation and 3 of rotation.

    The rotation is the vector (axis times angle, world frame, at most pi long) that turns the predicted
    orientation into the measured one.
    """
    if len(measured) == 1:
        return [measured[0] - predicted[0]]
    translation = [m - p for m, p in zip(measured[:3], predicted[:3], strict=True)]
    return translation + rotation_between(predicted[3:7], measured[3:7])


def rotation_between(start: Sequence[float], end: Sequence[float]) -> list[float]:
    """Rotation vector in the world frame from one unit quaternion (w x y z) to another."""
    w0, x0, y0, z0 = start
    w1, x1, y1, z1 = end
    w = w1 * w0 + x1 * x0 + y1 * y0 + z1 * z0
    x = -w1 * x0 + x1 * w0 - y1 * z0 + z1 * y0
    y = -w1 * y0 + x1 * z0 + y1 * w0 - z1 * x0
    z = -w1 * z0 - x1 * y0 + y1 * x0 + z1 * w0
    if w < 0.0:
        w, x, y, z = -w, -x, -y, -z
    length = math.sqrt(x * x + y * y + z * z)
    if length < 1e-12:
        return [2.0 * x, 2.0 * y, 2.0 * z]
    scale = 2.0 * math.atan2(length, w) / length
    return [x * scale, y * scale, z * scale]
