"""What people of the waiting list are written: on it, a place is held, the time to answer has passed."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue, read_lien, set_reglages
from guichet.notifications.facade import Canal, Marque, Modele, get_notification
from guichet.notifications.metier import Encodage, weigh
from guichet.notifications.modeles import render
from guichet.rdv.actions.attente.repondre import accept_offre, leave_list
from guichet.rdv.actions.tenues import expire_holds
from guichet.rdv.courriels.attente import (
    EXEMPLE_ATTENTE,
    MODELES_ATTENTE,
    build_attente,
    tell_lapse,
    tell_offer,
    tell_registered,
)
from guichet.rdv.facade import Reservation, cancel_rdv
from guichet.rdv.messages import InscriptionRegistered, OffreEnded, OffreMade
from guichet.socle.horloge import frozen
from guichet.socle.i18n import use_locale
from guichet.socle.messages import Message
from tests.identite.fabrique import fill_tenant
from tests.rdv.fabrique import MAINTENANT, agent, fill_reservable
from tests.rdv.liste import fill_day, holder, read, told, wait

QUINZE = timedelta(minutes=15)


@pytest.fixture
async def tenant(session: AsyncSession) -> TenantVue:
    vue = await fill_tenant(session)
    await set_reglages(session, Reservation(tolerance_surreservation=0))
    return vue


async def queued(session: AsyncSession) -> list[tuple[str, str]]:
    """Template and channel of every message written, in order."""
    ids = (await session.scalars(text("select id from notifications.notification order by created_at, id"))).all()
    vues = [await get_notification(session, notification_id=i) for i in ids]
    return [(v.modele, v.canal) for v in vues if v]


async def last(session: AsyncSession, genre: type[Message]) -> Any:
    """The latest message of a kind, as its readers get it."""
    return TypeAdapter(genre).validate_python((await told(session, genre.nom))[-1])


async def test_each_thing_is_told_once_by_the_ways_there_are(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite = await wait(session, centre, 50)
    inscrit = InscriptionRegistered(inscription_id=faite.inscription.id, rang=1)
    for _fois in range(2):
        await tell_registered(session, inscrit)
    assert await queued(session) == [("rdv.attente_inscrit", "email")]
    await tell_registered(session, InscriptionRegistered(inscription_id=faite.inscription.id, rang=2))
    assert len(await queued(session)) == 1, "whoever came back did it on the page, which says so"
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    offerte = await last(session, OffreMade)
    for _fois in range(2):
        await tell_offer(session, offerte)
    assert (await queued(session))[1:] == [("rdv.attente_offre", "email"), ("rdv.attente_offre", "sms")]
    with frozen(MAINTENANT + QUINZE):
        await tell_offer(session, offerte)
        await expire_holds(session)
        finie = await last(session, OffreEnded)
        for _fois in range(2):
            await tell_lapse(session, finie)
        await tell_registered(session, inscrit)
    assert (await queued(session))[3:] == [("rdv.attente_expiree", "email")]


async def test_whoever_left_or_answered_is_told_nothing_more(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite, autre = await wait(session, centre, 50), await wait(session, centre, 51)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    offerte = await last(session, OffreMade)
    await accept_offre(session, inscription_id=faite.inscription.id, appelant=holder(faite))
    await tell_offer(session, offerte)
    await tell_lapse(session, await last(session, OffreEnded))
    await leave_list(session, inscription_id=autre.inscription.id, appelant=holder(autre))
    await tell_registered(session, InscriptionRegistered(inscription_id=autre.inscription.id, rang=1))
    assert await queued(session) == []


async def test_who_left_a_mobile_number_alone_is_written_to_by_text_message(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite = await wait(session, centre, 50, appelant=agent(tenant.id), client_email=None)
    await tell_registered(session, InscriptionRegistered(inscription_id=faite.inscription.id, rang=1))
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    await tell_offer(session, await last(session, OffreMade))
    assert await queued(session) == [("rdv.attente_inscrit", "sms"), ("rdv.attente_offre", "sms")]


async def test_the_link_of_a_message_opens_that_entry(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    faite = await wait(session, centre, 50)
    donnees = build_attente(session, await read(session, faite))
    adresse = urlsplit(donnees.lien)
    lien = read_lien(parse_qs(adresse.query)["lien"][0])
    assert (lien.cible, lien.tenant_id) == (faite.inscription.id, tenant.id)
    assert adresse.path == f"/liste-attente/{faite.inscription.id}"
    assert donnees.lien_refus == f"{donnees.lien}&reponse=non"


@pytest.mark.parametrize("modele", MODELES_ATTENTE)
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_text_message_is_in_the_short_alphabet_and_one_part_without_its_link(modele: Modele, locale: str):
    court = EXEMPLE_ATTENTE.model_copy(update={"lien": ""})
    rendu = render(modele, court, Marque(nom="Contrôle Auto France"), locale=locale, canal=Canal.SMS)
    poids = weigh(rendu.texte)
    assert (poids.encodage, poids.segments) == (Encodage.GSM7, 1), rendu.texte


def test_days_and_ranks_are_said_in_words():
    un_jour = EXEMPLE_ATTENTE.model_copy(update={"au": EXEMPLE_ATTENTE.du, "position": 3, "montant_cents": 0})
    with use_locale("fr"):
        assert un_jour.periode == "lundi 23\u00a0novembre"
        assert un_jour.place == "2 personnes sont avant vous."
        assert EXEMPLE_ATTENTE.periode == "du lundi 23\u00a0novembre au vendredi 27\u00a0novembre"
        assert EXEMPLE_ATTENTE.place == "Vous êtes en tête de la liste."
        assert dict(un_jour.faits)["Prix"] == "Gratuit"
        sans_prix = EXEMPLE_ATTENTE.model_copy(update={"montant_cents": None})
        assert "Prix" not in dict(sans_prix.faits)
