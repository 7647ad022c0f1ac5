from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO

from pypdf import PdfReader

from guichet.socle.couleurs import palette
from guichet.socle.documents import compile_pdf, render_pdf

DATE = datetime(2026, 11, 20, 9, 42, tzinfo=UTC)
DONNEES = {
    "langue": "fr",
    "titre": "Essai",
    "emetteur": "Contrôle Auto France",
    "nature": "Document d’essai",
    "pied": "Pied",
    "palette": asdict(palette()),
}


MODELE = (
    '#import "/socle/documents/page.typ": donnees, page_guichet\n#show: page_guichet\n'
    "= Prévu à 14\u202fh\u202f30 pour Łukasz, 79,00\u00a0€\n"
).encode()


def test_a_document_is_an_accessible_pdf_with_its_language_and_title():
    lecteur = PdfReader(BytesIO(compile_pdf(MODELE, DONNEES, date=DATE)))
    catalogue = lecteur.root_object
    assert str(catalogue["/Lang"]) == "fr"
    assert catalogue["/MarkInfo"]["/Marked"].value
    assert lecteur.metadata.title == "Essai"
    assert b"pdfuaid:part" in catalogue["/Metadata"].get_object().get_data()


def test_french_typography_and_foreign_names_are_written_with_our_own_fonts():
    pdf = compile_pdf(MODELE, DONNEES, date=DATE)
    page = PdfReader(BytesIO(pdf)).pages[0]
    assert "Łukasz" in page.extract_text()
    polices = {str(f.get_object()["/BaseFont"]) for f in page["/Resources"]["/Font"].values()}
    assert all("Figtree" in nom for nom in polices)


def test_the_same_data_gives_the_same_bytes():
    assert compile_pdf(MODELE, DONNEES, date=DATE) == compile_pdf(MODELE, DONNEES, date=DATE)


async def test_a_document_can_be_made_off_the_event_loop():
    assert (await render_pdf(MODELE, DONNEES, date=DATE)).startswith(b"%PDF-")
