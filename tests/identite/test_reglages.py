"""A tenant's settings."""

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.reglages import change_section
from guichet.identite.facade import Branding, General, Securite, TenantVue, get_reglages, get_tenant, set_reglages
from guichet.identite.module import MODULE
from guichet.identite.questions.reglages import load
from guichet.identite.tables import Reglage
from guichet.socle.database import Database
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.i18n import _
from guichet.socle.registre import Module, Registre, Reglages, set_registre
from tests.identite.fabrique import make_tenant
from tests.identite.test_users import told


class Essai(BaseModel):
    """A section of an imaginary context."""

    horizon: int = Field(120, ge=1, le=365)
    modes: list[str] = Field(default_factory=lambda: ["sur_place"])


@pytest.fixture(autouse=True)
def with_section(registre: Registre) -> None:
    neighbour = Module(nom="voisin", reglages=(Reglages(nom="essai", modele=Essai, libelle="Essai"),))
    set_registre(Registre([MODULE, neighbour]))


async def test_a_section_never_written_gives_its_defaults(session: AsyncSession, tenant: TenantVue):
    assert await get_reglages(session, Essai) == Essai()
    assert await get_reglages(session, Securite) == Securite()


async def test_a_section_is_merged_versioned_and_told(session: AsyncSession, tenant: TenantVue):
    whole, version = await change_section(session, section="essai", valeurs={"horizon": 30})
    assert (whole, version) == (Essai(horizon=30), 1)
    whole, version = await change_section(session, section="essai", valeurs={"modes": ["en_ligne"]}, version=1)
    assert (whole, version) == (Essai(horizon=30, modes=["en_ligne"]), 2)
    assert await change_section(session, section="essai", valeurs={"horizon": 30}) == (whole, 2)
    assert await get_reglages(session, Essai) == whole
    assert (await told(session)).count("tenant.reglages.changed") == 2
    with pytest.raises(Conflict) as refused:
        await change_section(session, section="essai", valeurs={"horizon": 31}, version=1)
    assert refused.value.code == "VERSION_PERIMEE"


async def test_a_whole_section_is_written_by_its_type(session: AsyncSession, tenant: TenantVue):
    await set_reglages(session, Essai(horizon=7))
    assert (await get_reglages(session, Essai)).horizon == 7


async def test_colours_and_contact_live_on_the_tenant_itself(session: AsyncSession, tenant: TenantVue):
    await set_reglages(session, Branding(brand_h=150, brand_c=0.09))
    await change_section(
        session, section="general", valeurs={"telephone": "04 65 71 00 42", "email": "Bonjour@Exemple.fr"}
    )
    seen = await get_tenant(session, tenant_id=tenant.id)
    assert (seen.branding["brand_h"], seen.version) == (150, 3)
    assert (seen.contact["telephone"], seen.contact["email"]) == ("+33465710042", "bonjour@exemple.fr")
    assert await get_reglages(session, General) == General(telephone="+33465710042", email="bonjour@exemple.fr")
    assert (await told(session))[-2:] == ["tenant.reglages.changed", "tenant.updated"]


@pytest.mark.parametrize(
    ("section", "valeurs", "champs"),
    [
        ("essai", {"horizon": 0}, {"essai.horizon": "Cette valeur n'est pas acceptée ici."}),
        ("general", {"telephone": "12"}, {"general.telephone": "Ce numéro de téléphone n'est pas valable, par exemple 04 65 71 00 42."}),
        ("general", {"email": "a"}, {"general.email": "Cette adresse e-mail n'est pas complète, par exemple accueil@exemple.fr."}),
        ("branding", {"couleur": "bleu"}, {"branding.couleur": "Ce réglage n'existe pas."}),
        ("branding", {"logo": "javascript:alert(1)"}, {"branding.logo": "Cette valeur n'est pas acceptée ici."}),
    ],
)  # fmt: skip
async def test_a_wrong_value_is_told_with_its_path(
    session: AsyncSession, tenant: TenantVue, section: str, valeurs: dict[str, Any], champs: dict[str, str]
):
    champs = {path: _(said) for path, said in champs.items()}
    with pytest.raises(Invalid) as refused:
        await change_section(session, section=section, valeurs=valeurs)
    assert (refused.value.code, refused.value.champs) == ("REGLAGE_INVALIDE", champs)


async def test_an_unknown_section_is_told(session: AsyncSession, tenant: TenantVue):
    with pytest.raises(Invalid) as refused:
        await change_section(session, section="paiement_lunaire", valeurs={})
    assert refused.value.code == "SECTION_INCONNUE"
    with pytest.raises(LookupError, match="contributed settings"):
        await get_reglages(session, Module)  # type: ignore[type-var]


def test_values_an_older_version_wrote_never_break_today():
    assert load(Essai, {"horizon": 9999, "modes": ["x"], "disparu": 1}) == Essai(modes=["x"])
    assert load(Essai, {"horizon": 30}) == Essai(horizon=30)


async def test_two_changes_at_once_both_count(database: Database):
    tenant = await make_tenant(database)

    async def change(valeurs: dict[str, Any]) -> None:
        async with database.transaction(tenant.id) as session:
            await change_section(session, section="essai", valeurs=valeurs)

    await change({"horizon": 10})
    await asyncio.gather(change({"horizon": 20}), change({"modes": ["a"]}))
    async with database.transaction(tenant.id) as session:
        assert await get_reglages(session, Essai) == Essai(horizon=20, modes=["a"])
        assert (await session.get_one(Reglage, (tenant.id, "essai"))).version == 3


async def test_settings_of_another_tenant_are_not_seen(database: Database):
    one, two = await make_tenant(database), await make_tenant(database)
    async with database.transaction(one.id) as session:
        await set_reglages(session, Essai(horizon=5))
    async with database.transaction(two.id) as session:
        assert await get_reglages(session, Essai) == Essai()
