"""What a planning says reaches free starts and bookings through the projection, and a blocked start says so."""

from datetime import UTC, date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.rdv.actions.projeter import extend_projection, project_centre
from guichet.rdv.facade import disponibilites_centre
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions.planning.evenements import blocages_equipement
from guichet.rdv.tables import EvenementPlanning, Journee, Ouverture
from guichet.reseau.facade import CentreModification, CentreVue, update_centre
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.ids import new_id
from tests.rdv.fabrique import LUNDI, PARIS, at, book, demande, fill_reservable
from tests.reseau.fabrique import fill_controleur


async def enter(session: AsyncSession, genre: str, debut: Any, fin: Any, **fields: Any) -> None:
    """An entry written as it stands, without its action."""
    statut = "validee" if genre == "conge" else "actif"
    values = {
        "id": new_id(), "tenant_id": session.info["tenant_id"], "type": genre, "fuseau": "Europe/Paris", "debut": debut,
        "fin": fin, "jusqu_a": fin, "statut": statut, "motif": "Essai", "version": 1,
    }  # fmt: skip
    await session.execute(insert(EvenementPlanning).values(values | fields))


async def heures(session: AsyncSession, centre: CentreVue, jour: date = LUNDI) -> list[tuple[int, int]]:
    rows = await session.scalars(
        select(Ouverture.plages).where(Ouverture.centre_id == centre.id, Ouverture.jour == jour)
    )
    return [(p.lower.astimezone(PARIS).hour, p.upper.astimezone(PARIS).hour) for plages in rows for p in plages]


async def etat(session: AsyncSession, centre: CentreVue, jour: date = LUNDI) -> str | None:
    return await session.scalar(select(Journee.etat).where(Journee.centre_id == centre.id, Journee.jour == jour))


