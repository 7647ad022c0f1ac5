"""What a customer keeps: PDF, calendar event, code."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from icalendar import Calendar
from pypdf import PdfReader

from guichet.notifications.facade import Marque
from guichet.rdv.documents.agenda import make_ics
from guichet.rdv.documents.billet import Billet, make_pdf, qr_png, qr_svg
from guichet.socle.i18n import use_locale

MARQUE = Marque(nom="Contrôle Auto France", expediteur="Guichet <bonjour@guichet.example>")
DATE = datetime(2026, 11, 20, 9, 42, tzinfo=UTC)
DEBUT = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)


def un_billet(**changements) -> Billet:
    return Billet(
        **{
            "rdv_id": "018f0000-0000-7000-8000-000000000001",
            "numero": "RDV-K7M42PXQ",
            "sequence": 0,
            "statut": "confirme",
            "debut": DEBUT,
            "fin": DEBUT + timedelta(minutes=45),
            "fuseau": "Europe/Paris",
            "centre_nom": "Lyon Monplaisir",
            "centre_adresse": "114 avenue des Frères-Lumière, 69008 Lyon",
            "centre_telephone": "04 65 71 01 18",
            "lat": 45.743,
            "lon": 4.871,
            "immatriculation": "FV-482-KQ",
            "vehicule": "Renault Clio V",
            "vehicule_type": "VP",
            "type_controle": "CTP",
            "montant_cents": 7900,
            "client_nom": "Camille Renaudin",
            "client_email": "camille@example.org",
            "gratuit_jusqua": DEBUT - timedelta(hours=24),
            "lien": "https://guichet.example/mes-rdv/abc",
        }
        | changements
    )


def texte_du_pdf(billet: Billet, locale: str = "fr") -> str:
    pdf = make_pdf(billet, MARQUE, locale, date=DATE)
    pages = PdfReader(BytesIO(pdf)).pages
    assert len(pages) == 1
    return " ".join(pages[0].extract_text().split())


def test_the_pdf_says_when_where_which_vehicle_how_much_and_what_to_bring():
    texte = texte_du_pdf(un_billet())
    for attendu in (
        "24 novembre 2026",
        "Lyon Monplaisir",
        "FV-482-KQ",
        "79,00",
        "RDV-K7M42PXQ",
        "carte grise",
        "lundi 23 novembre",
    ):
        assert attendu in texte


def test_the_pdf_follows_the_language_of_its_reader():
    assert "Mardi 24 novembre" in texte_du_pdf(un_billet())
    assert "Tuesday 24 November" in texte_du_pdf(un_billet(), "en")


def test_hours_are_the_centres_own():
    assert "17 h 30" in texte_du_pdf(un_billet(fuseau="Indian/Reunion"))


def test_the_pdf_of_a_cancelled_appointment_says_so_and_promises_nothing():
    texte = texte_du_pdf(un_billet(statut="annule"))
    assert "annulé" in texte
    assert "attend" not in texte
    assert "apporter" not in texte


@pytest.mark.parametrize(
    ("montant", "paye", "attendu"),
    [(7900, True, "Payé 79,00"), (0, False, "À payer sur place Gratuit"), (None, False, "Contrôle")],
)
def test_the_price_is_said_as_it_is(montant: int | None, paye: bool, attendu: str):
    assert attendu in texte_du_pdf(
        un_billet(
            montant_cents=montant, paye=paye, client_nom="", vehicule="", centre_telephone="", gratuit_jusqua=None
        )
    )


def evenement(billet: Billet, **options):
    calendrier = Calendar.from_ical(make_ics(billet, MARQUE, "fr", date=DATE, **options))
    (trouve,) = calendrier.walk("VEVENT")
    return calendrier, trouve


def test_the_calendar_event_holds_the_instant_and_the_place():
    calendrier, rdv = evenement(un_billet())
    assert calendrier["METHOD"] == "PUBLISH"
    assert rdv.decoded("DTSTART") == DEBUT
    assert rdv.decoded("DTEND") - rdv.decoded("DTSTART") == timedelta(minutes=45)
    assert "Lyon Monplaisir" in rdv["LOCATION"]
    assert rdv["UID"] == "018f0000-0000-7000-8000-000000000001@rdv.guichet"
    assert len(rdv.walk("VALARM")) == 1


def test_a_move_keeps_the_identifier_and_raises_the_sequence():
    _, avant = evenement(un_billet())
    _, apres = evenement(
        un_billet(sequence=1, debut=DEBUT + timedelta(days=1), fin=DEBUT + timedelta(days=1, minutes=45))
    )
    assert avant["UID"] == apres["UID"]
    assert apres["SEQUENCE"] > avant["SEQUENCE"]


def test_by_mail_the_event_invites_and_its_cancellation_removes_it():
    calendrier, rdv = evenement(un_billet(), invitation=True)
    assert calendrier["METHOD"] == "REQUEST"
    assert rdv["ORGANIZER"] == "mailto:bonjour@guichet.example"
    assert rdv["ATTENDEE"] == "mailto:camille@example.org"
    calendrier, rdv = evenement(un_billet(statut="annule", sequence=1), invitation=True)
    assert (calendrier["METHOD"], rdv["STATUS"]) == ("CANCEL", "CANCELLED")
    assert rdv.walk("VALARM") == []


def test_a_centre_without_a_position_has_no_geo():
    _, rdv = evenement(un_billet(lat=None, lon=None))
    assert "GEO" not in rdv


def test_the_code_is_an_image_for_pages_and_for_mails():
    assert qr_svg(un_billet()).startswith("<svg")
    assert qr_png(un_billet()).startswith(b"\x89PNG")


def test_the_words_of_a_ticket_in_english():
    with use_locale("en"):
        assert un_billet().phrase.startswith("We look forward to seeing you") or "Tuesday" in un_billet().phrase
