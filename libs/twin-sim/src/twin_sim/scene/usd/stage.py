"""Open a stage from a file or from bytes."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from numpy.linalg import LinAlgError
from pxr import Tf, Usd

from twin_sim.errors import SceneError

_OVERFLOWS = (ArithmeticError, LinAlgError)
_MAGIC = {b"#usda": ".usda", b"PXR-USDC": ".usdc", b"PK\x03\x04": ".usdz"}


@contextmanager
def opened(source: str | Path | bytes) -> Iterator[Usd.Stage]:
    """A composed stage, for as long as the context lasts.

    Args:
        source: a file's path, or the content of a self-contained usda, usdc or usdz file.

    Raises:
        SceneError: it can't be opened, or something that it refers to is missing.
    """
    if not isinstance(source, bytes):
        if not Path(source).is_file():
            raise SceneError("", f"no file {source}", "Check the scene's uri.")
        yield _open(str(source))
        return
    suffix = next((suffix for magic, suffix in _MAGIC.items() if source.startswith(magic)), None)
    if suffix is None:
        raise SceneError(
            "", f"not a USD file: it begins with {source[:8]!r}", "Give a usda, usdc or usdz file."
        )
    # USD reads crate and zip files from a path only
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"scene{suffix}"
        path.write_bytes(source)
        yield _open(str(path))


def _open(path: str) -> Usd.Stage:
    with understood("USD can't open it"):
        stage = Usd.Stage.Open(path)
        stage.Reload()  # a layer that is open elsewhere in the process would be served from memory
        problems = stage.GetCompositionErrors()
        if problems:
            first = problems[0]
            raise SceneError(
                str(getattr(first, "rootSite", "") and first.rootSite.path),
                f"{len(problems)} composition errors, the first: {first}",
                "Put the missing layers beside the scene, or flatten it into one file.",
            )
    return stage


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Makes errors of the scene of what USD and Python's arithmetic raise over damaged files.

    Raises:
        SceneError: begins with `what`.
    """
    try:
        yield
    except Tf.ErrorException as error:
        raise SceneError("", f"{what}: {_reason(error)}", "Check the file with usdcat.") from error
    except (*_OVERFLOWS, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, _OVERFLOWS):
            reason = "its numbers are out of range"
        else:
            reason = (
                "it is nested too deeply" if isinstance(error, RecursionError) else "its text isn't UTF-8"
            )
        raise SceneError("", f"{what}: {reason}", "Check the file with usdcat.") from error


def _reason(error: Exception) -> str:
    """USD's own words without its C++ names and the path of the file: 'line 3, column 5: Expected }'."""
    try:
        text = str(error)
    except UnicodeDecodeError:  # it quotes the file's bytes
        return "it is damaged"
    said = re.search(r":(\d+):(\d+): (.+)", text)
    if said:
        return f"line {said[1]}, column {said[2]}: {said[3].rstrip(chr(39))}"
    words = re.findall(r" : '(.+)'\s*$", text, re.MULTILINE)
    return str(words[0]) if words else "it is damaged"
