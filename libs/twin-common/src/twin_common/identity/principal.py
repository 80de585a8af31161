"""Who acts, for whom, and what that allows."""

from __future__ import annotations

from dataclasses import dataclass

from twin_common.identity.errors import Forbidden
from twin_common.identity.roles import role_named


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody whose token was verified.

    Attributes:
        org: the organisation they belong to.
        actor: the user or service account, as the issuer names it.
        role: the strongest of their roles; a name of `roles.yaml`.
        expires_ns: end of the token's validity, ns since the Unix epoch; None: never.
    """

    org: str
    actor: str
    role: str
    expires_ns: int | None = None

    @property
    def permissions(self) -> frozenset[str]:
        """Every action that the role allows, such as `twins.start`."""
        return role_named(self.role).permissions

    def may(self, action: str) -> bool:
        """Whether the role allows an action on what belongs to the own organisation."""
        return action in self.permissions

    def reaches(self, org: str) -> bool:
        """Whether the resources of an organisation are within reach: one's own, or any for a service account."""
        return org == self.org or role_named(self.role).any_organization

    def require(self, org: str, action: str) -> None:
        """Check an action on what belongs to an organisation.

        Raises:
            Forbidden: code `other_organization`, or `forbidden` when the role isn't enough.
        """
        if not self.reaches(org):
            raise Forbidden(
                f"the token belongs to another organisation than {org}; use one that was issued for it",
                "other_organization",
            )
        if not self.may(action):
            raise Forbidden(
                f"{action} isn't among the permissions of role {self.role}; ask an administrator of {self.org} for a "
                "role that has it"
            )
