"""Moves the shoulder of the arm's twin, and says at which tick: python move.py 0.2"""

import sys

from hanzo_twin import Client

with Client() as client:
    command = client.joint_command("arm", {"/World/Arm/shoulder": ("position", float(sys.argv[1]))})
    print(command.status, command)
