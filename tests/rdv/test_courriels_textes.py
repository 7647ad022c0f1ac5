"""What messages say, in both languages, and the files that travel with them."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from guichet.notifications.facade import Marque, Modele
from guichet.notifications.modeles import render
from guichet.rdv.courriels import MODELES
from guichet.rdv.courriels.donnees import BilletAnnule, BilletControle
from guichet.rdv.courriels.modeles import ANNULATION, CONTRE_VISITE, PAIEMENT_TARDIF, RAPPEL, RECU, RESULTAT


@pytest.mark.parametrize(
    ("paye", "rendu", "attendu"),
    [
        (0, 0, ""),
        (7900, 0, "restent au centre"),
        (7900, 7900, "Les 79,00\N{NO-BREAK SPACE}€ payés vous sont rendus"),
        (7900, 3950, "Sur les 79,00\N{NO-BREAK SPACE}€ payés, 39,50\N{NO-BREAK SPACE}€"),
    ],
)
def test_what_goes_back_is_said_in_words(paye: int, rendu: int, attendu: str):
    exemple = ANNULATION.exemple
    assert isinstance(exemple, BilletAnnule)
    dit = exemple.model_copy(update={"paye_cents": paye, "rendu_cents": rendu}).remboursement
    assert attendu in dit
    assert bool(dit) == bool(attendu)


@pytest.mark.parametrize(
    ("champs", "attendu"),
    [
        ({"limite": None}, ""),
        ({"offerte": None}, "dans tous nos centres."),
        ({}, "La première est gratuite."),
        (
            {"offerte": date(2027, 1, 1)},
            "La première est gratuite jusqu’au vendredi 1er\N{NO-BREAK SPACE}janvier 2027.",
        ),
    ],
)
def test_what_a_reinspection_costs_and_until_when_is_said_in_words(champs: dict[str, Any], attendu: str):
    exemple = CONTRE_VISITE.exemple
    assert isinstance(exemple, BilletControle)
    assert exemple.model_copy(update=champs).limite_phrase.endswith(attendu)
    assert "réparer" in exemple.gravite
    assert "ne peut plus circuler" in exemple.model_copy(update={"resultat": "defavorable"}).gravite


def test_a_due_date_that_is_not_known_is_not_said():
    exemple = RESULTAT.exemple
    assert isinstance(exemple, BilletControle)
    assert "périodique" in exemple.echeance
    assert "pollution" in exemple.model_copy(update={"prochaine_pollution": True}).echeance
    assert exemple.model_copy(update={"prochaine": None}).echeance == ""


def annule(modele: Modele) -> Modele:
    """The same template, shown with a cancelled appointment."""
    assert modele.exemple is not None
    return replace(modele, exemple=modele.exemple.model_copy(update={"statut": "annule"}))


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("modele", [*MODELES, annule(PAIEMENT_TARDIF)], ids=lambda m: m.nom)
def test_every_message_says_the_same_as_a_page_and_as_plain_text(modele: Modele, locale: str):
    assert modele.exemple is not None
    rendu = render(modele, modele.exemple, Marque(nom="Contrôle Auto France", url="https://caf.example"), locale=locale)
    assert rendu.objet
    for partie in (rendu.html, rendu.texte):
        assert "RDV-K7M42PXQ" in partie
        assert "None" not in partie
    assert f'lang="{locale}"' in rendu.html


async def test_the_files_of_a_message_are_those_its_reader_needs():
    marque = Marque(nom="Contrôle Auto France", expediteur="bonjour@caf.example")
    attendus = {
        RAPPEL: ["code.png"],
        PAIEMENT_TARDIF: ["code.png", "RDV-K7M42PXQ.ics", "RDV-K7M42PXQ.pdf"],
        annule(PAIEMENT_TARDIF): [],
        RECU: [],  # the example has no document
    }
    for modele, noms in attendus.items():
        assert modele.pieces is not None
        assert [p.nom for p in await modele.pieces(modele.exemple, marque, "fr")] == noms
