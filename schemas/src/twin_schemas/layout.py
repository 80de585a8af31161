"""Where the catalogue's files lie: inside an installed wheel, or in the folder of a checkout."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one catalogue below a root folder."""

    root: Path

    @property
    def avro(self) -> Path:
        """One ``<Type>.avsc`` for each record type or enum."""
        return self.root / "avro"

    @property
    def topics(self) -> Path:
        """One ``<topic>.yaml`` for each topic."""
        return self.root / "topics"

    @property
    def ids(self) -> Path:
        """The append-only list of released schema versions."""
        return self.root / "ids.yaml"

    @property
    def released(self) -> Path:
        """The frozen, self-contained text of each release: ``<Type>.<version>.avsc``."""
        return self.root / "released"

    @property
    def examples(self) -> Path:
        """``<Type>/{minimal,full,edge}.json``."""
        return self.root / "examples"

    @property
    def records(self) -> Path:
        """The generated package; exists in a checkout only."""
        return self.root / "src" / "twin_schemas" / "records"


@cache
def layout() -> Layout:
    """The catalogue that this package was installed with.

    Raises:
        FileNotFoundError: the package is neither a wheel nor a checkout.
    """
    package = Path(str(files("twin_schemas")))
    for root in (package / "data", package.parents[1]):
        if (root / "avro").is_dir():
            return Layout(root)
    raise FileNotFoundError(f"no catalogue beside {package}: install twin-schemas again")
