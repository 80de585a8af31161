"""How far an upload is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from hanzo_twin.client.files import Progress

WORTH_A_BAR = 4 << 20


@contextmanager
def uploading(screen: Console) -> Iterator[Progress | None]:
    """A bar on a terminal, for what isn't done in a moment; nothing elsewhere."""
    if not screen.is_terminal:
        yield None
        return
    columns = (TextColumn("uploading"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("uploading", visible=False)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=total >= WORTH_A_BAR)

        yield told
