"""The waiting list: a freed nominal place is held for the first entry it suits (rule 5)."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue, set_reglages
from guichet.rdv.actions.attente.repondre import accept_offre, come_back, leave_list, refuse_offre
from guichet.rdv.actions.tenues import expire_holds
from guichet.rdv.facade import Reservation, Statut, cancel_rdv, get_rdv, list_rdv
from guichet.rdv.metier.attente import StatutInscription
from guichet.socle.errors import Conflict, Gone, NotFound
from guichet.socle.horloge import frozen
from tests.identite.fabrique import fill_tenant
from tests.rdv.fabrique import MAINTENANT, agent, autre_demande, book, fill_reservable
from tests.rdv.liste import fill_day, holder, read, row, told, wait

QUINZE = timedelta(minutes=15)


@pytest.fixture
async def tenant(session: AsyncSession) -> TenantVue:
    vue = await fill_tenant(session)
    await set_reglages(session, Reservation(tolerance_surreservation=0))
    return vue


async def test_a_freed_place_is_held_for_the_first_who_came(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    premier, second = await wait(session, centre, 50), await wait(session, centre, 51)
    assert [premier.inscription.position, second.inscription.position] == [1, 2]
    await cancel_rdv(session, rdv_id=pris[4].id, appelant=agent(tenant.id))
    vue = await read(session, premier)
    assert vue.statut is StatutInscription.OFFRE
    assert vue.offre is not None
    assert (vue.offre.debut, vue.offre.expire_a, vue.offre.montant_cents) == (pris[4].debut, MAINTENANT + QUINZE, 7900)
    assert (await read(session, second)).statut is StatutInscription.ATTENTE
    with pytest.raises(Conflict) as refus:
        await book(session, autre_demande(centre, 60, heure_debut=pris[4].heure_debut))
    assert refus.value.code == "CRENEAU_INDISPONIBLE"
    (offerte,) = await told(session, "attente.offered")
    assert offerte["inscription_id"] == str(premier.inscription.id)
    assert len([r for r in await list_rdv(session) if r.statut is not Statut.ANNULE]) == len(pris) - 1


async def test_accepting_makes_the_hold_the_appointment_once(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite = await wait(session, centre, 50)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    offre = (await read(session, faite)).offre
    assert offre is not None
    with frozen(MAINTENANT + QUINZE - timedelta(microseconds=1)):
        cree = await accept_offre(session, inscription_id=faite.inscription.id, appelant=holder(faite))
        encore = await accept_offre(session, inscription_id=faite.inscription.id, appelant=holder(faite))
    assert (cree.rdv.statut, cree.rdv.debut, cree.rdv.expire_a) == (Statut.CONFIRME, pris[0].debut, None)
    assert cree.rdv.client.email == "client50@courriel.example"
    assert (encore.rdv.id, encore.rdv.numero) == (cree.rdv.id, cree.rdv.numero)
    vue = await read(session, faite)
    assert (vue.statut, vue.servie_par, vue.position) == (StatutInscription.SERVIE, cree.rdv.id, None)
    assert [m["issue"] for m in await told(session, "attente.answered")] == ["acceptee"]
    assert [m["rdv_id"] for m in await told(session, "rdv.created")].count(str(cree.rdv.id)) == 1
    with frozen(MAINTENANT + QUINZE):
        assert await expire_holds(session) == 0
        assert (await get_rdv(session, cree.rdv.id)).statut is Statut.CONFIRME


async def test_an_offer_is_dead_at_its_deadline_without_any_job_and_passes_on(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    premier, second = await wait(session, centre, 50), await wait(session, centre, 51)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    with frozen(MAINTENANT + QUINZE):
        assert (await read(session, premier)).statut is StatutInscription.EXPIREE
        with pytest.raises(Gone) as refus:
            await accept_offre(session, inscription_id=premier.inscription.id, appelant=holder(premier))
        assert refus.value.code == "OFFRE_EXPIREE"
        # Nothing has swept it: whoever books finds it offered to the next one already.
        with pytest.raises(Conflict):
            await book(session, autre_demande(centre, 60, heure_debut=pris[0].heure_debut))
        await expire_holds(session)
        vue = await read(session, second)
        assert vue.offre is not None
        assert (vue.statut, vue.offre.debut) == (StatutInscription.OFFRE, pris[0].debut)
        assert vue.offre.expire_a == MAINTENANT + 2 * QUINZE
    assert [m["issue"] for m in await told(session, "attente.answered")] == ["expiree"]
    assert await told(session, "rdv.cancelled") == [
        m for m in await told(session, "rdv.cancelled") if m["rdv_id"] == str(pris[0].id)
    ]


async def test_a_public_booking_after_the_deadline_is_preceded_by_the_next_of_the_list(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    premier, second = await wait(session, centre, 50), await wait(session, centre, 51)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    with frozen(MAINTENANT + QUINZE):
        async with session.begin_nested() as point:
            with pytest.raises(Conflict) as refus:
                await book(session, autre_demande(centre, 60, heure_debut=pris[0].heure_debut))
            assert refus.value.code == "CRENEAU_INDISPONIBLE"
            assert (await read(session, second)).statut is StatutInscription.OFFRE
            assert (await read(session, premier)).statut is StatutInscription.EXPIREE
            await point.rollback()


async def test_whoever_says_no_keeps_the_rank_and_is_not_asked_again(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    premier, second = await wait(session, centre, 50), await wait(session, centre, 51)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    vue = await refuse_offre(session, inscription_id=premier.inscription.id, appelant=holder(premier))
    assert (vue.statut, vue.position) == (StatutInscription.ATTENTE, 1)
    assert (await read(session, second)).statut is StatutInscription.OFFRE
    await refuse_offre(session, inscription_id=second.inscription.id, appelant=holder(second))
    assert (await read(session, premier)).statut is StatutInscription.ATTENTE
    libre = await book(session, autre_demande(centre, 60, heure_debut=pris[0].heure_debut))
    assert libre.rdv.debut == pris[0].debut
    await cancel_rdv(session, rdv_id=pris[5].id, appelant=agent(tenant.id))
    vue = await read(session, premier)
    assert vue.offre is not None
    assert (vue.statut, vue.offre.debut) == (StatutInscription.OFFRE, pris[5].debut)
    with pytest.raises(Conflict):
        await refuse_offre(session, inscription_id=second.inscription.id, appelant=holder(second))


async def test_accepting_an_earlier_place_moves_the_later_appointment_and_cascades(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    tard = pris[8]
    staff = agent(tenant.id)
    presse = await wait(session, centre, 50, appelant=staff, rdv_id=tard.id)
    second = await wait(session, centre, 51)
    await cancel_rdv(session, rdv_id=pris[9].id, appelant=staff)
    assert (await read(session, presse)).statut is StatutInscription.ATTENTE
    vue = await read(session, second)
    assert vue.offre is not None
    assert vue.offre.debut == pris[9].debut
    await cancel_rdv(session, rdv_id=pris[1].id, appelant=staff)
    troisieme = await wait(session, centre, 52)
    cree = await accept_offre(session, inscription_id=presse.inscription.id, appelant=holder(presse))
    assert (cree.rdv.id, cree.rdv.numero, cree.rdv.debut) == (tard.id, tard.numero, pris[1].debut)
    assert (cree.rdv.sequence, cree.rdv.statut) == (tard.sequence + 1, Statut.CONFIRME)
    vue = await read(session, troisieme)
    assert vue.offre is not None
    assert (vue.statut, vue.offre.debut) == (StatutInscription.OFFRE, tard.debut)
    (deplace,) = await told(session, "rdv.updated")
    assert (deplace["rdv_id"], deplace["raison"]) == (str(tard.id), "liste_attente")
    assert [r.statut for r in await list_rdv(session) if r.id == tard.id] == [Statut.CONFIRME]


async def test_leaving_the_list_passes_the_offer_on_and_coming_back_is_at_the_end(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    premier, second = await wait(session, centre, 50), await wait(session, centre, 51)
    troisieme = await wait(session, centre, 52)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    with frozen(MAINTENANT + timedelta(minutes=1)):
        for _fois in range(2):
            vue = await leave_list(session, inscription_id=premier.inscription.id, appelant=holder(premier))
            assert (vue.statut, vue.position) == (StatutInscription.RETIREE, None)
        assert (await read(session, second)).statut is StatutInscription.OFFRE
        assert [m["motif"] for m in await told(session, "attente.withdrawn")] == ["demande"]
        vue = await come_back(session, inscription_id=premier.inscription.id, appelant=holder(premier))
    assert (vue.statut, vue.position) == (StatutInscription.ATTENTE, 3)
    assert (await read(session, troisieme)).position == 2


async def test_an_offer_is_nobodys_appointment(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite = await wait(session, centre, 50)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    (offerte,) = await told(session, "attente.offered")
    assert offerte["inscription_id"] == str(faite.inscription.id)
    tenue = [r.id for r in await list_rdv(session)]
    assert len(tenue) == len(pris)
    (rdv_id,) = (await session.scalars(text("select rdv_id from rdv.offre"))).all()
    assert (await row(session, rdv_id)).statut == "en_attente_paiement"
    with pytest.raises(NotFound):
        await get_rdv(session, rdv_id)
    with pytest.raises(NotFound):
        await cancel_rdv(session, rdv_id=rdv_id, appelant=agent(tenant.id))
