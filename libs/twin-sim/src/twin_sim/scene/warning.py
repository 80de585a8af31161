"""What a simulation leaves out of a scene, said instead of silently dropped."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SceneWarning:
    """Something in a scene that isn't carried over.

    Attributes:
        path: USD path of the prim.
        code: stable code, listed in docs/scene-attributes.md.
        message: what is left out and what happens instead.
    """

    path: str
    code: str
    message: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.path}: {self.message} [{self.code}]"
