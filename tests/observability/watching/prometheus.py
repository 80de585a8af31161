"""A real Prometheus on loopback, with the configuration of `deploy/prometheus`."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from hanzo_twin.stack import EmbeddedStack

FOLDER = Path(__file__).parents[3] / "deploy/prometheus"
SCRAPE_S = 1
PATIENCE_S = 60.0


class Prometheus:
    """Runs while the `with` block does. It scrapes each second, so that a test needn't wait for rates.

    Args:
        folder: for its data and its copy of the configuration.
        stack: whose services it scrapes.

    Attributes:
        settled_by: from then on (`time.monotonic`) every series has to be there.
    """

    def __init__(self, folder: Path, stack: EmbeddedStack) -> None:
        self._folder, self._stack = folder, stack
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self._http = httpx.Client(base_url=f"http://{self.address}/api/v1", timeout=10)
        self._process: subprocess.Popen[bytes] | None = None
        self.settled_by = 0.0

    def __enter__(self) -> Prometheus:
        program = shutil.which("prometheus")
        assert program is not None, "prometheus is missing; `make setup-dev` installs it"
        for file in ("prometheus.yml", "alerts.yml"):
            text = (FOLDER / file).read_text()
            (self._folder / file).write_text(
                text.replace("scrape_interval: 5s", f"scrape_interval: {SCRAPE_S}s")
            )
        targets = subprocess.run(
            [sys.executable, str(FOLDER / "targets.py"), str(self._stack.home.root)],
            capture_output=True,
            check=True,
        )
        (self._folder / "targets.json").write_bytes(targets.stdout)
        self.targets = json.loads(targets.stdout)
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    program,
                    f"--config.file={self._folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self._folder / 'data'}",
                    f"--web.listen-address={self.address}",
                ],
                stdout=log,
                stderr=log,
            )
        self.settled_by = time.monotonic() + PATIENCE_S
        try:
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def _wait(self) -> None:
        wanted = sum(len(group["targets"]) for group in self.targets)
        while not (self._answers() and len([v for v in self.query("up == 1").values() if v == 1]) == wanted):
            assert time.monotonic() < self.settled_by, (self._folder / "log").read_text()[-2000:]
            time.sleep(0.2)

    def _answers(self) -> bool:
        assert self._process is not None and self._process.poll() is None, (self._folder / "log").read_text()
        try:
            return self._http.get("/status/config").is_success
        except httpx.TransportError:
            return False

    def query(self, expression: str) -> dict[str, float]:
        """The values of an expression now, by their labels as text.

        Raises:
            AssertionError: Prometheus refuses it.
        """
        told: dict[str, Any] = self._http.get("/query", params={"query": expression}).json()
        assert told["status"] == "success", f"{expression}: {told}"
        return {str(found["metric"]): float(found["value"][1]) for found in told["data"]["result"]}

    def rules(self) -> list[dict[str, Any]]:
        """Every rule with its health."""
        groups = self._http.get("/rules").json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]
