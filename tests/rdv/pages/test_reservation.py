"""Choosing an hour, booking, keeping the ticket: nothing typed is lost, every refusal says what to do."""

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from icalendar import Calendar

from guichet.rdv.actions.rembourser import Rendu
from guichet.rdv.facade import list_rdv
from guichet.rdv.pages import mes_rdv
from guichet.rdv.pages.carnet import COOKIE
from guichet.socle.database import Database
from tests.rdv.fabrique import LUNDI, at, book, demande, fill_reservable
from tests.rdv.pages.conftest import Lieu, Page, lire
from tests.reseau.fabrique import fill_centre

DEBUT = "2026-11-23T08:00Z"


def saisie(**champs: str) -> dict[str, str]:
    """The form as a person fills it."""
    return {
        "debut": DEBUT,
        "prenom": "Camille",
        "nom": "Renaudin",
        "email": "camille@courriel.example",
        "telephone": "06 39 98 12 34",
        "vehicule_type": "VP",
        "carburant": "Essence",
        "type_controle": "CTP",
        "immatriculation": "FV-482-KQ",
        "marque": "Renault",
        "modele": "Clio V",
        "date_controle_initial": "",
        "notes": "Portail bleu",
    } | champs


async def voir(client: httpx.AsyncClient, adresse: str) -> Page:
    return lire(await client.get(adresse))


async def envoyer(client: httpx.AsyncClient, lieu: Lieu, **champs: str) -> Page:
    return lire(await client.post(f"/reservation/{lieu.code}/vous", data=saisie(**champs)))


def valeurs(page: Page) -> dict[str, str]:
    """What the form drawn again holds."""
    trouvees = {}
    for champ in page.select("#resa input[name], #resa textarea[name]"):
        trouvees[str(champ["name"])] = champ.text.strip() if champ.name == "textarea" else str(champ.get("value", ""))
    for liste in page.select("#resa select[name]"):
        choisie = liste.select_one("option[selected]")
        trouvees[str(liste["name"])] = str(choisie["value"]) if choisie else ""
    return trouvees


async def test_the_week_shows_days_levels_and_hours(client: httpx.AsyncClient, lieu: Lieu):
    page = await voir(client, f"/reservation/{lieu.code}?semaine={LUNDI}")
    assert page.un("#t-sem").text == "Toutes les heures"
    jours = page.select(".semaine .jour h3")
    assert [j.text.split()[0] for j in jours] == ["Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi"]
    assert page.un(f'input[name="debut"][value="{DEBUT}"]')["aria-label"] == (
        "Choisir lundi 23\u00a0novembre à 9\u202fh\u202f00, Centre des Essais"
    )
    assert "Fermé" in page.select(".semaine .jour")[5].text
    assert page.select(".semaine .niveau")
    assert "45" in page.mots("#semaine")


async def test_hours_between_the_half_hours_unfold_without_script(client: httpx.AsyncClient, lieu: Lieu):
    page = await voir(client, f"/reservation/{lieu.code}?semaine={LUNDI}")
    plies = page.select(".jour.j1 details.autres input")
    assert plies
    assert all(str(i["value"])[14:16] in {"15", "45"} for i in plies)
    visibles = [i for i in page.select(".jour.j1 input") if i not in plies]
    assert all(str(i["value"])[14:16] in {"00", "30"} for i in visibles)


async def test_suggested_hours_come_first_with_their_reason(client: httpx.AsyncClient, lieu: Lieu):
    page = await voir(client, f"/reservation/{lieu.code}")
    premiere = page.select(".prop")[0]
    assert "La plus tôt" in premiere.text
    assert "Dans" in premiere.text
    assert 1 <= len(page.select(".prop")) <= 3


async def test_weeks_follow_one_another_and_never_go_before_today(client: httpx.AsyncClient, lieu: Lieu):
    page = await voir(client, f"/reservation/{lieu.code}?semaine=2026-01-05")
    assert not page.select('a[aria-label^="Jours précédents"]')
    suivante = str(page.un('a[aria-label^="Jours suivants"]')["href"])
    assert parse_qs(urlsplit(suivante).query)["semaine"] == ["2026-11-27"]
    page = await voir(client, suivante)
    assert page.select('a[aria-label^="Jours précédents"]')


