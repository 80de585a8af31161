"""Bringing a twin from its file to life, and seeing that it lives."""

from hanzo_twin.launch.launch import Launched, launch
from hanzo_twin.launch.settle import wait_running, wait_stopped

__all__ = ["Launched", "launch", "wait_running", "wait_stopped"]
