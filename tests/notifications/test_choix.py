"""What a person accepts, and the hours at which they are left in peace: obeyed when a message is written and when it leaves."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from bs4 import BeautifulSoup
from sqlalchemy import text

from guichet.identite.facade import TenantVue, set_reglages
from guichet.notifications import envoi
from guichet.notifications.actions.preferences import record_preference
from guichet.notifications.boite import lecture
from guichet.notifications.choix import build_choix
from guichet.notifications.facade import resend_notification
from guichet.notifications.metier import Canal, Issue, Statut
from guichet.notifications.questions.preferences import Preference, address_key, get_rejection
from guichet.notifications.reglages import ReglagesNotifications
from guichet.notifications.transport import Resultat
from guichet.socle.database import Database
from guichet.socle.errors import Conflict
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.identite.fabrique import bearer, bearer_of, make_user
from tests.notifications.test_envoi import lire, mettre

ADRESSE = "camille@example.org"
MINUIT = datetime(2026, 11, 20, 23, tzinfo=UTC)  # 00:00 in Paris
MATIN = datetime(2026, 11, 21, 7, tzinfo=UTC)


async def mettre_libre(database: Database, tenant: TenantVue, cle: str = "k1", **options: Any) -> UUID:
    """A message its reader did not cause."""
    return await mettre(database, tenant, cle, transactionnel=False, **options)


async def choisir(database: Database, tenant: TenantVue, **choix: bool) -> None:
    valeurs = {"messages": True, "rappels": True} | choix
    async with database.transaction(tenant.id) as session:
        await record_preference(
            session,
            Preference(canal=Canal.EMAIL, source="lien", **valeurs),
            adresse_cle=address_key(Canal.EMAIL, ADRESSE),
        )


@pytest.mark.parametrize(
    ("modele", "choix", "statut"),
    [
        ("essais.bonjour", {"messages": False}, "ecarte"),
        ("essais.bonjour", {"rappels": False}, "a_envoyer"),
        ("essais.rappel", {"rappels": False}, "ecarte"),
        ("essais.rappel", {"messages": False}, "a_envoyer"),
    ],
)
async def test_what_a_person_does_not_want_is_set_aside_with_the_reason(
    database: Database, ouvert: TenantVue, modele: str, choix: dict[str, bool], statut: str
):
    await choisir(database, ouvert, **choix)
    vue = await lire(database, ouvert, await mettre_libre(database, ouvert, modele=modele))
    assert vue.statut == statut
    assert bool(vue.erreur) is (statut == "ecarte")


async def test_the_confirmation_of_ones_own_action_is_never_refused(database: Database, ouvert: TenantVue):
    await choisir(database, ouvert, messages=False, rappels=False)
    assert (await lire(database, ouvert, await mettre(database, ouvert))).statut == "a_envoyer"


async def test_a_choice_made_between_writing_and_leaving_is_obeyed(database: Database, ouvert: TenantVue, boite: Path):
    with frozen(MINUIT):
        identifiant = await mettre_libre(database, ouvert)
        await choisir(database, ouvert, messages=False)
    with frozen(MATIN):
        assert await envoi.send_one(ouvert.id, identifiant) is None
    assert (await lire(database, ouvert, identifiant)).statut == "ecarte"
    assert lecture.list_messages(boite) == []
    async with database.transaction(ouvert.id) as session:
        with pytest.raises(Conflict) as error:
            await resend_notification(session, notification_id=identifiant)
    assert error.value.code == "NOTIFICATION_ECARTEE"


async def test_each_choice_is_kept_with_its_date_and_source(database: Database, ouvert: TenantVue):
    for messages in (False, False, True):
        await choisir(database, ouvert, messages=messages)
    async with database.transaction(ouvert.id) as session:
        lignes = (
            await session.execute(text("select messages, source from notifications.consentement order by id"))
        ).all()
        audits = await session.scalar(
            text("select count(*) from socle.audit where action = 'notification.preference.update'")
        )
    assert [tuple(ligne) for ligne in lignes] == [(False, "lien"), (True, "lien")]
    assert audits == 2


async def test_at_night_only_what_its_reader_caused_leaves(database: Database, ouvert: TenantVue, boite: Path):
    with frozen(MINUIT):
        attend = await mettre_libre(database, ouvert, "k1")
        part = await mettre(database, ouvert, "k2")
        await envoi.sweep(MINUIT)
        assert await envoi.send_one(ouvert.id, attend) is None
    assert (await lire(database, ouvert, part)).statut == "envoye"
    vue = await lire(database, ouvert, attend)
    assert (vue.statut, vue.prochaine_tentative) == ("a_envoyer", MATIN)
    with frozen(MATIN):
        assert await envoi.send_one(ouvert.id, attend) is Statut.ENVOYE


async def test_the_quiet_hours_are_those_of_the_centre(database: Database, ouvert: TenantVue):
    with frozen(datetime(2026, 11, 20, 17, 30, tzinfo=UTC)):  # 21:30 in Réunion, 18:30 in Paris
        ici = await mettre_libre(database, ouvert, "k1")
        la_bas = await mettre_libre(database, ouvert, "k2", fuseau="Indian/Reunion")
        assert (await lire(database, ouvert, ici)).prochaine_tentative == datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
    assert (await lire(database, ouvert, la_bas)).prochaine_tentative == datetime(2026, 11, 21, 4, tzinfo=UTC)


async def test_a_tenant_chooses_its_quiet_hours(database: Database, ouvert: TenantVue):
    async with database.transaction(ouvert.id) as session:
        await set_reglages(session, ReglagesNotifications(silence_debut="19:00", silence_fin="09:30"))
    with frozen(datetime(2026, 11, 20, 18, 30, tzinfo=UTC)):
        vue = await lire(database, ouvert, await mettre_libre(database, ouvert))
    assert vue.prochaine_tentative == datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


async def test_a_message_meant_for_later_waits_for_its_hour(database: Database, ouvert: TenantVue, boite: Path):
    midi = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with frozen(midi):
        identifiant = await mettre(database, ouvert, au_plus_tot=midi + timedelta(days=3))
        assert await envoi.send_one(ouvert.id, identifiant) is None
    with frozen(midi + timedelta(days=3)):
        assert await envoi.send_one(ouvert.id, identifiant) is Statut.ENVOYE


async def test_a_new_attempt_at_night_waits_for_the_morning(database: Database, ouvert: TenantVue):
    soir = datetime(2026, 11, 20, 19, 59, 30, tzinfo=UTC)
    with frozen(soir):
        identifiant = await mettre_libre(database, ouvert)
        assert await envoi.send_one(ouvert.id, identifiant) is Statut.A_ENVOYER
    assert (await lire(database, ouvert, identifiant)).prochaine_tentative == MATIN


async def test_a_message_may_be_found_due_in_the_quiet_hours_after_the_worker_was_away(
    database: Database, ouvert: TenantVue, boite: Path
):
    with frozen(MINUIT - timedelta(hours=6)):
        identifiant = await mettre_libre(database, ouvert)
    with frozen(MINUIT):
        assert await envoi.send_one(ouvert.id, identifiant) is None
    assert (await lire(database, ouvert, identifiant)).prochaine_tentative == MATIN


async def test_an_address_that_refuses_everything_is_marked_until_it_takes_a_message_again(
    database: Database, ouvert: TenantVue, boite: Path, monkeypatch: pytest.MonkeyPatch
):
    async def refuse(*_args: object, **_options: object) -> Resultat:
        return Resultat(issue=Issue.REFUSEE, reponse="550 5.1.1 inconnu", adresse_rejetee=True)

    with frozen(MATIN + timedelta(hours=2)):
        with monkeypatch.context() as m:
            m.setattr(envoi, "hand_over", refuse)
            for cle in ("k1", "k2"):
                assert await envoi.send_one(ouvert.id, await mettre(database, ouvert, cle)) is Statut.ECHEC
        async with database.transaction(ouvert.id) as session:
            rejet = await get_rejection(session, canal=Canal.EMAIL, adresse_cle=address_key(Canal.EMAIL, ADRESSE))
        assert rejet is not None
        assert rejet.raison == "550 5.1.1 inconnu"
        assert (await lire(database, ouvert, await mettre_libre(database, ouvert, "k3"))).statut == "ecarte"
        assert await envoi.send_one(ouvert.id, await mettre(database, ouvert, "k4")) is Statut.ENVOYE
        assert (await lire(database, ouvert, await mettre_libre(database, ouvert, "k5"))).statut == "a_envoyer"


async def test_a_message_its_reader_did_not_cause_offers_to_refuse_the_next_ones(
    database: Database, ouvert: TenantVue, boite: Path, client: httpx.AsyncClient
):
    with frozen(MATIN):
        identifiant = await mettre_libre(database, ouvert)
        await envoi.send_one(ouvert.id, identifiant)
    (ligne,) = lecture.list_messages(boite)
    message = lecture.read_message(boite, ligne.id)
    assert message is not None
    entetes = dict(message.entetes)
    assert entetes["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    adresse = entetes["List-Unsubscribe"].strip("<>").replace("\r\n", "").replace(" ", "")
    page = adresse.removesuffix("/desinscription")
    assert page in message.html
    assert page in message.texte
    chemin = "/messages/" + page.partition("/messages/")[2]

    soupe = BeautifulSoup((await client.get(chemin)).text, "html.parser")
    assert len(soupe.select('input[type="checkbox"][checked]')) == 2
    reponse = await client.post(chemin, data={"rappels": "oui"})
    assert reponse.status_code == 303
    soupe = BeautifulSoup((await client.get(chemin)).text, "html.parser")
    assert [c["name"] for c in soupe.select('input[type="checkbox"][checked]')] == ["rappels"]

    refus = await client.post(f"{chemin}/desinscription", data={"List-Unsubscribe": "One-Click"})
    assert refus.status_code == 200
    async with database.transaction(ouvert.id) as session:
        sources = (await session.scalars(text("select source from notifications.consentement order by id"))).all()
    assert sources == ["lien", "desinscription"]


async def test_a_link_of_nothing_is_not_found(client: httpx.AsyncClient, ouvert: TenantVue):
    jeton = build_choix(tenant_id=ouvert.id, notification_id=new_id())
    assert (await client.get(f"/messages/choix/{jeton}")).status_code == 404
    assert (await client.get("/api/v1/notifications/preferences", params={"jeton": jeton})).status_code == 404
    assert (await client.get("/api/v1/notifications/preferences", params={"jeton": "x"})).status_code == 403


async def test_a_person_chooses_for_their_verified_address(
    database: Database, ouvert: TenantVue, client: httpx.AsyncClient
):
    adresse = "/api/v1/notifications/preferences"
    user = await make_user(database, ouvert, "CLIENT", email="camille@example.org")
    entete = await bearer(database, user)
    assert (await client.get(adresse)).status_code == 401
    refus = await client.get(adresse, headers=entete)
    assert refus.json()["code"] == "ADRESSE_NON_VERIFIEE"
    async with database.transaction(ouvert.id) as session:
        await session.execute(text("update identite.users set email_verifie_le = now()"))
    avant = (await client.get(adresse, headers=entete)).json()
    assert avant == {"canal": "email", "messages": True, "rappels": True, "le": None, "source": None}
    apres = (await client.put(adresse, headers=entete, json={"messages": False, "rappels": True})).json()
    assert (apres["messages"], apres["rappels"], apres["source"]) == (False, True, "compte")
    assert (await lire(database, ouvert, await mettre_libre(database, ouvert))).statut == "ecarte"


async def test_a_link_chooses_for_its_own_address_only(
    database: Database, ouvert: TenantVue, client: httpx.AsyncClient
):
    identifiant = await mettre(database, ouvert, canal="sms", destinataire="06 39 98 12 34")
    jeton = build_choix(tenant_id=ouvert.id, notification_id=identifiant)
    reponse = await client.put(
        "/api/v1/notifications/preferences",
        params={"jeton": jeton},
        json={"messages": False, "rappels": False},
        headers=await bearer_of(database, ouvert, "CLIENT"),
    )
    assert (reponse.json()["canal"], reponse.json()["source"]) == ("sms", "lien")
    assert (await lire(database, ouvert, await mettre_libre(database, ouvert))).statut == "a_envoyer"
