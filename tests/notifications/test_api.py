"""Messages over HTTP: mine in the product, what was sent and why not, a tenant's own words."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from guichet.identite.facade import TenantVue
from guichet.notifications import envoi
from guichet.notifications.boite import lecture
from guichet.notifications.comptes import INCIDENT, MODELES
from guichet.notifications.facade import resend_notification
from guichet.notifications.gabarits import check_words
from guichet.notifications.messages import NotificationFailed, NotificationRead, NotificationReceived
from guichet.notifications.metier import Canal
from guichet.notifications.modeles import find_modele
from guichet.notifications.module import MODULE
from guichet.notifications.reactions import tell_incident
from guichet.socle.database import Database
from guichet.socle.errors import Conflict, Invalid, NotFound
from guichet.socle.ids import new_id
from guichet.socle.registre import Registre, set_registre
from tests.identite.fabrique import bearer, bearer_of, make_user
from tests.notifications.test_envoi import mettre

BASE = "/api/v1/notifications"


async def test_a_person_reads_their_own_messages(database: Database, ouvert: TenantVue, client: httpx.AsyncClient):
    moi, autre = await make_user(database, ouvert, "ADMIN_CT"), await make_user(database, ouvert, "ADMIN_CT")
    for cle in ("k1", "k2", "k3"):
        await mettre(database, ouvert, cle, canal="interne", destinataire=str(moi.id))
    la_sienne = await mettre(database, ouvert, "k4", canal="interne", destinataire=str(autre.id))
    entete = await bearer(database, moi)

    page = (await client.get(f"{BASE}/me", headers=entete, params={"limite": 2})).json()
    assert (page["non_lues"], len(page["elements"])) == (3, 2)
    premier = page["elements"][0]
    assert (premier["titre"], premier["texte"]) == ("Bonjour Camille", "Bonjour Camille")
    assert (premier["lien"], premier["lue"]) == ("/bonjour/Camille", False)
    suite = (await client.get(f"{BASE}/me", headers=entete, params={"curseur": page["suivant"]})).json()
    assert len(suite["elements"]) == 1

    for marques in (1, 0):
        lu = (await client.post(f"{BASE}/{premier['id']}/lire", headers=entete)).json()
        assert lu == {"marques": marques, "non_lues": 2}
    assert (await client.post(f"{BASE}/{la_sienne}/lire", headers=entete)).status_code == 404
    restants = (await client.get(f"{BASE}/me", headers=entete, params={"non_lues": True})).json()["elements"]
    assert premier["id"] not in {m["id"] for m in restants}

    for marques in (2, 0):
        assert (await client.post(f"{BASE}/lire-tout", headers=entete)).json() == {"marques": marques, "non_lues": 0}
    assert (await client.get(f"{BASE}/me", headers=await bearer(database, autre))).json()["non_lues"] == 1
    assert (await client.get(f"{BASE}/me", headers=await bearer_of(database, ouvert, "API_KEY"))).status_code == 401
    mauvais = await client.get(f"{BASE}/me", headers=entete, params={"curseur": "x"})
    assert mauvais.json()["code"] == "CURSEUR_INVALIDE"


def test_the_badge_of_a_person_is_told():
    user_id = new_id()
    attendu = (f"notifications.user:{user_id}",)
    assert NotificationReceived(notification_id=new_id(), user_id=user_id).etiquettes() == attendu
    assert NotificationRead(notification_id=None, user_id=user_id).etiquettes() == attendu


async def test_a_message_of_another_day_does_not_hide_the_others(
    database: Database, ouvert: TenantVue, client: httpx.AsyncClient
):
    moi = await make_user(database, ouvert, "ADMIN_CT")
    await mettre(database, ouvert, "k1", canal="interne", destinataire=str(moi.id))
    await mettre(database, ouvert, "k2", canal="interne", destinataire=str(moi.id))
    async with database.transaction(ouvert.id) as session:
        await session.execute(text("update notifications.notification set modele = 'essais.oublie' where cle = 'k1'"))
    titres = [
        m["titre"] for m in (await client.get(f"{BASE}/me", headers=await bearer(database, moi))).json()["elements"]
    ]
    assert titres == ["Bonjour Camille", "Ancien message"]


async def test_an_in_app_message_is_for_somebody_and_is_not_sent_again(database: Database, ouvert: TenantVue):
    with pytest.raises(NotFound):
        await mettre(database, ouvert, canal="interne", destinataire=str(new_id()))
    moi = await make_user(database, ouvert, "ADMIN_CT")
    identifiant = await mettre(database, ouvert, canal="interne", destinataire=str(moi.id))
    async with database.transaction(ouvert.id) as session:
        with pytest.raises(Conflict) as error:
            await resend_notification(session, notification_id=identifiant)
    assert error.value.code == "NOTIFICATION_INTERNE"


async def test_administrators_are_told_once_a_day_that_messages_did_not_leave(
    database: Database, ouvert: TenantVue, client: httpx.AsyncClient, registre: Registre
):
    admin = await make_user(database, ouvert, "ADMIN_TENANT")
    await make_user(database, ouvert, "CALL_CENTER")
    set_registre(Registre([*registre.modules[:1], MODULE]))
    event = NotificationFailed(notification_id=new_id(), modele="x", canal="email", tentatives=1, statut="echec")
    for _ in range(2):
        async with database.transaction(ouvert.id) as session:
            await tell_incident(session, event)
    page = (await client.get(f"{BASE}/me", headers=await bearer(database, admin))).json()
    assert [m["titre"] for m in page["elements"]] == ["Des messages ne sont pas partis"]
    assert INCIDENT in MODELES


async def test_staff_find_a_message_and_send_it_again(
    database: Database, ouvert: TenantVue, client: httpx.AsyncClient, boite: Path
):
    entete = await bearer_of(database, ouvert, "CALL_CENTER")
    identifiant = await mettre(database, ouvert, "k1")
    await mettre(database, ouvert, "k2", destinataire="autre@example.org")
    await mettre(database, ouvert, "k3", canal="sms", destinataire="06 39 98 12 34")
    await envoi.send_one(ouvert.id, identifiant)

    async def trouver(**filtres: Any) -> list[dict[str, Any]]:
        reponse = await client.get(BASE, headers=entete, params=filtres)
        assert reponse.status_code == 200, reponse.text
        return list(reponse.json()["elements"])

    assert len(await trouver()) == 3
    assert [m["id"] for m in await trouver(statut="envoye")] == [str(identifiant)]
    assert [m["id"] for m in await trouver(destinataire="Camille@EXAMPLE.org")] == [str(identifiant)]
    assert [m["canal"] for m in await trouver(destinataire="06.39.98.12.34")] == ["sms"]
    assert [m["canal"] for m in await trouver(canal="sms", modele="essais.bonjour")] == ["sms"]
    assert "camille@example.org" not in (await client.get(BASE, headers=entete)).text
    assert (await client.get(BASE, headers=entete, params={"destinataire": "zut"})).json()[
        "code"
    ] == "DESTINATAIRE_INVALIDE"
    assert (await client.get(BASE, headers=entete, params={"destinataire": "zut@"})).status_code == 422
    premiere = (await client.get(BASE, headers=entete, params={"limite": 1})).json()
    suite = (await client.get(BASE, headers=entete, params={"curseur": premiere["suivant"]})).json()
    assert len(suite["elements"]) == 2

    detail = (await client.get(f"{BASE}/{identifiant}", headers=entete)).json()
    assert [e["issue"] for e in detail["essais"]] == ["acceptee"]
    renvoi = await client.post(f"{BASE}/{identifiant}/renvoyer", headers=entete)
    assert (renvoi.status_code, renvoi.json()["statut"]) == (200, "a_envoyer")
    assert (await client.post(f"{BASE}/{identifiant}/renvoyer", headers=entete)).json()[
        "code"
    ] == "NOTIFICATION_EN_ROUTE"
    await envoi.send_one(ouvert.id, identifiant)
    assert len(lecture.list_messages(boite)) == 2
    assert (await client.get(f"{BASE}/{new_id()}", headers=entete)).status_code == 404


MOTS = {
    "canal": "email",
    "langue": "fr",
    "objet": "Coucou {{ d.prenom }}",
    "texte": "Salut {{ d.prenom }},\n\nÀ <b>bientôt</b>.",
}


async def test_a_tenant_writes_its_own_words_and_takes_them_back(
    database: Database, ouvert: TenantVue, client: httpx.AsyncClient, boite: Path
):
    adresse = f"{BASE}/modeles/essais.bonjour"
    entete = await bearer_of(database, ouvert, "ADMIN_TENANT")
    avant = (await client.get(adresse, headers=entete)).json()
    assert (avant["personnalise"], avant["mots"]["version"]) == (False, 0)
    assert avant["apercu"]["objet"] == "Bonjour Camille"
    assert {"nom": "d.prenom", "exemple": "Camille", "est_liste": False} in avant["variables"]

    ecrit = await client.put(adresse, headers=entete, json=MOTS | {"version": 0})
    assert ecrit.status_code == 200, ecrit.text
    assert ecrit.json()["apercu"]["objet"] == "Coucou Camille"
    perime = await client.put(adresse, headers=entete, json=MOTS | {"objet": "X", "version": 0})
    assert (perime.status_code, perime.json()["code"]) == (409, "VERSION_PERIMEE")
    assert (await client.put(adresse, headers=entete, json=MOTS)).json()["mots"]["version"] == 1

    await envoi.send_one(ouvert.id, await mettre(database, ouvert))
    (ligne,) = lecture.list_messages(boite)
    message = lecture.read_message(boite, ligne.id)
    assert message is not None
    assert message.objet == "Coucou Camille"
    assert "À <b>bientôt</b>." in message.texte
    assert "À &lt;b&gt;bientôt&lt;/b&gt;." in message.html
    assert "Contrôle Auto France" in message.html

    for _ in range(2):
        apres = (await client.delete(adresse, headers=entete)).json()
        assert (apres["personnalise"], apres["mots"]["version"], len(apres["versions"])) == (False, 2, 2)
    assert apres["apercu"]["objet"] == "Bonjour Camille"
    async with database.transaction(ouvert.id) as session:
        actions = (
            await session.scalars(text("select action from socle.audit where entite = 'modele' order by id"))
        ).all()
    assert actions == ["notification.modele.update", "notification.modele.reset"]


async def test_words_are_one_channel_and_one_language(database: Database, ouvert: TenantVue, client: httpx.AsyncClient):
    adresse = f"{BASE}/modeles/essais.bonjour"
    entete = await bearer_of(database, ouvert, "ADMIN_TENANT")
    sms = {"canal": "sms", "langue": "en", "texte": "Hello {{ d.prenom }} – see you"}
    ecrit = (await client.put(adresse, headers=entete, json=sms)).json()
    assert (ecrit["apercu"]["texte"], ecrit["apercu"]["segments"]) == ("Hello Camille - see you", 1)
    for canal, langue in (("sms", "fr"), ("email", "en"), ("interne", "en")):
        lu = (await client.get(adresse, headers=entete, params={"canal": canal, "langue": langue})).json()
        assert not lu["personnalise"]


async def test_a_preview_writes_nothing(database: Database, ouvert: TenantVue, client: httpx.AsyncClient):
    entete = await bearer_of(database, ouvert, "CALL_CENTER")
    apercu = await client.post(f"{BASE}/modeles/essais.bonjour/apercu", headers=entete, json=MOTS)
    assert (apercu.status_code, apercu.json()["objet"]) == (200, "Coucou Camille")
    assert (await client.put(f"{BASE}/modeles/essais.bonjour", headers=entete, json=MOTS)).status_code == 403
    liste = (await client.get(f"{BASE}/modeles", headers=entete)).json()["elements"]
    assert [m["code"] for m in liste] == ["essais.bonjour", "essais.rappel"]
    for code in ("essais.inconnu", "x"):
        assert (await client.get(f"{BASE}/modeles/{code}", headers=entete)).status_code == 404


@pytest.mark.parametrize(
    ("champ", "contenu", "dit"),
    [
        ("texte", "{{ d.nom }}", "d.nom"),
        ("texte", "un\n{{ prenom }}", "Ligne 2"),
        ("texte", "{{ d.prenom", "refermée"),
        ("texte", "{{ d.__class__ }}", "n’existe pas"),
        ("texte", "{{ d.prenom.upper() }}", "pas permise"),
        ("texte", "{{ ''.__class__ }}", "pas permise"),
        ("texte", "{% include 'x' %}", "pas permise"),
        ("texte", "{{ 'a' * 1000000000 }}", "pas permise"),
        ("texte", "{% for i in range(9) %}{% endfor %}", "boucle"),
        ("texte", "{{ d.prenom|tojson }}", "tojson"),
        ("texte", "{% if d.prenom is odd %}{% endif %}", "pas permise"),
        ("texte", "{{ marque.palette }}", "marque.palette"),
        ("texte", "{% for d in d.prenom %}{% endfor %}x", "autre nom"),
        ("texte", "   ", "Écrivez"),
        ("texte", "a\x07b", "interdit"),
        ("texte", "{% if d.panne %}x{% endif %}", "vide"),
        ("texte", "{{ d.prenom|date }}", "ne peut pas être rempli"),
        ("objet", "", "objet"),
        ("objet", "x" * 201, "trop long"),
        ("objet", "{{ d.nom }}", "d.nom"),
    ],
)
async def test_words_that_would_fail_in_front_of_a_customer_are_refused(
    registre: Registre, champ: str, contenu: str, dit: str
):
    mots = {"objet": "Bonjour", "texte": "Bonjour"} | {champ: contenu}
    with pytest.raises(Invalid) as error:
        check_words(find_modele("essais.bonjour"), Canal.EMAIL, **mots)
    assert error.value.code == "MODELE_INVALIDE"
    assert list(error.value.champs) == [champ]
    assert dit in error.value.champs[champ]


async def test_a_text_message_has_no_subject_and_stays_short(registre: Registre):
    modele = find_modele("essais.bonjour")
    for mots, champ in (({"objet": "x", "texte": "x"}, "objet"), ({"objet": None, "texte": "x" * 700}, "texte")):
        with pytest.raises(Invalid) as error:
            check_words(modele, Canal.SMS, **mots)
        assert list(error.value.champs) == [champ]
    check_words(
        modele, Canal.SMS, objet=None, texte="{% if d.prenom %}Bonjour {{ d.prenom|upper }}{% else %}x{% endif %}"
    )


async def test_words_that_no_longer_fit_give_way_to_the_houses(
    database: Database, ouvert: TenantVue, boite: Path, caplog: pytest.LogCaptureFixture
):
    async with database.transaction(ouvert.id) as session:
        await session.execute(
            text(
                "insert into notifications.modele_version (tenant_id, modele, canal, locale, version, objet, texte, created_at)"
                " values (:t, 'essais.bonjour', 'email', 'fr', 1, 'x', '{{ d.disparu }}', now())"
            ),
            {"t": ouvert.id},
        )
    await envoi.send_one(ouvert.id, await mettre(database, ouvert))
    (ligne,) = lecture.list_messages(boite)
    assert ligne.objet == "Bonjour Camille"
    assert "do not fit" in caplog.text
