"""Checking a scene file in a process of its own, because reading foreign USD runs a large C++ library on it.

`python -m twin_sim.scene.check FILE [--engine NAME] [--model OUT]` writes one JSON object; see `report.Report`. A crash
is the caller's finding: whoever starts the process limits its time, and the process limits its own memory.
"""