async def test_a_block_is_out_of_the_opening_ranges_and_the_other_days_stay(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    await enter(session, "blocage", at(10), at(15), centre_id=centre.id)
    await project_centre(session, centre_id=centre.id, du=LUNDI, au=LUNDI)
    assert await heures(session, centre) == [(8, 10), (15, 18)]
    assert await heures(session, centre, LUNDI + timedelta(days=1)) == [(8, 12), (14, 18)]


async def test_leave_leaves_the_others_and_a_day_without_anybody_is_closed(session: AsyncSession, tenant: TenantVue):
    centre, (anne, bruno) = await fill_reservable(session, controleurs=2)
    await enter(session, "conge", at(0), at(13), controleur_id=anne.id)
    await project_centre(session, centre_id=centre.id)
    assert sorted(await heures(session, centre)) == [(8, 12), (14, 18), (14, 18)]
    await enter(session, "absence", at(0), at(23), controleur_id=bruno.id)
    await enter(session, "absence", at(12), at(23), controleur_id=anne.id)
    await project_centre(session, centre_id=centre.id)
    assert await heures(session, centre) == []
    assert await etat(session, centre) == "ferme"


async def test_an_opening_opens_a_closed_day(session: AsyncSession, tenant: TenantVue):
    samedi = LUNDI + timedelta(days=5)
    centre, _ = await fill_reservable(session)
    assert await etat(session, centre, samedi) == "ferme"
    await enter(session, "ouverture", at(9, jour=samedi), at(12, jour=samedi), centre_id=centre.id)
    await project_centre(session, centre_id=centre.id)
    assert (await heures(session, centre, samedi), await etat(session, centre, samedi)) == ([(9, 12)], "ouvert")
    cree = await book(session, demande(centre, date=samedi.isoformat(), heure_debut="09:00"))
    assert cree.rdv.debut == at(9, jour=samedi)


async def test_a_series_is_counted_each_time_and_when_days_come_within_reach(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    fin = at(12, jour=LUNDI + timedelta(days=7 * 25))
    await enter(session, "blocage", at(8), at(12), centre_id=centre.id, recurrence="FREQ=WEEKLY;COUNT=26", jusqu_a=fin)
    await project_centre(session, centre_id=centre.id)
    dernier = await session.scalar(
        select(Journee.jour).where(Journee.centre_id == centre.id).order_by(Journee.jour.desc()).limit(1)
    )
    assert dernier is not None
    lundis = [LUNDI + timedelta(days=7 * n) for n in range(3, 17)]
    assert {j: await heures(session, centre, j) for j in lundis if j <= dernier} == {
        j: [(14, 18)] for j in lundis if j <= dernier
    }
    assert await extend_projection(session) == 0


async def test_only_what_is_effective_and_of_this_centre_counts(session: AsyncSession, tenant: TenantVue):
    centre, (anne,) = await fill_reservable(session)
    autre, _ = await fill_reservable(session)
    await enter(session, "blocage", at(8), at(12), centre_id=centre.id, statut="en_attente")
    await enter(session, "conge", at(8), at(12), controleur_id=anne.id, statut="demande")
    await enter(session, "conge", at(8), at(12), controleur_id=anne.id, statut="refusee")
    await enter(session, "blocage", at(8), at(12), centre_id=centre.id, statut="annule")
    await enter(session, "blocage", at(8), at(12), centre_id=autre.id)
    await project_centre(session, centre_id=centre.id)
    assert await heures(session, centre) == [(8, 12), (14, 18)]


async def test_a_few_days_of_a_centre_where_nobody_works_do_not_put_it_online(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session, controleurs=0)
    assert await project_centre(session, centre_id=centre.id, du=LUNDI, au=LUNDI) == 0
    assert await etat(session, centre) is None
    ici, _ = await fill_reservable(session)
    assert await project_centre(session, centre_id=ici.id, au=date(2026, 1, 1)) == 0
    assert await heures(session, ici) == [(8, 12), (14, 18)]


async def test_a_blocked_start_is_a_conflict_with_its_reason_and_alternatives(session: AsyncSession, tenant: TenantVue):
    centre, (anne,) = await fill_reservable(session)
    await enter(session, "blocage", at(8), at(12), centre_id=centre.id)
    await project_centre(session, centre_id=centre.id)
    for choisi in (None, anne.id):
        with pytest.raises(Conflict) as refus:
            await book(session, demande(centre, controleur_id=choisi))
        assert refus.value.code == "CRENEAU_INDISPONIBLE"
        assert refus.value.extra["raison"] == "bloque"
        assert len(refus.value.extra["alternatives"]) == 3
    for heure, code in (("12:30", "CRENEAU_HORS_HORAIRES"), ("22:00", "CRENEAU_HORS_HORAIRES")):
        with pytest.raises(Invalid) as hors:
            await book(session, demande(centre, heure_debut=heure))
        assert hors.value.code == code


async def test_leave_of_the_only_accredited_inspector_blocks_what_needs_him(session: AsyncSession, tenant: TenantVue):
    agrements = [{"code": "VL", "valide_au": date(2099, 12, 31)}]
    centre, (anne,) = await fill_reservable(session)
    bruno = await fill_controleur(session, centre, agrements=agrements)
    await enter(session, "conge", at(0), at(23), controleur_id=anne.id)
    await project_centre(session, centre_id=centre.id)
    with pytest.raises(Conflict) as refus:
        await book(session, demande(centre, carburant="Gaz"))
    assert refus.value.extra["raison"] == "bloque"
    assert (await book(session, demande(centre))).rdv.controleur.id == bruno.id


async def test_a_closed_week_says_so(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    await enter(session, "blocage", at(0), at(0, jour=LUNDI + timedelta(days=2)), centre_id=centre.id)
    await project_centre(session, centre_id=centre.id)
    vue = await disponibilites_centre(
        session, centre_id=centre.id, du=LUNDI, au=LUNDI + timedelta(days=2), controle=Controle()
    )
    assert [j.raison_vide for j in vue.jours] == ["ferme", "ferme", None]


async def test_blocked_lanes_take_nobodys_hours_and_are_told_by_lane(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session, equipements=[{"nom": "Piste 1", "vehicule_types": ["VP"]}])
    (piste,) = centre.equipements
    await enter(session, "blocage", at(8), at(9), centre_id=centre.id, equipement_id=piste.id)
    fin = at(12, jour=LUNDI + timedelta(days=1))
    await enter(
        session, "blocage", at(10), at(12), centre_id=centre.id, equipement_id=piste.id,
        recurrence="FREQ=DAILY;COUNT=2", jusqu_a=fin,
    )  # fmt: skip
    await project_centre(session, centre_id=centre.id)
    assert await heures(session, centre) == [(8, 12), (14, 18)]
    blocages = await blocages_equipement(session, centre_id=centre.id, du=at(0), au=at(0) + timedelta(days=1))
    assert [(i.debut, i.fin) for i in blocages[piste.id]] == [(at(8), at(9)), (at(10), at(12))]
    await session.execute(text("update rdv.evenement_planning set debut = :d, recurrence = null"), {"d": at(8)})
    await project_centre(session, centre_id=centre.id)
    with pytest.raises(Conflict) as refus:
        await book(session, demande(centre))
    assert refus.value.extra["raison"] == "lignes"
    soir = await blocages_equipement(session, centre_id=centre.id, du=at(18), au=at(23).astimezone(UTC))
    assert soir == {}
    # A lane that is referred to stays, out of service, when it is left out.
    apres = await update_centre(session, centre.id, CentreModification.model_validate({"equipements": []}))
    assert [(e.id, e.en_service) for e in apres.equipements] == [(piste.id, False)]
