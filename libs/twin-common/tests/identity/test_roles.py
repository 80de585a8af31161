"""The role table."""

import pytest

from twin_common.errors import Rejected
from twin_common.identity import Forbidden, Principal
from twin_common.identity.roles import actions, roles, strongest

STANDARD = {
    "twin-admin": {
        "twins": "create read update delete start stop",
        "scenes": "upload read delete",
        "jobs": "submit cancel read",
        "synthdata": "generate read delete",
        "infra": "inject_chaos replay read",
    },
    "twin-operator": {
        "twins": "read start stop",
        "scenes": "read",
        "jobs": "submit cancel_own read",
        "synthdata": "generate read",
        "infra": "replay read",
    },
    "twin-viewer": {
        "twins": "read",
        "scenes": "read",
        "jobs": "read",
        "synthdata": "read",
        "infra": "read",
    },
}
OWN = {
    "twin-admin": "twins.fork twins.what_if twins.command twins.reset twins.rate twins.calibrate twins.journal "
    "scenes.validate dead_letters.read dead_letters.redrive audit.read",
    "twin-operator": "twins.command twins.reset twins.what_if twins.fork twins.journal scenes.validate "
    "dead_letters.read",
    "twin-viewer": "",
}


@pytest.mark.parametrize("role", STANDARD)
def test_a_role_may_what_the_standard_and_our_own_rows_say_and_nothing_else(role):
    standard = {f"{kind}.{action}" for kind, names in STANDARD[role].items() for action in names.split()}
    assert roles()[role].permissions == standard | set(OWN[role].split())


def test_only_service_accounts_reach_other_organisations_and_only_they_request_incarnations():
    assert [name for name, role in roles().items() if role.any_organization] == ["twin-service"]
    holders = [name for name, role in roles().items() if "incarnations.request" in role.permissions]
    assert holders == ["twin-service"]


def test_of_several_roles_the_strongest_counts():
    assert strongest(["twin-viewer", "unknown", "twin-admin"]) == "twin-admin"
    assert strongest(["twin-viewer", "twin-operator"]) == "twin-operator"
    assert strongest(["admin", "TWIN-ADMIN"]) is None


def test_a_principal_may_only_what_its_role_allows():
    viewer = Principal("acme", "ada", "twin-viewer")
    viewer.require("acme", "twins.read")
    with pytest.raises(Forbidden, match=r"twins\.start.*twin-viewer") as caught:
        viewer.require("acme", "twins.start")
    assert caught.value.code == "forbidden"


@pytest.mark.parametrize("action", sorted(actions()))
def test_nobody_but_a_service_account_reaches_another_organisation(action):
    for name, role in roles().items():
        if not role.any_organization:
            with pytest.raises(Forbidden) as caught:
                Principal("acme", "ada", name).require("other", action)
            assert caught.value.code == "other_organization"


def test_a_denial_is_also_a_permission_error_and_refused_for_good():
    assert issubclass(Forbidden, PermissionError)
    assert issubclass(Forbidden, Rejected)
