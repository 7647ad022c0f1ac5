"""From the queue to the mailbox: once, whatever crashes; every outcome is known or said unknown."""

import asyncio
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from guichet.identite.facade import TenantVue
from guichet.notifications import actions, envoi, questions
from guichet.notifications.boite import lecture
from guichet.notifications.facade import get_notification, queue_notification, resend_notification
from guichet.notifications.metier import ECHELLE, Issue, Statut
from guichet.notifications.modeles import PieceJointe
from guichet.notifications.transport import Resultat
from guichet.socle.database import Database, Role
from guichet.socle.errors import Conflict, Invalid, NotFound
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from guichet.socle.jobs import run_waiting_jobs
from guichet.socle.settings import Settings

MIDI = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def mettre(database: Database, tenant: TenantVue, cle: str = "k1", **options) -> UUID:
    champs = {
        "modele": "essais.bonjour",
        "destinataire": "camille@example.org",
        "locale": "fr",
        "donnees": {"prenom": "Camille"},
    }
    async with database.transaction(tenant.id) as session:
        return await queue_notification(session, cle=cle, **(champs | options))


async def lire(database: Database, tenant: TenantVue, identifiant: UUID) -> questions.NotificationVue:
    async with database.transaction(tenant.id) as session:
        vue = await get_notification(session, notification_id=identifiant)
    assert vue is not None
    return vue


async def tentatives(database: Database, tenant: TenantVue, identifiant: UUID) -> list[str | None]:
    async with database.transaction(tenant.id) as session:
        return [t.issue for t in await questions.list_tentatives(session, notification_id=identifiant)]


async def evenements(database: Database, tenant: TenantVue, identifiant: UUID) -> list[str]:
    async with database.transaction(role=Role.MAINTENANCE) as session:
        lignes = await session.execute(
            text("select type from socle.messages where payload->>'notification_id' = :id order by id"),
            {"id": str(identifiant)},
        )
        return [ligne.type for ligne in lignes]


async def test_a_queued_message_reaches_the_mailbox_with_both_bodies_and_its_file(
    database: Database, ouvert: TenantVue, boite: Path
):
    identifiant = await mettre(database, ouvert)
    assert await envoi.send_one(ouvert.id, identifiant) is Statut.ENVOYE
    (ligne,) = lecture.list_messages(boite)
    message = lecture.read_message(boite, ligne.id)
    assert message is not None
    assert (message.objet, message.a) == ("Bonjour Camille", "camille@example.org")
    assert message.de.startswith("Contrôle Auto France <")
    assert "Bonjour Camille" in message.texte
    assert "<p>Bonjour Camille</p>" in message.html
    assert [p.nom for p in message.pieces] == ["mot.txt"]
    vue = await lire(database, ouvert, identifiant)
    assert (vue.statut, vue.tentatives, vue.destinataire) == ("envoye", 1, "c•••@example.org")
    assert vue.envoye_a is not None


async def test_the_same_key_is_one_message(database: Database, ouvert: TenantVue, boite: Path):
    adresse = f"{new_id().hex}@example.org"
    premier = await mettre(database, ouvert, destinataire=adresse)
    assert await mettre(database, ouvert, destinataire=adresse) == premier
    await envoi.sweep(now())
    await envoi.sweep(now())
    assert len(lecture.list_messages(boite, cherche=adresse)) == 1


async def test_a_rolled_back_cause_sends_nothing(database: Database, ouvert: TenantVue, boite: Path):
    async with database.transaction(ouvert.id) as session:
        await queue_notification(
            session,
            modele="essais.bonjour",
            destinataire="annule@b.example",
            locale="fr",
            donnees={"prenom": "A"},
            cle="x",
        )
        await session.rollback()
    await envoi.sweep(now())
    assert lecture.list_messages(boite, cherche="annule@b.example") == []


async def test_a_given_file_travels_and_is_kept_encrypted(database: Database, ouvert: TenantVue, boite: Path):
    identifiant = await mettre(
        database, ouvert, pieces=[PieceJointe(nom="carte.pdf", type_mime="application/pdf", contenu=b"%PDF-secret")]
    )
    async with database.transaction(ouvert.id) as session:
        brut = await session.scalar(text("select contenu from notifications.piece"))
        adresse = await session.scalar(text("select destinataire from notifications.notification"))
    assert b"secret" not in bytes(brut)
    assert b"camille" not in bytes(adresse)
    await envoi.send_one(ouvert.id, identifiant)
    (ligne,) = lecture.list_messages(boite)
    assert lecture.read_piece(boite, ligne.id, 0) == ("carte.pdf", "application/pdf", b"%PDF-secret")


