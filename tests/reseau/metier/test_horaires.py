"""Weekly hours, exceptions, holidays: what is open on a day, and who works."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.reseau.metier.feries import jour_ferie, jours_feries
from guichet.reseau.metier.horaires import (
    JOURS,
    Anomalies,
    Exceptionnel,
    Semaine,
    find_contradictions,
    parse_semaine,
    plages_controleur,
    read_semaine,
    resolve_jour,
    write_semaine,
)
from guichet.reseau.metier.plages import Plage, intersect, parse_heure
from guichet.reseau.metier.territoires import Territoire

LUNDI, DIMANCHE = date(2026, 11, 23), date(2026, 11, 22)
NOEL = date(2026, 12, 25)  # a Friday
METROPOLE = Territoire.METROPOLE


def p(debut: str, fin: str) -> Plage:
    return Plage(parse_heure(debut), parse_heure(fin))


MATIN, APRES_MIDI = p("08:00", "12:00"), p("14:00", "18:00")
BUREAU = Semaine((((MATIN, APRES_MIDI),) * 5) + ((MATIN,), ()))


def fermeture(jour: date, *plages: Plage, motif: str = "Inventaire") -> Exceptionnel:
    return Exceptionnel(du=jour, au=jour, ouverture=False, plages=plages, motif=motif)


def ouverture(jour: date, *plages: Plage, controleurs: frozenset[UUID] | None = None) -> Exceptionnel:
    return Exceptionnel(du=jour, au=jour, ouverture=True, plages=plages, controleurs=controleurs)


def test_a_working_day_has_its_ranges_and_its_break():
    assert resolve_jour(LUNDI, BUREAU, (), METROPOLE).plages == (MATIN, APRES_MIDI)


def test_a_day_of_rest_says_so():
    jour = resolve_jour(DIMANCHE, BUREAU, (), METROPOLE)
    assert (jour.plages, jour.raison, jour.libelle) == ((), "repos", "")


def test_a_holiday_is_closed_and_named():
    jour = resolve_jour(NOEL, BUREAU, (), METROPOLE)
    assert (jour.plages, jour.raison, jour.libelle) == ((), "ferie", "Jour de Noël")


def test_the_day_after_christmas_is_closed_in_alsace_only():
    lendemain = date(2025, 12, 26)
    assert resolve_jour(lendemain, BUREAU, (), METROPOLE).plages
    assert resolve_jour(lendemain, BUREAU, (), Territoire.ALSACE_MOSELLE).raison == "ferie"


def test_an_exceptional_opening_beats_a_holiday():
    assert resolve_jour(NOEL, BUREAU, [ouverture(NOEL, p("09:00", "11:00"))], METROPOLE).plages == (
        p("09:00", "11:00"),
    )


def test_an_exceptional_opening_without_hours_opens_the_holiday_at_the_usual_hours():
    assert resolve_jour(NOEL, BUREAU, [ouverture(NOEL)], METROPOLE).plages == (MATIN, APRES_MIDI)


def test_an_exceptional_opening_adds_to_an_ordinary_day():
    assert resolve_jour(LUNDI, BUREAU, [ouverture(LUNDI, p("12:00", "13:00"))], METROPOLE).plages == (
        p("08:00", "13:00"),
        APRES_MIDI,
    )


def test_an_exceptional_opening_opens_a_sunday():
    assert resolve_jour(DIMANCHE, BUREAU, [ouverture(DIMANCHE, MATIN)], METROPOLE).plages == (MATIN,)


def test_a_closing_of_the_whole_day_says_why():
    jour = resolve_jour(LUNDI, BUREAU, [fermeture(LUNDI)], METROPOLE)
    assert (jour.plages, jour.raison, jour.libelle) == ((), "fermeture", "Inventaire")


def test_a_closing_of_some_hours_leaves_the_others():
    assert resolve_jour(LUNDI, BUREAU, [fermeture(LUNDI, p("11:00", "15:00"))], METROPOLE).plages == (
        p("08:00", "11:00"),
        p("15:00", "18:00"),
    )


def test_hours_closed_one_by_one_close_the_day_with_their_motive():
    jour = resolve_jour(LUNDI, BUREAU, [fermeture(LUNDI, p("00:00", "24:00"), motif="Travaux")], METROPOLE)
    assert (jour.raison, jour.libelle) == ("fermeture", "Travaux")


def test_a_closing_covers_every_day_of_its_period_and_no_other():
    conges = Exceptionnel(du=date(2026, 8, 3), au=date(2026, 8, 5), ouverture=False, motif="Congés")
    ouverts = [bool(resolve_jour(date(2026, 8, j), BUREAU, [conges], METROPOLE).plages) for j in (3, 4, 5, 6)]
    assert ouverts == [False, False, False, True]


def test_an_inspector_without_own_hours_follows_the_centre():
    centre = resolve_jour(LUNDI, BUREAU, (), METROPOLE)
    assert plages_controleur(LUNDI, centre, None, uuid4()) == (MATIN, APRES_MIDI)


def test_an_inspector_works_only_while_the_centre_is_open():
    centre = resolve_jour(LUNDI, BUREAU, (), METROPOLE)
    long = Semaine(((p("10:00", "16:00"),),) * 7)
    assert plages_controleur(LUNDI, centre, long, uuid4()) == (p("10:00", "12:00"), p("14:00", "16:00"))


def test_an_exceptional_opening_calls_those_it_names_and_nobody_else():
    nomme, autre = uuid4(), uuid4()
    centre = resolve_jour(DIMANCHE, BUREAU, [ouverture(DIMANCHE, MATIN, controleurs=frozenset({nomme}))], METROPOLE)
    assert plages_controleur(DIMANCHE, centre, BUREAU, nomme) == (MATIN,)
    assert plages_controleur(DIMANCHE, centre, None, autre) == ()


def test_an_exceptional_opening_that_names_nobody_calls_those_whose_hours_fit():
    centre = resolve_jour(DIMANCHE, BUREAU, [ouverture(DIMANCHE, MATIN)], METROPOLE)
    assert plages_controleur(DIMANCHE, centre, None, uuid4()) == (MATIN,)
    assert plages_controleur(DIMANCHE, centre, BUREAU, uuid4()) == ()


@st.composite
def semaines(draw: st.DrawFn) -> Semaine:
    plages = st.sampled_from([(), (MATIN,), (MATIN, APRES_MIDI), (p("00:00", "24:00"),), (p("22:00", "24:00"),)])
    return Semaine(tuple(draw(st.tuples(*[plages] * 7))))


@st.composite
def exceptions(draw: st.DrawFn) -> list[Exceptionnel]:
    jours = st.dates(date(2026, 12, 20), date(2026, 12, 28))
    plages = st.sampled_from([(), (MATIN,), (p("10:00", "15:00"),), (p("19:00", "21:00"),)])
    une = st.builds(
        lambda a, b, ouvert, hours: Exceptionnel(du=min(a, b), au=max(a, b), ouverture=ouvert, plages=hours),
        jours,
        jours,
        st.booleans(),
        plages,
    )
    return draw(st.lists(une, max_size=4))


@given(
    semaines(),
    st.none() | semaines(),
    exceptions(),
    st.dates(date(2026, 12, 20), date(2026, 12, 28)),
    st.sampled_from(list(Territoire)),
)
def test_an_inspector_never_works_outside_the_centres_opening(
    centre: Semaine, propre: Semaine | None, exceptions: list[Exceptionnel], jour: date, territoire: Territoire
):
    ouvert = resolve_jour(jour, centre, exceptions, territoire)
    travail = plages_controleur(jour, ouvert, propre, uuid4())
    assert intersect(travail, ouvert.plages) == travail
    assert (ouvert.raison is None) == bool(ouvert.plages)
    for e in exceptions:
        if not e.ouverture and e.covers(jour):
            assert not intersect(ouvert.plages, e.plages or [Plage(0, 1440)])


@given(semaines())
def test_storing_a_week_and_reading_it_back_changes_nothing(semaine: Semaine):
    assert read_semaine(write_semaine(semaine)) == semaine
    assert semaine.vide == (not write_semaine(semaine))


def test_a_typed_week_becomes_ranges_in_order():
    anomalies = Anomalies()
    semaine = parse_semaine({"lundi": [("14:00", "18:00"), ("8:00", "12:00")]}, "horaires", anomalies)
    assert anomalies.champs == {}
    assert semaine.jours[0] == (MATIN, APRES_MIDI)
    assert not any(semaine.jours[1:])


@pytest.mark.parametrize(
    ("typed", "champ", "message"),
    [
        ({"lundy": [("08:00", "12:00")]}, "horaires.lundy", "jour"),
        ({"lundi": [("8h", "12:00")]}, "horaires.lundi.0.debut", "heure"),
        ({"lundi": [("08:00", "25:00")]}, "horaires.lundi.0.fin", "heure"),
        ({"lundi": [("12:00", "08:00")]}, "horaires.lundi.0.fin", "ordre"),
        ({"lundi": [("08:00", "12:00"), ("11:00", "14:00")]}, "horaires.lundi.1.debut", "chevauchement"),
        ({"mardi": [("11:00", "14:00"), ("08:00", "12:00")]}, "horaires.mardi.0.debut", "chevauchement"),
        ({"lundi": [(f"{h:02d}:00", f"{h:02d}:30") for h in range(9)]}, "horaires.lundi", "trop"),
    ],
)
def test_a_badly_typed_week_names_the_field_and_says_what_to_do(
    typed: dict[str, list[tuple[str, str]]], champ: str, message: str
):
    anomalies = Anomalies()
    parse_semaine(typed, "horaires", anomalies)
    assert anomalies.champs == {champ: message}


def test_touching_ranges_are_one_range():
    anomalies = Anomalies()
    assert parse_semaine({"lundi": [("08:00", "12:00"), ("12:00", "14:00")]}, "h", anomalies).jours[0] == (
        p("08:00", "14:00"),
    )
    assert not anomalies.champs


@pytest.mark.parametrize(
    ("liste", "champs"),
    [
        ([ouverture(NOEL, MATIN), fermeture(NOEL, APRES_MIDI)], {}),
        ([ouverture(NOEL, MATIN), fermeture(NOEL)], {"exceptions.0": "contradiction"}),
        ([fermeture(NOEL, MATIN), ouverture(NOEL)], {"exceptions.1": "contradiction"}),
        ([ouverture(NOEL, MATIN), fermeture(NOEL, p("11:00", "15:00"))], {"exceptions.0": "contradiction"}),
        ([ouverture(NOEL), fermeture(LUNDI)], {}),
        ([ouverture(NOEL), ouverture(NOEL)], {}),
        ([Exceptionnel(du=NOEL, au=LUNDI, ouverture=False)], {"exceptions.0.au": "dates"}),
    ],
)
def test_an_opening_and_a_closing_of_the_same_hours_are_refused(liste: list[Exceptionnel], champs: dict[str, str]):
    anomalies = Anomalies()
    find_contradictions(liste, "exceptions", anomalies)
    assert anomalies.champs == champs


def test_the_week_begins_on_monday():
    assert JOURS[LUNDI.weekday()] == "lundi"
    assert JOURS[DIMANCHE.weekday()] == "dimanche"


@given(semaines(), st.integers(2020, 2040), st.sampled_from(list(Territoire)), st.data())
def test_a_holiday_is_closed_unless_an_exception_opens_it(
    semaine: Semaine, annee: int, territoire: Territoire, data: st.DataObject
):
    jour = data.draw(st.sampled_from(sorted(jours_feries(territoire, annee))))
    ferme = resolve_jour(jour, semaine, [], territoire)
    assert (ferme.plages, ferme.raison) == ((), "ferie")
    assert resolve_jour(jour, semaine, [ouverture(jour, MATIN)], territoire).plages == (MATIN,)
    assert resolve_jour(jour, semaine, [ouverture(jour)], territoire).plages == semaine.of(jour)


@given(semaines(), st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.sampled_from(list(Territoire)))
def test_an_ordinary_day_has_the_hours_of_its_weekday_breaks_left_out(
    semaine: Semaine, jour: date, territoire: Territoire
):
    ouvert = resolve_jour(jour, semaine, [], territoire)
    assert ouvert.plages == (() if jour_ferie(territoire, jour) else semaine.of(jour))
