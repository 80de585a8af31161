"""mosquitto: the MQTT broker."""

from __future__ import annotations

import os
import shutil

from hanzo_twin.stack import probes
from hanzo_twin.stack.errors import ToolMissing
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.part import Part
from hanzo_twin.stack.ports import HOST

PORTS = {"mqtt": 1883}

_CONFIG = """\
listener {port} {host}
allow_anonymous true
set_tcp_nodelay true
# Far above what the sync engine takes: it is to refuse large payloads itself, and to say so.
max_packet_size 16777216
max_inflight_messages 1000
max_queued_messages 20000
persistence true
persistence_location {data}/
autosave_interval 60
log_dest stderr
log_timestamp_format %Y-%m-%dT%H:%M:%S
log_type error
log_type warning
log_type notice
connection_messages false
{user}
"""


def part(home: Home, ports: dict[str, int]) -> Part:
    """The broker of a home; retained messages and sessions stay in `data/mosquitto`.

    Raises:
        ToolMissing: mosquitto isn't installed.
    """
    # Debian puts it where only root's PATH looks.
    program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        raise ToolMissing("mosquitto is missing; install it: apt-get install mosquitto")
    data, config = home.data / "mosquitto", home.run / "mosquitto.conf"

    def prepare() -> None:
        data.mkdir(exist_ok=True)
        # Started by root, it would become a user who can't enter the home.
        user = "user root" if os.geteuid() == 0 else ""
        config.write_text(_CONFIG.format(port=ports["mqtt"], host=HOST, data=data, user=user))

    return Part(
        name="mosquitto",
        argv=(program, "-c", str(config)),
        ready=lambda: probes.mqtt(ports["mqtt"]),
        address=f"{HOST}:{ports['mqtt']}",
        ports=ports,
        prepare=prepare,
        stop_within_s=3.0,
    )