async def test_past_the_horizon_there_is_no_next_week_and_the_next_free_day_is_told(
    client: httpx.AsyncClient, lieu: Lieu
):
    page = await voir(client, f"/reservation/{lieu.code}?semaine=2027-06-07")
    assert not page.select('a[aria-label^="Jours suivants"]')
    assert "Pas encore ouvert à la réservation" in page.mots()


async def test_a_partial_refresh_is_cut_out_of_the_same_page(client: httpx.AsyncClient, lieu: Lieu):
    adresse = f"/reservation/{lieu.code}?semaine={LUNDI}"
    page = await voir(client, adresse)
    lien = page.un('a[aria-label^="Jours suivants"]')
    assert (lien["hx-target"], lien["hx-select"], lien["hx-get"]) == ("#semaine", "#semaine", lien["href"])
    demi = lire(await client.get(str(lien["href"]), headers={"HX-Request": "true"}))
    entiere = lire(await client.get(str(lien["href"])))
    for page in (demi, entiere):
        for element in page.select("[hx-nonce]"):
            del element["hx-nonce"]
    assert str(demi.un("#semaine")) == str(entiere.un("#semaine"))


async def test_an_unknown_centre_is_not_found(client: httpx.AsyncClient):
    for adresse in ("/reservation/INCONNU", "/centres/INCONNU", "/reservation/INCONNU/vous?debut=" + DEBUT):
        assert (await client.get(adresse)).status_code == 404


async def test_a_centre_that_is_only_listed_cannot_be_booked(client: httpx.AsyncClient, database: Database, lieu: Lieu):
    async with database.transaction(lieu.tenant.id) as session:
        importe = await fill_centre(session, horaires={})
    reponse = await client.get(f"/reservation/{importe.code_centre}")
    assert (reponse.status_code, reponse.headers["Location"]) == (303, f"/centres/{importe.code_centre}")
    page = await voir(client, f"/centres/{importe.code_centre}")
    assert "Réservation en ligne indisponible" in page.mots()
    assert (await client.get(f"/reservation/{importe.code_centre}/vous?debut={DEBUT}")).status_code == 409


async def test_the_page_of_a_centre_says_where_when_and_how_much(client: httpx.AsyncClient, lieu: Lieu):
    page = await voir(client, f"/centres/{lieu.code}?retour=/recherche?lieu=Lyon")
    mots = page.mots()
    assert "12 rue des Essais, 69003 Lyon" in mots
    assert "04 65 71 01 18" in mots
    assert page.un("dd.ici").text == "8\u00a0h – 12\u00a0h, 14\u00a0h – 18\u00a0h"
    assert "Contre-visite (gaz) 25,00 €" in mots
    assert "Contrôle pollution 45,00 €" in mots
    assert page.un(".retour")["href"] == "/recherche?lieu=Lyon"
    assert page.select(".dispo-jours .creneau")


async def test_an_address_elsewhere_is_no_way_back(client: httpx.AsyncClient, lieu: Lieu):
    page = await voir(client, f"/centres/{lieu.code}?retour=https://ailleurs.example/")
    assert page.un(".retour")["href"] == "/"


async def test_without_an_hour_the_form_goes_back_to_the_choice(client: httpx.AsyncClient, lieu: Lieu):
    reponse = await client.get(f"/reservation/{lieu.code}/vous")
    assert reponse.status_code == 303
    page = await voir(client, reponse.headers["Location"])
    assert "Choisissez une heure" in page.un('[data-testid="creneau-message"]').text


