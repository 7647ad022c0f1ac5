"""Money and appointments: what a cancellation gives back, what the counter takes, once however often it is told."""

from datetime import timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue, set_reglages
from guichet.paiements.facade import Moyen, find_paiements
from guichet.rdv.actions.encaisser import collect_rdv
from guichet.rdv.actions.rembourser import preview_refund, refund_cancelled
from guichet.rdv.actions.tenues import reference_of
from guichet.rdv.facade import MotifAnnulation, PaiementStatut, RdvCree, Reservation, cancel_rdv, get_rdv
from guichet.rdv.messages import RdvCancelled
from guichet.rdv.metier.reglages import PalierReglage
from guichet.reseau.facade import CentreVue
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.errors import Conflict
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.rdv.appels import ROUTE, Personne, booked
from tests.rdv.fabrique import agent, at, autre_demande, book, fill_reservable
from tests.rdv.test_tenues import bac, hold, pay, refunds, sell, tenant

__all__ = ["bac", "tenant"]


def lien_of(cree: RdvCree) -> Appelant:
    """Whoever holds the appointment's link."""
    return Appelant(
        tenant_id=cree.rdv.tenant_id,
        permissions=frozenset({"rdv:read:own", "rdv:cancel:own"}),
        via="lien",
        lien={"genre": "rdv", "cible": cree.rdv.id},
    )


async def cancelled(session: AsyncSession, cree: RdvCree, appelant: Appelant) -> RdvCancelled:
    """Cancel, and the message that tells it."""
    rdv = await cancel_rdv(session, rdv_id=cree.rdv.id, appelant=appelant)
    assert rdv.annule_motif is not None
    return RdvCancelled(
        rdv_id=rdv.id, centre_id=rdv.centre.id, client_id=None, controleur_id=None, date_rdv=rdv.jour,
        debut=rdv.debut, fin=rdv.fin, statut="annule", motif=rdv.annule_motif.value,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("avance", "par_centre", "attendu"),
    [
        (timedelta(hours=24), False, [7900]),
        (timedelta(hours=24) - timedelta(seconds=1), False, [3950]),
        (timedelta(hours=1), False, []),
        (timedelta(hours=1), True, [7900]),
    ],
)
async def test_a_cancellation_gives_back_what_the_policy_says_and_once(
    session: AsyncSession, tenant: TenantVue, avance: timedelta, par_centre: bool, attendu: list[int]
):
    centre, _equipe = await fill_reservable(session)
    paliers = [PalierReglage(heures_avant=24, pourcentage=100), PalierReglage(heures_avant=2, pourcentage=50)]
    await set_reglages(session, Reservation(paiement_en_ligne=True, politique_remboursement=paliers))
    cree = await hold(session, centre)
    await pay(session, cree.rdv.id)
    qui = agent(tenant.id, "ADMIN_TENANT") if par_centre else lien_of(cree)
    with frozen(at(9) - avance):
        vu = await preview_refund(session, rdv_id=cree.rdv.id, appelant=qui)
        assert (vu.annulable, vu.paye_cents, vu.rendu_cents) == (True, 7900, sum(attendu))
        event = await cancelled(session, cree, qui)
    for _twice in range(2):
        await refund_cancelled(session, event)
    assert await refunds(session) == attendu


async def test_what_was_given_back_by_hand_is_not_given_back_again(session: AsyncSession, tenant: TenantVue):
    from guichet.paiements.facade import refund_paiement  # noqa: PLC0415

    centre, _equipe = await fill_reservable(session)
    cree = await hold(session, centre)
    await pay(session, cree.rdv.id)
    reference = reference_of(cree.rdv.id)
    await refund_paiement(session, reference=reference, montant_cents=7000, motif="geste", cle="geste-1")
    await refund_cancelled(session, await cancelled(session, cree, lien_of(cree)))
    assert sorted(await refunds(session)) == [900, 7000]


