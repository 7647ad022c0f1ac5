"""What is typed for a booking, as its rules read it."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.rdv.facade import Reservation
from guichet.rdv.metier.delais import Palier
from guichet.socle.errors import GuichetError
from guichet.socle.horloge import frozen
from tests.rdv.fabrique import MAINTENANT, agent, anonyme, at, book, demande, fill_reservable

# The night of Saturday to Sunday when clocks go back: 2:30 happens twice.
VEILLE = datetime(2026, 10, 20, 8, tzinfo=UTC)
AUTOMNE = {"date": "2026-10-25", "heure_debut": "02:30"}
PRINTEMPS = {"date": "2027-03-28", "heure_debut": "02:30"}


async def refused(session: AsyncSession, **typed) -> GuichetError:
    centre, _ = await fill_reservable(session)
    with pytest.raises(GuichetError) as refus:
        await book(session, demande(centre, **typed))
    return refus.value


@pytest.mark.parametrize(
    ("champ", "chemin"),
    [
        ("vehicule_type", "vehicule.type"),
        ("carburant", "vehicule.carburant"),
        ("type_controle", "type_controle"),
        ("client_type", "client.type"),
        ("paiement_mode", "paiement.mode"),
    ],
)
async def test_a_word_that_is_no_choice_is_named_with_the_choices_there_are(
    session: AsyncSession, tenant: TenantVue, champ: str, chemin: str
):
    refus = await refused(session, **{champ: "inconnu"})
    assert refus.code == "VALEUR_INCONNUE"
    assert "Valeurs possibles" in str(refus.champs[chemin])


async def test_staff_says_where_a_booking_comes_from(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    cree = await book(session, demande(centre, source="backoffice"), agent(tenant.id))
    assert cree.rdv.source == "backoffice"
    with pytest.raises(GuichetError) as refus:
        await book(session, demande(centre, source="pigeon", heure_debut="10:00"), agent(tenant.id))
    assert "source" in refus.value.champs


@pytest.mark.parametrize(
    ("quand", "typed", "code"),
    [
        (VEILLE, AUTOMNE, "DECALAGE_REQUIS"),
        (VEILLE, AUTOMNE | {"decalage": "+05:00"}, "DECALAGE_INVALIDE"),
        (VEILLE, AUTOMNE | {"decalage": "-02:00"}, "DECALAGE_INVALIDE"),
        (VEILLE, AUTOMNE | {"decalage": "Z"}, "DECALAGE_INVALIDE"),
        (VEILLE, AUTOMNE | {"decalage": "+02:00"}, "CRENEAU_HORS_HORAIRES"),
        (VEILLE, AUTOMNE | {"decalage": "+01:00"}, "CRENEAU_HORS_HORAIRES"),
        (MAINTENANT + timedelta(days=30), PRINTEMPS, "CRENEAU_INEXISTANT"),
    ],
)
async def test_an_hour_clocks_repeat_needs_its_offset_and_one_they_skip_does_not_exist(
    session: AsyncSession, tenant: TenantVue, quand: datetime, typed: dict[str, str], code: str
):
    with frozen(quand):
        assert (await refused(session, **typed)).code == code


async def test_a_caller_without_an_address_is_counted_by_telephone_alone(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session, controleurs=5)
    for heure in ("08:00", "09:00", "10:00"):
        await book(session, demande(centre, heure_debut=heure), anonyme(""))
    with pytest.raises(GuichetError) as refus:
        await book(session, demande(centre, heure_debut="11:00"), anonyme(""))
    assert refus.value.http_status == 429


async def test_a_reinspection_after_two_months_is_a_whole_inspection_again(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    initial = await book(session, demande(centre))
    await session.execute(
        text("update rdv.rdv set statut = 'termine', resultat = 'contre_visite' where id = :id"),
        {"id": initial.rdv.id},
    )
    suite = {"type_controle": "CVP", "date_controle_initial": initial.rdv.jour.isoformat()}
    with frozen(MAINTENANT + timedelta(days=70)):
        with pytest.raises(GuichetError) as refus:
            await book(session, demande(centre, date="2027-02-08", **suite))
        assert "type_controle" in refus.value.champs
    with frozen(MAINTENANT + timedelta(days=10)):
        cree = await book(session, demande(centre, date="2026-12-07", **suite))
    assert (cree.rdv.debut, cree.rdv.montant_cents) == (at(9, jour=datetime(2026, 12, 7, tzinfo=UTC).date()), 0)


def test_a_grid_must_divide_the_hour():
    assert Reservation(grille_minutes=20).grille_minutes == 20
    with pytest.raises(ValidationError):
        Reservation(grille_minutes=7)


def test_the_refund_policy_is_read_as_the_rules_want_it():
    assert Reservation.model_validate(
        {"politique_remboursement": [{"heures_avant": 24, "pourcentage": 100}]}
    ).paliers == (Palier(24, 100),)
