"""A refused form comes back as it was typed, with what to correct."""

import pytest
from starlette.datastructures import FormData

from guichet.socle.errors import Invalid
from guichet.ui.saisie import Choix, Saisie, is_chosen, to_choix


def test_what_was_typed_and_what_is_wrong_are_found_by_name():
    erreur = Invalid("À corriger.", code="X", champs={"immatriculation": "La lettre O n'existe pas."})
    saisie = Saisie.from_form(
        FormData([("immatriculation", "FV-482-KO"), ("rappels", "sms"), ("rappels", "mail")]), erreur
    )
    assert saisie.valeur("immatriculation") == "FV-482-KO"
    assert saisie.erreur("immatriculation") == "La lettre O n'existe pas."
    assert saisie.erreur("nom") == ""
    assert saisie.valeur("nom", "défaut") == "défaut"
    assert saisie.contient("rappels", "mail")
    assert not saisie.contient("rappels", "push")


def test_an_error_of_the_whole_form_is_kept_without_a_field():
    saisie = Saisie.from_form({"nom": "Renaudin"}, Invalid("Ce compte existe déjà.", code="X"))
    assert dict(saisie.erreurs) == {"": "Ce compte existe déjà."}
    assert saisie.valeur("nom") == "Renaudin"


def test_secrets_and_files_are_never_written_back():
    saisie = Saisie.from_form({"mot_de_passe": "secret", "fichier": object(), "nom": "R"})
    assert dict(saisie.valeurs) == {"nom": "R"}
    assert dict(saisie.erreurs) == {}


def test_nothing_typed_is_written_as_nothing():
    assert Saisie(valeurs={"note": None}).valeur("note") == ""


@pytest.mark.parametrize(("sent", "ticked"), [("oui", True), (True, True), ("non", False), ("", False), (None, False)])
def test_a_box_reads_as_it_was_sent(sent, ticked):
    assert Saisie(valeurs={"accord": sent}).cochee("accord") is ticked


def test_an_unticked_box_stays_so_in_a_form_that_was_sent_and_follows_its_default_before():
    assert Saisie().cochee("accord", True) is False
    assert Saisie(soumise=False).cochee("accord", True) is True


def test_a_choice_not_sent_follows_its_default():
    assert Saisie(soumise=False).contient("type", "VP", "VP")
    assert Saisie().contient("type", "VP", "VP")
    assert not Saisie(valeurs={"type": "VU"}).contient("type", "VP", "VP")


def test_values_are_compared_as_the_page_writes_them():
    assert is_chosen(3, "3")
    assert is_chosen("3", [1, 3])
    assert not is_chosen("", None)


def test_options_are_accepted_in_every_shape_templates_use():
    expected = [Choix(valeur="VP", texte="Voiture")]
    assert to_choix({"VP": "Voiture"}) == expected
    assert to_choix([("VP", "Voiture")]) == expected
    assert to_choix([{"valeur": "VP", "texte": "Voiture"}]) == expected
    assert to_choix(expected) == expected
    assert to_choix(["VP"]) == [Choix(valeur="VP", texte="VP")]
    assert to_choix([("VP", "Voiture", "car")]) == [Choix(valeur="VP", texte="Voiture", icone="car")]
