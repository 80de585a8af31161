"""Prints a twin's predictions with the hanzo_twin client: python follow.py arm 5"""

import itertools
import os
import sys

from hanzo_twin import Client

twin, count = sys.argv[1], int(sys.argv[2])
with Client(os.environ["API"], os.environ["TOKEN"]) as client:
    for prediction in itertools.islice(client.predictions(twin), count):
        print(prediction.tick, prediction.values, flush=True)
