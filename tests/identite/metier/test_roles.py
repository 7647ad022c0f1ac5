"""Who may hand out which role and which permission."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.identite.metier.roles import Role, attribuables, counts, holds, is_limited, not_held
from guichet.socle.acces import Appelant

CODES = st.lists(st.sampled_from(["rdv", "create", "read", "own", "user"]), min_size=1, max_size=3).map(":".join)


def test_there_are_eight_roles():
    assert len(Role) == 8


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.ADMIN_TENANT, {"ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT", "CONTROLEUR", "CALL_CENTER", "CLIENT"}),
        (Role.SUPER_ADMIN, {"ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT", "CONTROLEUR", "CALL_CENTER", "CLIENT"}),
        (Role.ADMIN_AGENCE, {"ADMIN_CT", "CONTROLEUR", "CLIENT"}),
        (Role.ADMIN_CT, set()),
        (Role.CONTROLEUR, set()),
        (Role.CALL_CENTER, set()),
        (Role.CLIENT, set()),
        (Role.API_KEY, {"ADMIN_AGENCE", "ADMIN_CT", "CONTROLEUR", "CALL_CENTER", "CLIENT"}),
        (None, set()),
        ("INCONNU", set()),
    ],
)
def test_a_role_hands_out_only_the_roles_it_may(role: str | None, may: set[str]):
    assert attribuables(role) == may


def test_nobody_below_the_tenant_can_make_an_equal():
    assert all(role not in attribuables(role) for role in Role if role is not Role.ADMIN_TENANT)


def test_customers_take_no_place():
    assert [role for role in Role if not counts(role)] == ["CLIENT"]


def test_only_local_roles_are_limited_to_their_agences_and_centres():
    assert {role for role in Role if is_limited(role)} == {"ADMIN_AGENCE", "ADMIN_CT", "CONTROLEUR"}


@given(held=st.frozensets(CODES | CODES.map(lambda c: f"{c}:*") | st.just("*")), code=CODES)
def test_holding_a_permission_means_the_same_here_and_at_the_door(held: frozenset[str], code: str):
    assert holds(held, code) == Appelant(permissions=held).can(code)


def test_a_wildcard_can_only_be_handed_on_by_who_holds_it():
    assert not_held({"courrier:*"}, ["courrier:*", "courrier:read"]) == []
    assert not_held({"courrier:read"}, ["courrier:*", "courrier:read"]) == ["courrier:*"]
    assert not_held({"*"}, ["*", "rdv:create"]) == []
    assert not_held({"rdv:create"}, ["*"]) == ["*"]
