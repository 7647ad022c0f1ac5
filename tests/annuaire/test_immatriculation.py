"""Plates: what is typed, what is meant, what is refused and why."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.annuaire.metier.immatriculation import DEPARTEMENTS_FNI, Forme, normalise_immatriculation
from guichet.annuaire.metier.saisie import Motif, SaisieInvalide

LETTRES_SIV = "ABCDEFGHJKLMNPQRSTVWXYZ"


@pytest.mark.parametrize(
    ("texte", "valeur", "forme"),
    [
        ("AA-123-AA", "AA-123-AA", Forme.SIV),
        ("gq 860 sd", "GQ-860-SD", Forme.SIV),
        (" ab123cd ", "AB-123-CD", Forme.SIV),
        ("AB–123—CD", "AB-123-CD", Forme.SIV),
        ("ＡＢ－１２３－ＣＤ", "AB-123-CD", Forme.SIV),
        ("AB·123·CD", "AB-123-CD", Forme.SIV),
        ("AA-001-WW", "AA-001-WW", Forme.SIV),
        ("WW-123-AB", "WW-123-AB", Forme.WW),
        ("1234 AB 75", "1234-AB-75", Forme.FNI),
        ("1 a 2a", "1-A-2A", Forme.FNI),
        ("12AU2B", "12-AU-2B", Forme.FNI),
        ("999 ZZZ 974", "999-ZZZ-974", Forme.FNI),
        ("123 AB 20", "123-AB-20", Forme.FNI),
        ("1234 WW 75", "1234-WW-75", Forme.WW),
    ],
)
def test_every_usual_writing_gives_the_canonical_plate(texte: str, valeur: str, forme: Forme):
    plaque = normalise_immatriculation(texte)
    assert (str(plaque), plaque.forme) == (valeur, forme)


@pytest.mark.parametrize(
    ("texte", "motif"),
    [
        ("", Motif.VIDE),
        (" - ", Motif.VIDE),
        ("A" * 21, Motif.TROP_LONG),
        ("BONJOUR", Motif.FORME),
        ("AB-12-CD", Motif.FORME),
        ("AB-123-C", Motif.FORME),
        ("AB-1O3-CD", Motif.FORME),
        ("12345-AB-75", Motif.FORME),
        ("AI-123-AA", Motif.LETTRE_INTERDITE),
        ("AA-123-OA", Motif.LETTRE_INTERDITE),
        ("UA-123-AA", Motif.LETTRE_INTERDITE),
        ("123-IA-75", Motif.LETTRE_INTERDITE),
        ("SS-123-AA", Motif.BLOC_RESERVE),
        ("AA-123-SS", Motif.BLOC_RESERVE),
        ("123-TT-75", Motif.BLOC_RESERVE),
        ("AA-000-AA", Motif.NUMERO_NUL),
        ("0-AB-75", Motif.NUMERO_NUL),
        ("012-AB-75", Motif.NUMERO_NUL),
        ("123-AB-00", Motif.DEPARTEMENT),
        ("123-AB-96", Motif.DEPARTEMENT),
        ("123-AB-999", Motif.DEPARTEMENT),
    ],
)
def test_a_bad_plate_is_refused_with_its_reason(texte: str, motif: Motif):
    with pytest.raises(SaisieInvalide) as refus:
        normalise_immatriculation(texte)
    assert refus.value.motif is motif


plaques_siv = st.builds(
    lambda a, b, n, c, d: f"{a}{b}-{n:03d}-{c}{d}",
    *[st.sampled_from(LETTRES_SIV)] * 2,
    st.integers(1, 999),
    *[st.sampled_from(LETTRES_SIV)] * 2,
).filter(lambda p: "SS" not in p)
plaques_fni = st.builds(
    lambda n, lettres, d: f"{n}-{lettres}-{d}",
    st.integers(1, 9999),
    st.text("ABCDEFGHJKLMNPQRSTUVWXYZ", min_size=1, max_size=3).filter(lambda t: t not in {"SS", "TT"}),
    st.sampled_from(sorted(DEPARTEMENTS_FNI)),
)


@given(plaques_siv | plaques_fni, st.sampled_from(["", " ", ".", "-", "  "]), st.booleans())
def test_separators_and_case_never_matter(plaque: str, separateur: str, minuscules: bool):
    tapee = plaque.replace("-", separateur)
    assert str(normalise_immatriculation(tapee.lower() if minuscules else tapee)) == plaque


@given(st.text(max_size=25))
def test_any_text_gives_a_plate_or_a_reason_and_a_plate_is_its_own_writing(texte: str):
    with suppress(SaisieInvalide):
        plaque = normalise_immatriculation(texte)
        assert normalise_immatriculation(str(plaque)) == plaque
