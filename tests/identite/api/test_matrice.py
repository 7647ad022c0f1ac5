"""The document of permissions."""

from pathlib import Path

from guichet.identite.facade import permissions_document
from guichet.identite.metier.roles import Role
from guichet.identite.questions.droits import permissions_of, unknown_permissions
from guichet.socle.registre import Registre

DOCUMENT = Path(__file__).parents[3] / "docs/permissions.md"


def test_the_document_is_what_the_code_says():
    assert DOCUMENT.read_text() == permissions_document(), "run: ./run guichet permissions > docs/permissions.md"


def test_every_permission_has_one_owner_a_label_and_known_roles(registre: Registre):
    codes = [p.code for p in registre.permissions]
    assert len(codes) == len(set(codes))
    assert all(str(p.libelle) for p in registre.permissions)
    assert {role for p in registre.permissions for role in p.roles} <= set(Role)


def test_only_the_super_administrator_holds_everything():
    assert permissions_of("SUPER_ADMIN") == {"*"}
    assert all("*" not in permissions_of(role) for role in Role if role is not Role.SUPER_ADMIN)
    assert not any(code.startswith("plateforme:") for role in Role for code in permissions_of(role))


def test_a_family_may_be_given_whole_but_not_the_whole_house():
    assert unknown_permissions(["user:*", "user:read", "plateforme:tenant:*", "*", "inconnue:*"]) == ["*", "inconnue:*"]