async def test_an_address_no_server_takes_is_refused_at_once(database: Database, ouvert: TenantVue):
    with pytest.raises(Invalid) as error:
        await mettre(database, ouvert, destinataire="pas une adresse")
    assert error.value.code == "ADRESSE_INVALIDE"
    assert "email" in error.value.champs


async def test_data_that_does_not_fit_is_the_callers_defect(database: Database, ouvert: TenantVue):
    with pytest.raises(ValueError, match=r"essais\.bonjour"):
        await mettre(database, ouvert, donnees={"nom": "X"})


async def test_an_unknown_language_is_french(database: Database, ouvert: TenantVue, boite: Path):
    await envoi.send_one(ouvert.id, await mettre(database, ouvert, locale="de"))
    (ligne,) = lecture.list_messages(boite)
    piece = lecture.read_piece(boite, ligne.id, 0)
    assert piece is not None
    assert piece[2].strip() == b"Camille fr"


async def test_a_server_that_is_down_is_tried_again_up_the_ladder_then_given_up(
    database: Database, ouvert: TenantVue, settings: Settings
):
    settings.demo_smtp_port = 0
    with frozen(MIDI):
        identifiant = await mettre(database, ouvert)
    instant = MIDI
    for pas in ECHELLE:
        with frozen(instant):
            assert await envoi.send_one(ouvert.id, identifiant) is Statut.A_ENVOYER
            assert await envoi.send_one(ouvert.id, identifiant) is None, "not due yet"
        instant += pas
    with frozen(instant):
        assert await envoi.send_one(ouvert.id, identifiant) is Statut.ECHEC
    vue = await lire(database, ouvert, identifiant)
    assert (vue.statut, vue.tentatives) == ("echec", len(ECHELLE) + 1)
    assert vue.erreur
    assert await evenements(database, ouvert, identifiant) == ["notification.failed"]


async def test_a_retry_keeps_the_message_id(database: Database, ouvert: TenantVue, boite: Path, settings: Settings):
    port, settings.demo_smtp_port = settings.demo_smtp_port, 0
    with frozen(MIDI):
        identifiant = await mettre(database, ouvert)
        await envoi.send_one(ouvert.id, identifiant)
    settings.demo_smtp_port = port
    with frozen(MIDI + timedelta(minutes=1)):
        assert await envoi.send_one(ouvert.id, identifiant) is Statut.ENVOYE
    async with database.transaction(ouvert.id) as session:
        await resend_notification(session, notification_id=identifiant)
    assert await envoi.send_one(ouvert.id, identifiant) is Statut.ENVOYE
    identifiants = {
        message_from_bytes(lecture.read_source(boite, ligne.id) or b"")["Message-ID"]
        for ligne in lecture.list_messages(boite)
    }
    assert len(lecture.list_messages(boite)) == 2
    assert len(identifiants) == 1


async def test_two_workers_send_a_message_once(database: Database, ouvert: TenantVue, boite: Path):
    identifiant = await mettre(database, ouvert)
    issues = await asyncio.gather(*(envoi.send_one(ouvert.id, identifiant) for _ in range(4)))
    assert sorted(str(i) for i in issues) == ["None", "None", "None", "envoye"]
    assert len(lecture.list_messages(boite)) == 1


async def test_a_crash_between_the_provider_and_our_commit_is_unknown_and_never_repeated_by_itself(
    database: Database, ouvert: TenantVue, boite: Path
):
    with frozen(MIDI):
        identifiant = await mettre(database, ouvert)
        async with database.transaction(ouvert.id) as session:
            assert await actions.claim(session, notification_id=identifiant) is not None
    with frozen(MIDI + timedelta(minutes=9)):
        await envoi.sweep(now())
    assert (await lire(database, ouvert, identifiant)).statut == "en_cours"
    with frozen(MIDI + timedelta(minutes=11)):
        await envoi.sweep(now())
        await envoi.sweep(now())
    vue = await lire(database, ouvert, identifiant)
    assert (vue.statut, vue.prochaine_tentative) == ("incertain", None)
    assert await tentatives(database, ouvert, identifiant) == ["incertaine"]
    assert await evenements(database, ouvert, identifiant) == ["notification.failed"]
    assert lecture.list_messages(boite) == []
    async with database.transaction(ouvert.id) as session:
        await resend_notification(session, notification_id=identifiant)
    await envoi.sweep(now())
    assert (await lire(database, ouvert, identifiant)).statut == "envoye"
    assert await tentatives(database, ouvert, identifiant) == ["incertaine", "acceptee"]


