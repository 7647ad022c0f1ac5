"""Sentences: French typography by itself, English from the catalogues, formats people expect."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.socle.i18n import (
    _,
    catalogues,
    current_locale,
    extraction,
    format_date,
    format_duree,
    format_heure,
    format_instant,
    format_montant,
    format_nombre,
    format_relatif,
    lazy,
    ngettext,
    npgettext,
    pgettext,
    phrases,
    typo,
    use_locale,
)

MORCEAUX = st.sampled_from(
    ["«", "»", " ", "  ", "!", "?", ":", ";", "%", "€", "12", "1 234", "14 h 30", "h", "min", "{n}", "%(n)s", "l'", "eau",
     "...", ".", "1er", "mai", "ven.", "M.", "no", "06 12 34 56 78", "\u202f", "\u00a0", "\n", "<b>", "é", "'", "(", ")"]
)  # fmt: skip


@given(st.lists(MORCEAUX, max_size=12).map("".join))
def test_typography_applied_twice_changes_nothing_more(text: str):
    assert typo(typo(text)) == typo(text)


@given(st.lists(MORCEAUX, max_size=12).map("".join))
def test_typography_only_touches_spaces_apostrophes_and_ellipses(text: str):
    def bare(s: str) -> str:
        return "".join(c for c in s.replace("...", "…").replace("'", "’") if not c.isspace())

    assert bare(typo(text)) == bare(text)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Vous venez ?", "Vous venez\u202f?"),
        ("Attention : trop tard !", "Attention\u202f: trop tard\u202f!"),
        ("https://exemple.example/a?b", "https://exemple.example/a?b"),
        ("« Bonjour »", "«\u00a0Bonjour\u00a0»"),
        ("5 284 centres", "5\u202f284\u00a0centres"),
        ("à 14 h 30", "à 14\u202fh\u202f30"),
        ("vers 8 h", "vers 8\u00a0h"),
        ("95 % à 12 km", "95\u202f% à 12\u00a0km"),
        ("1er décembre", "1er\u00a0décembre"),
        ("{n} jours et %(n)s km", "{n}\u00a0jours et %(n)s\u00a0km"),
        ("l'hôtel d'en face...", "l’hôtel d’en face…"),
        ("M. Dupont, no 5", "M.\u00a0Dupont, no\u00a05"),
        ("06 12 34 56 78", "06\u00a012\u00a034\u00a056\u00a078"),
    ],
)
def test_french_typography(written: str, shown: str):
    assert typo(written) == shown


def test_a_sentence_is_shown_with_its_typography_and_its_fields():
    assert _("Il reste {n} jours !", n=3) == "Il reste 3\u00a0jours\u202f!"
    assert _("") == ""


def test_zero_is_singular_in_french_and_plural_in_english():
    assert ngettext("{n} créneau", "{n} créneaux", 0) == "0 créneau"
    assert ngettext("{n} créneau", "{n} créneaux", 2) == "2 créneaux"
    assert ngettext("Un seul", "Plusieurs", 2) == "Plusieurs"
    with use_locale("en"):
        assert ngettext("dans {n} jour", "dans {n} jours", 0) == "in 0 days"
        assert ngettext("dans {n} jour", "dans {n} jours", 1) == "in 1 day"


def test_english_comes_from_the_catalogue_and_french_fills_the_gaps():
    with use_locale("en"):
        assert current_locale() == "en"
        assert _("Connectez-vous pour continuer.") == "Sign in to continue."
        assert _("Phrase que personne n'a traduite !") == "Phrase que personne n’a traduite\u202f!"
    assert current_locale() == "fr"


def test_an_unknown_language_is_french():
    with use_locale("xx"):
        assert current_locale() == "fr"


def test_the_same_words_may_have_several_senses(monkeypatch: pytest.MonkeyPatch):
    english = {
        ("lieu", "centre"): ("centre",),
        ("milieu", "centre"): ("middle",),
        ("lieu", "{n} place"): ("{n} seat", "{n} seats"),
    }
    monkeypatch.setattr(phrases, "load_catalogues", lambda: english)
    monkeypatch.setattr(phrases, "_prets", {})
    with use_locale("en"):
        assert (pgettext("lieu", "centre"), pgettext("milieu", "centre")) == ("centre", "middle")
        assert npgettext("lieu", "{n} place", "{n} places", 2) == "2 seats"
    assert pgettext("lieu", "{n} km", n=2) == "2\u00a0km"
    assert npgettext("lieu", "Une", "Des", 2) == "Des"


def test_a_lazy_sentence_speaks_the_language_of_its_reader_and_is_stored_in_french():
    sentence = lazy("Connectez-vous pour continuer.")
    with use_locale("en"):
        assert (str(sentence), f"{sentence}", sentence.__html__()) == ("Sign in to continue.",) * 3
    assert str(sentence) == sentence == "Connectez-vous pour continuer."


def test_dates():
    day = date(2026, 11, 20)
    assert format_date(day) == "vendredi 20\u00a0novembre 2026"
    assert format_date(day, "jour") == "vendredi 20\u00a0novembre"
    assert format_date(day, "mois") == "20\u00a0novembre 2026"
    assert format_date(day, "court") == "20/11/2026"
    assert format_date(day, "abrege") == "ven.\u00a020\u00a0nov."
    assert format_date(date(2026, 12, 1), "jour") == "mardi 1er\u00a0décembre"
    with use_locale("en"):
        assert format_date(day) == "Friday 20\u00a0November 2026"


def test_hours():
    paris = ZoneInfo("Europe/Paris")
    assert format_heure(time(14, 30)) == "14\u202fh\u202f30"
    assert format_heure(time(8)) == "8\u202fh\u202f00"
    assert format_heure(time(8), court=True) == "8\u00a0h"
    assert format_heure(datetime(2026, 7, 1, 6, 5, tzinfo=UTC), zone=paris) == "8\u202fh\u202f05"
    assert (
        format_instant(datetime(2026, 7, 1, 6, 5, tzinfo=UTC), paris, "jour")
        == "mercredi 1er\u00a0juillet à 8\u202fh\u202f05"
    )
    with use_locale("en"):
        assert format_heure(time(8)) == "8:00"


def test_money_and_counts():
    assert format_montant(123450) == "1\u202f234,50\u00a0€"
    assert format_montant(-50) == "−0,50\u00a0€"
    assert format_nombre(1234567) == "1\u202f234\u202f567"
    assert format_nombre(Decimal("2.345"), 2) == "2,35"
    assert format_nombre(-3) == "−3"
    with use_locale("en"):
        assert format_montant(-123450) == "−€1,234.50"


@given(st.integers(-(10**9), 10**9))
def test_an_amount_can_be_read_back(cents: int):
    figures = format_montant(cents).replace("\u202f", "").replace("\u00a0€", "").replace(",", "").replace("−", "-")
    assert int(figures) == cents


def test_lengths_of_time():
    assert [format_duree(m) for m in (45, 60, 95)] == ["45\u00a0min", "1\u00a0h", "1\u202fh\u202f35"]


@pytest.mark.parametrize(
    ("gap", "shown"),
    [
        (timedelta(seconds=-20), "à l’instant"),
        (timedelta(seconds=20), "dans un instant"),
        (timedelta(minutes=-24), "il y a 24\u00a0min"),
        (timedelta(minutes=5), "dans 5\u00a0min"),
        (timedelta(hours=-2), "il y a 2\u00a0h"),
        (timedelta(hours=3), "dans 3\u00a0h"),
        (timedelta(days=-1), "il y a 1\u00a0jour"),
        (timedelta(days=4), "dans 4\u00a0jours"),
        (timedelta(days=60), "19\u00a0janvier 2027"),
    ],
)
def test_distances_in_time(gap: timedelta, shown: str):
    reference = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert format_relatif(reference + gap, reference) == shown


def test_a_catalogue_says_what_it_lacks_and_what_is_stale(tmp_path):
    contexte = tmp_path / "essai"
    (contexte / "templates").mkdir(parents=True)
    (contexte / "__init__.py").touch()
    (contexte / "a.py").write_text('_("Bonjour")\nngettext("une place", "{n} places", 2)\n', encoding="utf-8")
    (contexte / "templates" / "a.html").write_text(
        "{% trans %}Au revoir{% endtrans %}{{ _('Encore') }}", encoding="utf-8"
    )
    assert extraction.contexts(tmp_path) == [contexte]
    assert len(extraction.check(contexte).manquantes) == 4
    assert extraction.update(contexte)
    assert not extraction.update(contexte)
    po = contexte / "locale" / "en.po"
    translated = po.read_text().replace('msgid "Bonjour"\nmsgstr ""', 'msgid "Bonjour"\nmsgstr "Hello"')
    po.write_text(translated)
    (contexte / "a.py").write_text('_("Bonjour")\n', encoding="utf-8")
    state = extraction.check(contexte)
    assert [s.split("«")[1] for s in state.manquantes] == [" Au revoir »", " Encore »"]
    assert state.perimees == ["une place"]
    assert extraction.update(contexte)
    assert "Hello" in po.read_text()
    assert "place" not in po.read_text()


def test_python_sentences_are_found_wherever_they_are_said():
    source = """
lazy("Un")
x = f"{_('Deux')} et {ngettext('{n} a', '{n} b', n)}"
pgettext("sens", "Trois"); npgettext("sens", "a", "b", 2)
_(variable); _(""); ngettext(a, b, 2); autre("Rien"); self._("Rien"); pgettext(a, b)
"""
    assert [(m, c) for _line, m, c in extraction.read_python(source)] == [
        ("Un", None), ("Trois", "sens"), (("a", "b"), "sens"), ("Deux", None), (("{n} a", "{n} b"), None)
    ]  # fmt: skip


def test_a_context_without_sentences_has_no_catalogue(tmp_path):
    contexte = tmp_path / "muet"
    contexte.mkdir()
    assert not extraction.update(contexte)
    assert extraction.check(contexte).is_true


def test_every_catalogue_of_the_house_can_be_read():
    assert catalogues.load_catalogues()
