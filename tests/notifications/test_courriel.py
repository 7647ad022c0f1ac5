"""Filling a template and building the mail."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from guichet.notifications.courriel import build_mail
from guichet.notifications.modeles import Donnees, Marque, Modele, PieceJointe, Rendu, find_modele, render
from guichet.socle.registre import Module, Registre, set_registre

DATE = datetime(2026, 11, 20, 9, 42, tzinfo=UTC)
MARQUE = Marque(nom="Contrôle Auto France", expediteur="Guichet <bonjour@guichet.example>", url="https://caf.example")


class DonneesEssai(Donnees):
    prenom: str
    debut: datetime


@pytest.fixture
def modele(tmp_path: Path) -> Iterator[Modele]:
    (tmp_path / "essai.objet.txt").write_text("Bonjour {{ d.prenom }} : {{ _('à {h}', h=d.debut | heure) }}\n")
    (tmp_path / "essai.txt").write_text(
        "{% extends 'notifications/base.txt' %}{% block corps %}Bonjour {{ d.prenom }} & bienvenue.{% endblock %}"
    )
    (tmp_path / "essai.html").write_text(
        "{% extends 'notifications/base.html' %}{% import 'notifications/m.html' as m %}"
        "{% block apercu %}Aperçu{% endblock %}{% block corps %}{{ m.titre(marque, d.prenom) }}"
        "{{ m.billet(marque, d.debut | date, d.debut | heure, 'vers', [('Centre', 'Lyon')], 'RDV-1', 'Numéro', 'code', 'Code QR') }}"
        "{{ m.bouton(marque, 'https://caf.example/x', 'Gérer') }}{% endblock %}"
    )
    modele = Modele(nom="essais.essai", libelle="Essai", donnees=DonneesEssai, dossier=tmp_path)
    avant = set_registre(Registre([Module(nom="essais", extensions={"modeles": (modele,)})]))
    yield modele
    set_registre(avant)


def remplir(modele: Modele, prenom: str = "Camille", locale: str = "fr") -> Rendu:
    return render(modele, DonneesEssai(prenom=prenom, debut=DATE), MARQUE, locale=locale)


def test_a_declared_template_is_found_and_an_unknown_one_names_those_there_are(modele: Modele):
    assert find_modele("essais.essai") is modele
    with pytest.raises(KeyError, match=r"essais\.essai"):
        find_modele("essais.inconnu")


def test_data_that_does_not_fit_its_template_is_refused_before_anything_is_queued(modele: Modele):
    with pytest.raises(ValueError, match=r"essais\.essai"):
        modele.check({"prenom": "Camille"})


def test_the_subject_is_one_line_whatever_the_data_holds(modele: Modele):
    assert "\n" not in remplir(modele, "Camille\nBcc: intrus@example.org").objet


def test_text_is_plain_and_html_is_escaped(modele: Modele):
    rendu = remplir(modele, "<script>alert(1)</script>")
    assert "Bonjour <script>alert(1)</script> & bienvenue." in rendu.texte
    assert BeautifulSoup(rendu.html, "html.parser").find("script") is None
    assert "Contrôle Auto France" in rendu.texte
    assert rendu.texte.splitlines()[0].startswith("Bonjour")


def test_a_mail_follows_the_language_of_its_reader(modele: Modele):
    assert 'lang="en"' in remplir(modele, locale="en").html
    assert "9\u202fh\u202f42" in remplir(modele).html
    assert "9:42" in remplir(modele, locale="en").html


def test_a_template_cannot_reach_into_the_program(modele: Modele, tmp_path: Path):
    (tmp_path / "malin.objet.txt").write_text("{{ d.__class__.__mro__ }}")
    malin = Modele(nom="essais.malin", libelle="Malin", donnees=DonneesEssai, dossier=tmp_path)
    with pytest.raises(Exception, match="unsafe"):
        remplir(malin)


def construire(rendu: Rendu, *pieces: PieceJointe) -> EmailMessage:
    mail = build_mail(
        rendu,
        marque=MARQUE,
        destinataire="camille@example.org",
        message_id="<1@guichet.example>",
        date=DATE,
        locale="fr",
        pieces=pieces,
    )
    relu = BytesParser(policy=policy.default).parsebytes(mail.as_bytes())
    assert isinstance(relu, EmailMessage)
    return relu


def test_a_mail_has_both_bodies_and_the_headers_of_an_automatic_message(modele: Modele):
    mail = construire(remplir(modele))
    assert [p.get_content_type() for p in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert str(mail["From"]) == "Contrôle Auto France <bonjour@guichet.example>"
    assert mail["Message-ID"] == "<1@guichet.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] is None
    assert all(len(ligne) <= 998 for ligne in mail.as_bytes().splitlines())


def test_images_are_inside_files_beside_and_the_invitation_is_also_a_body(modele: Modele):
    mail = construire(
        remplir(modele),
        PieceJointe(nom="code.png", type_mime="image/png", contenu=b"\x89PNG", cid="code"),
        PieceJointe(nom="billet.pdf", type_mime="application/pdf", contenu=b"%PDF"),
        PieceJointe(
            nom="rdv.ics",
            type_mime="text/calendar",
            contenu=b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
            parametres={"method": "REQUEST"},
        ),
    )
    assert [p.get_content_type() for p in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "text/calendar",
        "application/pdf",
        "text/calendar",
    ]
    calendriers = [p for p in mail.walk() if p.get_content_type() == "text/calendar"]
    assert all(p.get_param("method") == "REQUEST" for p in calendriers)
    assert [p.get_filename() for p in mail.iter_attachments()] == ["billet.pdf", "rdv.ics"]


def test_answers_go_where_the_tenant_wants(modele: Modele):
    marque = Marque(nom="CT Express", expediteur="bonjour@guichet.example", reponse_a="contact@ctx.example")
    mail = build_mail(
        remplir(modele), marque=marque, destinataire="a@b.example", message_id="<2@x>", date=DATE, locale="fr"
    )
    assert "contact@ctx.example" in str(mail["Reply-To"])


def test_an_attached_text_keeps_its_name(modele: Modele):
    mail = construire(remplir(modele), PieceJointe(nom="note.txt", type_mime="text/plain", contenu="été".encode()))
    (piece,) = mail.iter_attachments()
    assert (piece.get_filename(), piece.get_content().strip()) == ("note.txt", "été")