async def test_an_outcome_learnt_late_settles_the_attempt_taken_for_lost(database: Database, ouvert: TenantVue):
    with frozen(MIDI):
        identifiant = await mettre(database, ouvert)
        async with database.transaction(ouvert.id) as session:
            await actions.claim(session, notification_id=identifiant)
    with frozen(MIDI + timedelta(minutes=11)):
        await envoi.sweep(now())
        async with database.transaction(ouvert.id) as session:
            statut = await actions.finish(
                session, notification_id=identifiant, numero=1, issue=Issue.ACCEPTEE, reponse="250 garde"
            )
    assert statut is Statut.ENVOYE
    async with database.transaction(ouvert.id) as session:
        assert (
            await actions.finish(session, notification_id=identifiant, numero=1, issue=Issue.REFUSEE, reponse="")
            is None
        )
        assert not await actions.give_up_orphan(session, notification_id=identifiant, avant=now())


async def test_a_template_that_fails_says_so_once(
    database: Database, ouvert: TenantVue, boite: Path, caplog: pytest.LogCaptureFixture
):
    identifiant = await mettre(database, ouvert, donnees={"prenom": "Camille", "panne": True})
    assert await envoi.send_one(ouvert.id, identifiant) is Statut.ECHEC
    assert (await lire(database, ouvert, identifiant)).erreur == "Le message n’a pas pu être composé."
    assert "cannot be made" in caplog.text


async def test_a_refusal_for_good_is_said_at_once(
    database: Database, ouvert: TenantVue, monkeypatch: pytest.MonkeyPatch
):
    async def refuse(*_args, **_kwargs) -> Resultat:
        return Resultat(issue=Issue.REFUSEE, reponse="550 inconnu")

    monkeypatch.setattr(envoi, "hand_over", refuse)
    identifiant = await mettre(database, ouvert)
    assert await envoi.send_one(ouvert.id, identifiant) is Statut.ECHEC
    assert (await lire(database, ouvert, identifiant)).erreur == "550 inconnu"


async def test_a_message_on_its_way_is_not_sent_again(database: Database, ouvert: TenantVue):
    identifiant = await mettre(database, ouvert)
    async with database.transaction(ouvert.id) as session:
        with pytest.raises(Conflict):
            await resend_notification(session, notification_id=identifiant)
        with pytest.raises(NotFound):
            await resend_notification(session, notification_id=new_id())
        assert await get_notification(session, notification_id=new_id()) is None


async def test_another_tenant_sees_nothing(database: Database, ouvert: TenantVue, tenant_id: UUID):
    identifiant = await mettre(database, ouvert)
    async with database.transaction(tenant_id) as session:
        assert await get_notification(session, notification_id=identifiant) is None
    assert await envoi.send_one(tenant_id, identifiant) is None


async def test_no_mail_leaves_inside_a_transaction(database: Database, ouvert: TenantVue):
    identifiant = await mettre(database, ouvert)
    async with database.transaction(ouvert.id):
        with pytest.raises(AssertionError, match="transaction"):
            await envoi.send_one(ouvert.id, identifiant)


async def test_a_queued_message_leaves_at_once_through_its_job(database: Database, ouvert: TenantVue, boite: Path):
    identifiant = await mettre(database, ouvert, destinataire="par.travail@example.org")
    await run_waiting_jobs(database, [envoi.send], queues=["notifications"])
    assert (await lire(database, ouvert, identifiant)).statut == "envoye"
    assert len(lecture.list_messages(boite, cherche="par.travail@")) == 1


async def test_a_message_that_cannot_be_treated_holds_nobody_elses_back(
    database: Database,
    ouvert: TenantVue,
    boite: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    perdu, autre = await mettre(database, ouvert, "perdu"), await mettre(database, ouvert, "autre")
    find = actions.claim

    async def claim(session, *, notification_id: UUID, **options):
        if notification_id == perdu:
            raise KeyError("no template")
        return await find(session, notification_id=notification_id, **options)

    monkeypatch.setattr(actions, "claim", claim)
    await envoi.sweep(now())
    assert (await lire(database, ouvert, autre)).statut == Statut.ENVOYE
    assert (await lire(database, ouvert, perdu)).statut == Statut.A_ENVOYER
    assert any("cannot be treated" in line.message for line in caplog.records)
