"""A worker ends by itself after a while: somebody else takes its twins, and it is started again."""

import os
import threading

SERVICES = ("sim-worker",)
LIFE_S = 50.0


def apply():
    timer = threading.Timer(LIFE_S, os._exit, (1,))
    timer.daemon = True
    timer.start()