async def test_nothing_goes_back_for_what_was_not_paid_online_or_lives_again(session: AsyncSession, tenant: TenantVue):
    centre, _equipe = await fill_reservable(session)
    sur_place = await book(session, autre_demande(centre, 2, heure_debut="10:00"))
    event = await cancelled(session, sur_place, lien_of(sur_place))
    await refund_cancelled(session, event)
    paye = await hold(session, centre)
    await pay(session, paye.rdv.id)
    vivant = RdvCancelled(**(vars(event) | {"rdv_id": paye.rdv.id, "motif": MotifAnnulation.EXPIRATION.value}))
    await refund_cancelled(session, vivant)
    assert await refunds(session) == []


async def test_the_counter_takes_what_is_owed_with_a_receipt_and_never_twice(session: AsyncSession, tenant: TenantVue):
    centre, _equipe = await fill_reservable(session)
    cree = await book(session, autre_demande(centre, 3))
    qui = agent(tenant.id, "ADMIN_TENANT", user_id=new_id())
    recu = await collect_rdv(session, rdv_id=cree.rdv.id, appelant=qui, moyen=Moyen.ESPECES)
    assert (recu.montant_cents, recu.serie) == (7900, "recu")
    assert (await get_rdv(session, cree.rdv.id)).paiement_statut is PaiementStatut.PAYE
    with pytest.raises(Conflict) as refus:
        await collect_rdv(session, rdv_id=cree.rdv.id, appelant=qui, moyen=Moyen.CHEQUE)
    assert refus.value.code == "RIEN_A_ENCAISSER"
    (paiement,) = await find_paiements(session, reference=reference_of(cree.rdv.id))
    assert (paiement.canal, paiement.moyen, paiement.lieu) == ("sur_place", "especes", str(centre.id))


async def test_the_counter_takes_nothing_for_a_cancelled_appointment(session: AsyncSession, tenant: TenantVue):
    centre, _equipe = await fill_reservable(session)
    cree = await book(session, autre_demande(centre, 4))
    qui = agent(tenant.id, "ADMIN_TENANT", user_id=new_id())
    await cancel_rdv(session, rdv_id=cree.rdv.id, appelant=qui)
    with pytest.raises(Conflict) as refus:
        await collect_rdv(session, rdv_id=cree.rdv.id, appelant=qui, moyen=Moyen.ESPECES)
    assert refus.value.code == "ETAT_INCOMPATIBLE"


async def test_over_http_a_customer_sees_the_refund_and_staff_takes_the_money(
    application: FastAPI, reseau: TenantVue, centre: CentreVue, database: Database
):
    passant = Personne(application)
    async with database.transaction(reseau.id) as ouverte:
        await sell(ouverte)
    async with booked(passant, centre) as rdv:
        url = f"{ROUTE}/{rdv['id']}"
        assert (await passant.get(f"{url}/annulation")).status_code == 401
        porteur = Appelant(
            tenant_id=reseau.id,
            permissions=frozenset({"rdv:read:own"}),
            via="lien",
            lien={"genre": "rdv", "cible": UUID(rdv["id"])},
        )
        vu = (await Personne(application, porteur).get(f"{url}/annulation")).json()
        assert vu == {"annulable": True, "paye_ttc": "0.00", "rembourse_ttc": "0.00", "garde_ttc": "0.00"}
        caissier = Personne(
            application, agent(reseau.id, "CONTROLEUR", user_id=new_id(), centre_ids=frozenset({centre.id}))
        )
        faux = await caissier.post(f"{url}/encaissement", json={"moyen": "troc"})
        assert (faux.status_code, list(faux.json()["champs"])) == (422, ["moyen"])
        recu = await caissier.post(f"{url}/encaissement", json={"moyen": "carte_bancaire"})
        assert (recu.status_code, recu.json()["montant_ttc"]) == (201, "79.00")
        async with database.transaction(reseau.id) as lecture:
            statut = await lecture.scalar(
                text("select paiement_statut from rdv.rdv where id = :id"), {"id": UUID(rdv["id"])}
            )
        assert statut == "paye"
