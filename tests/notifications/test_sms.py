"""Text messages over the wire, through the platform in a process of its own."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from guichet.identite.facade import TenantVue
from guichet.notifications import envoi
from guichet.notifications.boite.sms import list_sms
from guichet.notifications.metier import Canal, Issue, Statut
from guichet.notifications.modeles import find_modele
from guichet.notifications.questions import NotificationVue
from guichet.notifications.questions.preferences import address_key, get_preference
from guichet.notifications.sms import Sms, configured_providers, hand_over_sms
from guichet.notifications.sms.liens import callback_urls
from guichet.notifications.sms.smsmode import SmsMode
from guichet.socle.database import Database
from guichet.socle.errors import Invalid
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from guichet.socle.settings import Mode, Settings
from tests.notifications.conftest import Plateforme
from tests.notifications.test_envoi import lire, mettre, tentatives

NUMERO = "06 39 98 12 34"
MIDI = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def mettre_sms(database: Database, tenant: TenantVue, numero: str = NUMERO, **options: Any) -> UUID:
    return await mettre(database, tenant, canal="sms", destinataire=numero, **options)


async def attendre_statut(database: Database, tenant: TenantVue, identifiant: UUID, statut: str) -> NotificationVue:
    """The message once it stands there: the receipt comes from another process through a third one."""
    async with asyncio.timeout(20):
        while True:
            vue = await lire(database, tenant, identifiant)
            if vue.statut == statut:
                return vue
            await asyncio.sleep(0.02)


async def test_a_text_message_reaches_the_platform_and_its_receipt_comes_back(
    database: Database,
    ouvert: TenantVue,
    plateforme: Plateforme,
    adresse: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(settings, "base_url", adresse)
    identifiant = await mettre_sms(database, ouvert)
    assert await envoi.send_one(ouvert.id, identifiant) is Statut.ENVOYE
    (recu,) = list_sms(plateforme.dossier)
    assert (recu.a, recu.de, recu.texte) == (
        "+33639981234",
        "Controle",
        "Bonjour Camille, à bientôt.".replace("ô", "o"),
    )
    assert (recu.segments, recu.encodage) == (1, "GSM7")
    vue = await attendre_statut(database, ouvert, identifiant, "distribue")
    assert (vue.fournisseur, vue.segments, vue.destinataire) == ("smsmode", 1, "+33•••••34")
    assert vue.distribue_a is not None


async def test_a_phone_never_reached_is_a_failure_learnt_later(
    database: Database,
    ouvert: TenantVue,
    plateforme: Plateforme,
    adresse: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(settings, "base_url", adresse)
    identifiant = await mettre_sms(database, ouvert, "06 39 98 04 04")
    assert await envoi.send_one(ouvert.id, identifiant) is Statut.ENVOYE
    vue = await attendre_statut(database, ouvert, identifiant, "echec")
    assert vue.erreur == "Le téléphone n’a pas été joint."


@pytest.mark.parametrize(
    ("numero", "statut", "dit"),
    [
        ("06 39 98 04 00", Statut.ECHEC, "400 INVALID_RECIPIENT"),
        ("06 39 98 04 29", Statut.A_ENVOYER, "429 TOO_MANY"),
        ("06 39 98 05 03", Statut.A_ENVOYER, "503 UNAVAILABLE"),
    ],
)
async def test_what_the_platform_refuses_is_final_or_tried_again(
    database: Database, ouvert: TenantVue, plateforme: Plateforme, numero: str, statut: Statut, dit: str
):
    identifiant = await mettre_sms(database, ouvert, numero)
    assert await envoi.send_one(ouvert.id, identifiant) is statut
    vue = await lire(database, ouvert, identifiant)
    assert vue.erreur is not None
    assert vue.erreur.startswith(dit)
    assert list_sms(plateforme.dossier) == []


async def test_an_answer_that_does_not_come_leaves_the_outcome_unknown_until_its_receipt(
    database: Database,
    ouvert: TenantVue,
    plateforme: Plateforme,
    monkeypatch: pytest.MonkeyPatch,
    client: httpx.AsyncClient,
):
    muet = SmsMode(nom="smsmode", url=plateforme.url, cle="x", delai=timedelta(seconds=3))
    monkeypatch.setattr(envoi, "configured_providers", lambda _settings: [muet, muet])
    identifiant = await mettre_sms(database, ouvert, "06 39 98 05 04")
    assert await envoi.send_one(ouvert.id, identifiant) is Statut.INCERTAIN
    assert len(list_sms(plateforme.dossier)) == 1, "in doubt the second provider is not asked"
    assert await tentatives(database, ouvert, identifiant) == ["incertaine"]

    accuse, _reponse = callback_urls(tenant_id=ouvert.id, notification_id=identifiant, numero=1)
    for _ in range(2):
        reponse = await client.post(accuse, json={"status": {"value": "DELIVERED"}, "messageId": "m"})
        assert reponse.status_code == 204
    assert (await lire(database, ouvert, identifiant)).statut == "distribue"
    assert await tentatives(database, ouvert, identifiant) == ["acceptee"]


async def test_a_second_provider_takes_over_when_the_first_is_down(
    database: Database, ouvert: TenantVue, plateforme: Plateforme, settings: Settings
):
    eteint = SmsMode(nom="premier", url="http://127.0.0.1:9", cle="x")
    allume = SmsMode(nom="second", url=plateforme.url, cle="x")
    sms = Sms(numero="+33639981234", texte="Bonjour", expediteur="", reference="r", accuse_url="", reponse_url="")
    resultat = await hand_over_sms(sms, [eteint, allume])
    assert (resultat.issue, resultat.fournisseur) == (Issue.ACCEPTEE, "second")
    assert (await hand_over_sms(sms, [eteint])).issue is Issue.A_REPRENDRE
    assert (await hand_over_sms(sms, [])).issue is Issue.A_REPRENDRE


def test_providers_are_asked_in_the_order_of_the_settings():
    assert [f.nom for f in configured_providers(Settings(sms_api_key="a", sms_secours_api_key="b"))] == [
        "smsmode",
        "smsmode-secours",
    ]
    assert configured_providers(Settings(mode=Mode.PRODUCTION, demo_sms_port=1234)) == []
    assert len(configured_providers(Settings(mode=Mode.DEMO, demo_sms_port=1234))) == 1


async def test_without_a_provider_a_message_stays_to_be_sent_without_counting_attempts(
    database: Database, ouvert: TenantVue, plateforme: Plateforme, settings: Settings
):
    port, settings.demo_sms_port = settings.demo_sms_port, 0
    with frozen(MIDI):
        identifiant = await mettre_sms(database, ouvert)
        assert await envoi.send_one(ouvert.id, identifiant) is None
    vue = await lire(database, ouvert, identifiant)
    assert (vue.statut, vue.tentatives) == ("a_envoyer", 0)
    assert vue.erreur
    settings.demo_sms_port = port
    with frozen(MIDI + timedelta(minutes=10)):
        assert await envoi.send_one(ouvert.id, identifiant) is Statut.ENVOYE


async def test_a_message_out_of_date_is_not_sent_unless_a_person_asks(
    database: Database, ouvert: TenantVue, plateforme: Plateforme
):
    with frozen(MIDI):
        identifiant = await mettre_sms(database, ouvert)
    with frozen(MIDI + timedelta(days=3)):
        assert await envoi.send_one(ouvert.id, identifiant) is None
    assert (await lire(database, ouvert, identifiant)).statut == "echec"
    assert list_sms(plateforme.dossier) == []


@pytest.mark.parametrize("numero", ["01 42 68 53 00", "bonjour", ""])
async def test_a_number_no_text_message_reaches_is_refused_at_once(database: Database, ouvert: TenantVue, numero: str):
    with pytest.raises(Invalid) as error:
        await mettre_sms(database, ouvert, numero)
    assert error.value.code == "TELEPHONE_INVALIDE"


async def test_a_stop_answered_is_obeyed(database: Database, ouvert: TenantVue, client: httpx.AsyncClient):
    identifiant = await mettre_sms(database, ouvert)
    _accuse, adresse = callback_urls(tenant_id=ouvert.id, notification_id=identifiant, numero=1)
    cle = address_key(Canal.SMS, "+33639981234")
    for texte, attendu in (("Merci", True), ("STOP", False)):
        assert (await client.post(adresse, json={"body": {"text": texte}})).status_code == 204
        async with database.transaction(ouvert.id) as session:
            preference = await get_preference(session, canal=Canal.SMS, adresse_cle=cle)
        assert (preference.messages, preference.rappels) == (attendu, attendu)
    assert preference.source == "desinscription"


async def test_a_receipt_without_our_proof_is_refused(client: httpx.AsyncClient, ouvert: TenantVue):
    corps = {"status": {"value": "DELIVERED"}}
    assert (await client.post("/api/v1/notifications/sms/accuses?jeton=x", json=corps)).status_code == 403
    inconnue, _ = callback_urls(tenant_id=ouvert.id, notification_id=new_id(), numero=1)
    assert (await client.post(inconnue, json=corps)).status_code == 404


async def test_the_receipt_of_an_older_attempt_changes_nothing(
    database: Database, ouvert: TenantVue, plateforme: Plateforme, client: httpx.AsyncClient
):
    identifiant = await mettre_sms(database, ouvert, "06 39 98 04 00")
    await envoi.send_one(ouvert.id, identifiant)
    accuse, _ = callback_urls(tenant_id=ouvert.id, notification_id=identifiant, numero=7)
    assert (await client.post(accuse, json={"status": {"value": "DELIVERED"}})).status_code == 204
    assert (await lire(database, ouvert, identifiant)).statut == "echec"


async def test_a_loss_told_by_a_receipt_is_a_failure_until_the_phone_is_reached_after_all(
    database: Database, ouvert: TenantVue, plateforme: Plateforme, client: httpx.AsyncClient
):
    identifiant = await mettre_sms(database, ouvert)
    assert await envoi.send_one(ouvert.id, identifiant) is Statut.ENVOYE
    accuse, _ = callback_urls(tenant_id=ouvert.id, notification_id=identifiant, numero=1)
    for mot, statut in (("SENT", "envoye"), ("UNDELIVERABLE", "echec"), ("SENT", "echec"), ("DELIVERED", "distribue")):
        assert (await client.post(accuse, json={"status": {"value": mot}})).status_code == 204
        assert (await lire(database, ouvert, identifiant)).statut == statut


async def test_a_message_whose_address_has_no_key_leaves_like_any_other(
    database: Database, ouvert: TenantVue, plateforme: Plateforme
):
    identifiant = await mettre_sms(database, ouvert)
    async with database.transaction(ouvert.id) as session:
        await session.execute(text("update notifications.notification set adresse_cle = null"))
    assert await envoi.send_one(ouvert.id, identifiant) is Statut.ENVOYE


async def test_a_channel_a_template_has_no_words_for_is_a_defect_of_its_caller(
    database: Database, ouvert: TenantVue, monkeypatch: pytest.MonkeyPatch
):
    courriel_seul = replace(find_modele("essais.bonjour"), canaux=frozenset({Canal.EMAIL}))
    monkeypatch.setattr("guichet.notifications.actions.redaction.find_modele", lambda _nom: courriel_seul)
    with pytest.raises(ValueError, match="no words for sms"):
        await mettre_sms(database, ouvert)


async def test_the_platform_answers_like_the_real_one(plateforme: Plateforme):
    async with httpx.AsyncClient(base_url=plateforme.url, headers={"X-Api-Key": "x"}) as client:
        assert (await client.post("/sms/v1/messages", json={}, headers={"X-Api-Key": ""})).status_code == 401
        assert (await client.post("/sms/v1/messages", content=b"{")).status_code == 400
        corps = {"recipient": {"to": "+33 6"}, "body": {"text": "x"}}
        assert (await client.post("/sms/v1/messages", json=corps)).status_code == 400
        corps = {"recipient": {"to": "33639981234"}, "body": {"text": "Ça va ?"}}
        cree = (await client.post("/sms/v1/messages", json=corps)).json()
        assert (cree["body"]["encoding"], cree["body"]["messagePartCount"]) == ("GSM7", 1)
        lu = (await client.get(f"/sms/v1/messages/{cree['messageId']}")).json()
        assert lu["messageId"] == cree["messageId"]
        assert (await client.get("/sms/v1/messages/inconnu")).status_code == 404