async def test_the_form_shows_what_is_booked_and_the_terms_beside_the_button(client: httpx.AsyncClient, lieu: Lieu):
    page = await voir(client, f"/reservation/{lieu.code}/vous?debut={DEBUT}")
    billet = page.un("#resume").text
    assert "Lundi 23\u00a0novembre" in billet
    assert "79,00\u00a0€" in billet
    assert "Annulation gratuite" in billet
    collant = page.un(".collant")
    assert collant.select_one('[data-testid="confirm-button"][form="resa"]')
    assert "vous acceptez les conditions" in collant.text
    for testid in ("first-name", "last-name", "email", "phone", "immatriculation", "marque", "modele", "vehicle-type"):
        assert page.test(testid), testid


async def test_a_booking_leads_to_its_ticket_and_stays_in_this_browser(
    client: httpx.AsyncClient, database: Database, lieu: Lieu
):
    reponse = await client.post(f"/reservation/{lieu.code}/vous", data=saisie())
    assert reponse.status_code == 303
    page = await voir(client, reponse.headers["Location"])
    message = page.un('[data-testid="confirmation-message"]').text
    assert "Votre rendez-vous est confirmé" in message
    assert "lundi 23\u00a0novembre à\u00a09\u202fh\u202f00" in message
    assert "c•••@courriel.example" in message
    assert page.un('[data-testid="rdv-numero"]').text.startswith("RDV-")
    assert page.select(".qr-boite svg[viewbox]") or page.select(".qr-boite svg[viewBox]")
    async with database.transaction(lieu.tenant.id) as session:
        (rdv,) = await list_rdv(session, centre_ids=[lieu.centre.id])
    assert (rdv.notes, rdv.client.telephone, rdv.source.value) == ("Portail bleu", "+33639981234", "web")
    mien = await voir(client, "/mes-rdv")
    assert len(mien.test("rdv-card")) == 1
    assert "FV-482-KQ" in mien.mots()


