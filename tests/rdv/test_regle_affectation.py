"""The booking statement and the rule in Python choose the same inspector (rule 8), booking after booking."""

from datetime import date
from random import Random

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions.affectations import rank_start
from guichet.reseau.facade import Carburant
from tests.rdv.fabrique import agent, at, autre_demande, book, fill_reservable
from tests.reseau.fabrique import fill_controleur

TITRES = (("VL",), ("VL",), ("VL", "Gaz"), ("VL", "L", "Gaz"))


@pytest.mark.parametrize("graine", range(3))
async def test_the_statement_gives_each_booking_to_the_first_of_the_rule(
    session: AsyncSession, tenant: TenantVue, graine: int
):
    hasard = Random(graine)
    centre, _personne = await fill_reservable(session, controleurs=0, capacite_journaliere=200)
    for titres in TITRES:
        agrements = [{"code": code, "valide_au": date(2099, 12, 31)} for code in titres]
        await fill_controleur(session, centre, agrements=agrements)
    chef = agent(tenant.id, "ADMIN_TENANT")
    pris = 0
    for rang in range(24):
        heure, minute = hasard.choice((8, 9, 10, 11, 14, 15, 16)), hasard.choice((0, 15, 30, 45))
        carburant = hasard.choice((Carburant.ESSENCE, Carburant.DIESEL, Carburant.GAZ))
        vue = await rank_start(
            session,
            appelant=chef,
            centre_id=centre.id,
            debut=at(heure, minute),
            controle=Controle(carburant=carburant),
        )
        voulue = autre_demande(centre, rang, carburant=carburant.value, heure_debut=f"{heure:02d}:{minute:02d}")
        if not vue.rangs:
            continue  # what is then tried is another rule's (faisabilite)
        rdv = (await book(session, voulue)).rdv
        assert rdv.controleur is not None
        assert rdv.controleur.id == vue.rangs[0].controleur_id
        pris += 1
    assert pris > 12
