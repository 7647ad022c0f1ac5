"""Booking against the real database: what is accepted, written, told."""

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.rdv.facade import Statut, get_rdv
from tests.rdv.fabrique import LUNDI, at, book, demande, fill_reservable


async def test_a_booking_is_confirmed_and_keeps_what_was_typed(session: AsyncSession, tenant: TenantVue):
    centre, (controleur,) = await fill_reservable(session)
    cree = await book(session, demande(centre, notes="Portail vert", marque="Renault", date_mise_circulation="2019"))
    rdv = cree.rdv
    assert (rdv.statut, rdv.debut, rdv.fin, rdv.jour) == (Statut.CONFIRME, at(9), at(9, 45), LUNDI)
    assert (rdv.heure_debut, rdv.heure_fin, rdv.duree_minutes) == ("09:00", "09:45", 45)
    assert (rdv.montant_cents, rdv.paiement_statut, rdv.notes) == (7900, None, "Portail vert")
    assert rdv.controleur is not None
    assert (rdv.controleur.id, rdv.controleur.agrements) == (controleur.id, ("Gaz", "L", "VL"))
    assert (rdv.client.email, rdv.client.telephone) == ("eve@courriel.example", "+33639981234")
    assert (rdv.vehicule.immatriculation, rdv.vehicule.marque, rdv.vehicule.date_mise_circulation) == (
        "AB-123-CD",
        "Renault",
        "2019",
    )
    assert rdv.numero.startswith("RDV-")
    assert await get_rdv(session, rdv.id) == rdv
    assert cree.lien_gestion.endswith(cree.jeton)
