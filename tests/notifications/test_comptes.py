"""The mails about accounts say why, offer the act, and say until when."""

from datetime import UTC, datetime

import pytest

from guichet.notifications.comptes import COMPTE, DonneesCompte
from guichet.notifications.modeles import Marque, render

MARQUE = Marque(nom="CT Express", url="https://ctx.example")
LIMITE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("motif", "objet", "action"),
    [
        ("invitation", "CT Express vous ouvre un accès", "Choisir mon mot de passe"),
        ("mot_de_passe", "Choisissez un nouveau mot de passe", "Choisir mon mot de passe"),
        ("inscription", "Confirmez votre adresse", "Confirmer mon adresse"),
        ("deja_inscrit", "Vous avez déjà un compte", "Me connecter"),
        ("mot_de_passe_change", "Votre mot de passe a été changé", "Me connecter"),
    ],
)
def test_each_reason_has_its_subject_and_its_act(motif: str, objet: str, action: str):
    donnees = DonneesCompte(motif=motif, prenom="Ana", lien="https://ctx.example/l/abc", expire_le=LIMITE)
    rendu = render(COMPTE, donnees, MARQUE, locale="fr")
    assert rendu.objet == objet
    for corps in (rendu.texte, rendu.html):
        assert "Bonjour Ana," in corps
        assert action in corps
        assert "https://ctx.example/l/abc" in corps
        assert "samedi 21\u00a0novembre à 10\u202fh\u202f00" in corps


def test_without_a_link_nothing_is_offered():
    rendu = render(COMPTE, DonneesCompte(motif="mot_de_passe_change"), MARQUE, locale="fr")
    assert "Bonjour," in rendu.texte
    assert "Me connecter" not in rendu.html
    assert 'class="bouton"' not in rendu.html