async def test_the_ticket_gives_a_pdf_and_a_calendar_file(client: httpx.AsyncClient, lieu: Lieu):
    reponse = await client.post(f"/reservation/{lieu.code}/vous", data=saisie())
    page = await voir(client, reponse.headers["Location"])
    pdf = await client.get(str(page.un('[data-testid="pdf"]')["href"]))
    assert (pdf.headers["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    ics = await client.get(str(page.un('[data-testid="ics"]')["href"]))
    assert ics.headers["Content-Type"].startswith("text/calendar")
    (evenement,) = Calendar.from_ical(ics.content).walk("VEVENT")
    assert evenement.decoded("DTSTART") == at(9)


async def test_every_wrong_field_is_named_at_the_top_and_beside_and_nothing_typed_is_lost(
    client: httpx.AsyncClient, lieu: Lieu
):
    page = await envoyer(client, lieu, telephone="06 39 98 12 345", immatriculation="FV-482-KO", nom="")
    assert page.status == 422
    assert page.un("title").text.startswith("Erreur")
    liens = {str(a["href"]): a.text for a in page.select(".errors a")}
    assert list(liens) == ["#nom", "#telephone", "#immatriculation"], "in the order of the page"
    assert liens["#nom"] == "Indiquez votre nom."
    for champ in ("telephone", "immatriculation", "nom"):
        assert page.un(f"#{champ}")["aria-invalid"] == "true"
        assert page.un(f"#{champ}-erreur").text
    assert valeurs(page) == saisie(telephone="06 39 98 12 345", immatriculation="FV-482-KO", nom="")


async def test_a_slot_taken_meanwhile_offers_others_and_keeps_everything(
    client: httpx.AsyncClient, database: Database, lieu: Lieu
):
    async with database.transaction() as session:
        await book(session, demande(lieu.centre, immatriculation="AA-001-AA", client_telephone="+33639980001"))
    page = await envoyer(client, lieu)
    assert page.status == 409
    bloc = page.un('[data-testid="creneau-pris"]')
    assert "vient d’être prise" in bloc.text
    autres = bloc.select('input[name="debut"]')
    assert len(autres) == 6
    assert DEBUT not in [i["value"] for i in autres]
    gardees = valeurs(page)
    assert {k: gardees[k] for k in saisie() if k != "debut"} == {k: v for k, v in saisie().items() if k != "debut"}
    page = await envoyer(client, lieu, debut=str(autres[0]["value"]))
    assert page.status == 303


async def test_a_slot_already_taken_is_said_before_anything_is_typed(
    client: httpx.AsyncClient, database: Database, lieu: Lieu
):
    async with database.transaction() as session:
        await book(session, demande(lieu.centre))
    page = await voir(client, f"/reservation/{lieu.code}/vous?debut={DEBUT}")
    assert page.test("creneau-pris")
    assert page.test("reservation-form")


async def test_a_past_hour_says_so_and_offers_others(client: httpx.AsyncClient, lieu: Lieu):
    passee = "2026-11-19T08:00Z"
    page = await voir(client, f"/reservation/{lieu.code}/vous?debut={passee}")
    assert "Cette heure est passée" in page.un('[data-testid="creneau-pris"]').text
    page = await envoyer(client, lieu, debut=passee)
    assert page.status == 422
    assert "déjà passée" in page.un('[data-testid="creneau-pris"]').text
    assert valeurs(page)["notes"] == "Portail bleu"


async def test_an_hour_outside_the_opening_hours_is_refused_with_others(client: httpx.AsyncClient, lieu: Lieu):
    page = await envoyer(client, lieu, debut="2026-11-23T12:00Z")
    assert page.status == 422
    assert page.select('[data-testid="creneau-pris"] input[name="debut"]')


async def test_an_hour_that_cannot_be_read_is_asked_for_again(client: httpx.AsyncClient, lieu: Lieu):
    page = await envoyer(client, lieu, debut="bientôt")
    assert page.status == 422
    assert "Choisissez une heure" in page.un('[data-testid="creneau-pris"]').text
    assert valeurs(page)["immatriculation"] == "FV-482-KQ"


async def test_a_refusal_that_concerns_no_field_is_said_at_the_top(client: httpx.AsyncClient, lieu: Lieu):
    plaques = ("AA-002-AA", "AA-003-AA", "AA-004-AA", "AA-005-AA")
    for n, plaque in enumerate(plaques):
        page = await envoyer(client, lieu, immatriculation=plaque, debut=f"2026-11-2{4 + n % 2}T{8 + n:02}:00Z")
    assert page.status == 429
    assert "plusieurs réservations" in page.un(".errors").text


async def test_a_reinspection_asks_for_the_date_of_the_first_one(client: httpx.AsyncClient, lieu: Lieu):
    page = await envoyer(client, lieu, type_controle="CVP")
    assert page.status == 422
    assert page.un("#date-controle-initial-erreur").text


async def test_an_inspection_that_does_not_exist_for_the_vehicle_is_refused_on_its_field(
    client: httpx.AsyncClient, lieu: Lieu
):
    page = await envoyer(client, lieu, type_controle="CTC")
    assert page.status == 422
    assert page.un("#type-controle-erreur").text


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [("fv482kq", "FV-482-KQ"), ("1234 AB 75", "1234-AB-75"), ("FV-482-KO", "ni I ni O"), ("zzzz", "")],
)
async def test_a_plate_is_checked_as_it_is_typed(client: httpx.AsyncClient, texte: str, attendu: str):
    page = lire(await client.get("/reservation/plaque", params={"immatriculation": texte}))
    assert attendu in page.text
    assert page.test("plaque-lue") or page.test("plaque-fausse")


async def test_nothing_is_said_of_a_plate_one_is_still_typing(client: httpx.AsyncClient):
    assert not lire(await client.get("/reservation/plaque?immatriculation=FV")).text.strip()


async def reserver(client: httpx.AsyncClient, lieu: Lieu, **champs: str) -> str:
    reponse = await client.post(f"/reservation/{lieu.code}/vous", data=saisie(**champs))
    return str(reponse.headers["Location"])


async def test_cancelling_says_what_happens_then_does_it_once(
    client: httpx.AsyncClient, database: Database, lieu: Lieu
):
    page = await voir(client, await reserver(client, lieu))
    avant = await voir(client, str(page.un('[data-testid="annuler"]')["href"]))
    assert "L’heure redevient libre" in avant.mots()
    assert "rien n’est à rembourser" in avant.mots()
    action = str(avant.un("form#annuler")["action"])
    for _fois in range(2):
        reponse = await client.post(action)
        assert reponse.status_code == 303
    page = await voir(client, reponse.headers["Location"])
    assert "annulé" in page.un("h1").text
    assert not page.test("annuler")
    assert not page.test("pdf")
    mien = await voir(client, "/mes-rdv")
    assert "Annulé" in mien.un('.passes [data-testid="rdv-card"]').text
    libre = await voir(client, f"/reservation/{lieu.code}?semaine={LUNDI}")
    assert libre.select(f'input[value="{DEBUT}"]')
    assert (await client.get(action)).status_code == 303


@pytest.mark.parametrize(
    ("rendu", "attendu"),
    [(7900, "79,00\xa0€ payés vous sont rendus"), (0, "restent au centre"), (3950, "39,50\xa0€ vous sont rendus")],
)
def test_what_was_paid_online_and_what_comes_back_of_it_is_said_before(rendu: int, attendu: str):
    phrase = mes_rdv._refund(Rendu(7900, rendu, annulable=True))
    assert attendu.replace("\xa0", "") in phrase.replace("\xa0", "").replace("\u202f", "")


async def test_the_cookie_alone_opens_the_ticket_and_another_browser_does_not(
    client: httpx.AsyncClient, lieu: Lieu, app
):
    chemin = urlsplit(await reserver(client, lieu)).path
    assert (await client.get(chemin)).status_code == 200
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://autre") as autre:
        assert (await autre.get(chemin)).status_code == 404
        assert (await autre.get(f"{chemin}?lien=gl_faux")).status_code in {401, 403}


async def test_a_link_opens_its_own_appointment_only(client: httpx.AsyncClient, lieu: Lieu):
    premier = urlsplit(await reserver(client, lieu))
    second = urlsplit(await reserver(client, lieu, debut="2026-11-24T09:00Z", immatriculation="AA-009-AA"))
    assert (await client.get(f"{premier.path}?{second.query}")).status_code == 404


async def test_a_cookie_that_was_tampered_with_shows_nothing(client: httpx.AsyncClient, lieu: Lieu):
    await reserver(client, lieu)
    client.cookies.set(COOKIE, "gl_faux~autre", domain="testserver.local")
    client.cookies.clear()
    client.cookies.set(COOKIE, "gl_faux~autre")
    assert (await voir(client, "/mes-rdv")).test("aucun-rdv")


async def test_an_empty_list_says_why_and_what_to_do(client: httpx.AsyncClient):
    page = await voir(client, "/mes-rdv")
    assert "sans compte" in page.un('[data-testid="aucun-rdv"]').text


async def test_hours_are_those_of_the_centre(client: httpx.AsyncClient, database: Database, lieu: Lieu):
    async with database.transaction(lieu.tenant.id) as session:
        centre, _ = await fill_reservable(
            session, nom="Saint-Denis", code_postal="97400", ville="Saint-Denis", lat=-20.88, lon=55.45
        )
    page = await voir(client, f"/reservation/{centre.code_centre}?semaine={LUNDI}")
    premiere = page.un(".jour.j1 time")
    assert (premiere.text, page.un(".jour.j1 input")["value"]) == ("8\u202fh\u202f00", "2026-11-23T04:00Z")
    assert "Heure de Saint-Denis" in page.mots()


async def test_the_day_asked_for_is_the_one_a_phone_shows(client: httpx.AsyncClient, lieu: Lieu):
    jour: date = LUNDI + timedelta(days=2)
    page = await voir(client, f"/reservation/{lieu.code}?jour={jour}")
    assert page.un('input[name="jour"][checked]')["value"] == "j3"
