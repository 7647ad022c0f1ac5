"""Series follow the wall clock across both clock changes; what closes beats what opens, minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.rdv.metier.evenements import (
    Bornes,
    Equipe,
    EvenementVue,
    StatutEvenement,
    TypeEvenement,
    adjust_ouvertures,
    effective_statut,
    split_by_day,
    waiting_statut,
)
from guichet.rdv.metier.heures import minuit
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.recurrence import (
    Frequence,
    Recurrence,
    RecurrenceInvalide,
    RefusRecurrence,
    occurrences,
    parse_recurrence,
)
from guichet.reseau.facade import OuvertureControleur
from guichet.socle.ids import new_id
from tests.rdv.fabrique import LUNDI, PARIS, at

FUSEAUX = ["Europe/Paris", "Indian/Reunion", "America/Miquelon", "Pacific/Noumea"]
CENTRE, AUTRE_CENTRE, ANNE, BRUNO = (new_id() for _ in range(4))


def texte_refuse(texte: str, fuseau: str = "Europe/Paris") -> RefusRecurrence:
    with pytest.raises(RecurrenceInvalide) as refus:
        parse_recurrence(texte, fuseau)
    return refus.value.refus


@pytest.mark.parametrize(
    ("texte", "garde"),
    [
        ("FREQ=DAILY;COUNT=5", "FREQ=DAILY;COUNT=5"),
        (
            "RRULE:freq=weekly;byday=we,mo;interval=2;until=20261231",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261231",
        ),
        ("FREQ=WEEKLY;UNTIL=20261231T233000Z", "FREQ=WEEKLY;UNTIL=20270101"),
    ],
)
def test_the_daily_and_weekly_part_of_rrule_is_read_and_written(texte: str, garde: str):
    lue = parse_recurrence(texte, "Europe/Paris")
    assert str(lue) == garde
    assert parse_recurrence(str(lue), "Europe/Paris") == lue


@pytest.mark.parametrize(
    ("texte", "refus"),
    [
        ("", RefusRecurrence.SANS_FIN),
        ("FREQ=DAILY", RefusRecurrence.SANS_FIN),
        ("COUNT=3", RefusRecurrence.ILLISIBLE),
        ("FREQ=MONTHLY;COUNT=3", RefusRecurrence.ILLISIBLE),
        ("FREQ=DAILY;COUNT=0", RefusRecurrence.ILLISIBLE),
        ("FREQ=DAILY;COUNT=367", RefusRecurrence.ILLISIBLE),
        ("FREQ=DAILY;COUNT=²", RefusRecurrence.ILLISIBLE),
        ("FREQ=DAILY;COUNT=3;COUNT=4", RefusRecurrence.ILLISIBLE),
        ("FREQ=DAILY;COUNT=3;UNTIL=20261231", RefusRecurrence.ILLISIBLE),
        ("FREQ=WEEKLY;BYDAY=1MO;COUNT=3", RefusRecurrence.ILLISIBLE),
        ("FREQ=WEEKLY;BYMONTH=1;COUNT=3", RefusRecurrence.ILLISIBLE),
        ("FREQ=WEEKLY;UNTIL=00010101T000000Z", RefusRecurrence.ILLISIBLE),
        ("FREQ=WEEKLY;UNTIL=demain", RefusRecurrence.ILLISIBLE),
        ("n'importe quoi", RefusRecurrence.ILLISIBLE),
    ],
)
def test_anything_else_is_refused(texte: str, refus: RefusRecurrence):
    fuseau = "America/Miquelon" if "0001" in texte else "Europe/Paris"
    assert texte_refuse(texte, fuseau) is refus


@given(st.text(max_size=60), st.sampled_from(FUSEAUX))
def test_no_text_breaks_the_reader(texte: str, fuseau: str):
    try:
        parse_recurrence("FREQ=DAILY;COUNT=2;" + texte, fuseau)
        parse_recurrence(texte, fuseau)
    except RecurrenceInvalide:
        pass


def essai(
    debut: datetime, fin: datetime, recurrence: Recurrence, fuseau: str
) -> tuple[Intervalle, ...] | RefusRecurrence:
    try:
        return occurrences(debut, fin, recurrence, fuseau)
    except RecurrenceInvalide as invalide:
        return invalide.refus


minutes = st.integers(0, 24 * 60 - 1)


@given(
    jour=st.dates(date(2026, 1, 1), date(2027, 12, 1)),
    debut=minutes,
    longueur=st.integers(1, 3 * 24 * 60),
    fuseau=st.sampled_from(FUSEAUX),
    frequence=st.sampled_from(list(Frequence)),
    intervalle=st.integers(1, 9),
    jours=st.lists(st.integers(0, 6), max_size=4, unique=True),
    nombre=st.integers(1, 30),
)
def test_a_series_is_exactly_the_instants_whose_wall_clock_is_in_it(
    jour: date,
    debut: int,
    longueur: int,
    fuseau: str,
    frequence: Frequence,
    intervalle: int,
    jours: list[int],
    nombre: int,
):
    zone = ZoneInfo(fuseau)
    depart = datetime.combine(jour, time()) + timedelta(minutes=debut)
    fin = depart + timedelta(minutes=longueur)
    premier, dernier = (i.replace(tzinfo=zone).astimezone(UTC) for i in (depart, fin))
    vus = [i.astimezone(zone).replace(tzinfo=None) for i in (premier, dernier)]
    if vus != [depart, fin]:
        return  # the first one falls in the hour spring skips: no caller can name it
    recurrence = Recurrence(
        frequence=frequence, intervalle=intervalle, jours=tuple(sorted(jours)), nombre=nombre, jusqu_au=None
    )
    trouvees = essai(premier, dernier, recurrence, fuseau)
    if isinstance(trouvees, RefusRecurrence):
        assert trouvees is RefusRecurrence.TROP_LONGUE
        return
    murs: list[datetime] = []
    semaine0 = jour - timedelta(days=jour.weekday())
    n = 0
    while len(murs) < nombre:
        d = jour + timedelta(days=n)
        n += 1
        if frequence is Frequence.JOUR:
            tombe = (d - jour).days % intervalle == 0 and (not jours or d.weekday() in jours)
        else:
            semaine = (d - timedelta(days=d.weekday()) - semaine0).days // 7
            tombe = semaine % intervalle == 0 and d.weekday() in (jours or [jour.weekday()])
        if tombe:
            murs.append(datetime.combine(d, depart.time()))
        if n > 800:
            break
    assert list(trouvees) == sorted(trouvees)
    assert all(a.fin < b.debut for a, b in pairwise(trouvees))
    instants = {o.debut for o in trouvees} | {o.fin for o in trouvees}
    instants |= {i + timedelta(minutes=m) for i in instants for m in (-1, 1, 60)}
    for instant in instants:
        mur = instant.astimezone(zone).replace(tzinfo=None)
        voulu = any(d <= mur < d + (fin - depart) for d in murs)
        assert voulu == any(o.debut <= instant < o.fin for o in trouvees), (instant, mur)


def test_nine_o_clock_stays_nine_o_clock_across_both_clock_changes():
    for jour in (date(2026, 10, 24), date(2027, 3, 27)):
        serie = occurrences(
            at(9, jour=jour), at(12, jour=jour), Recurrence(frequence=Frequence.JOUR, nombre=3), "Europe/Paris"
        )
        assert [(o.debut.astimezone(PARIS).hour, o.fin.astimezone(PARIS).hour) for o in serie] == [(9, 12)] * 3
        assert len({o.debut.utcoffset() for o in serie}) == 1
        assert serie[1].debut - serie[0].debut in {timedelta(hours=23), timedelta(hours=25)}


def test_a_single_stretch_keeps_its_instants():
    assert occurrences(at(9), at(10), None, "Europe/Paris") == (Intervalle(at(9), at(10)),)


@pytest.mark.parametrize(
    ("debut", "fin", "texte", "refus"),
    [
        (at(9), at(10), "FREQ=DAILY;UNTIL=20280101", RefusRecurrence.TROP_LONGUE),
        (at(9), at(10), "FREQ=DAILY;UNTIL=20261101", RefusRecurrence.VIDE),
        (at(9), at(10) + timedelta(seconds=1), "FREQ=DAILY;COUNT=2", RefusRecurrence.SECONDES),
        (at(9) + timedelta(microseconds=1), at(10), "FREQ=DAILY;COUNT=2", RefusRecurrence.SECONDES),
        (
            datetime(2026, 10, 25, 0, 45, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 15, tzinfo=UTC),
            "FREQ=DAILY;COUNT=2",
            RefusRecurrence.SECONDES,
        ),
    ],
)
def test_a_series_without_stretch_or_measure_is_refused(
    debut: datetime, fin: datetime, texte: str, refus: RefusRecurrence
):
    with pytest.raises(RecurrenceInvalide) as refuse:
        occurrences(debut, fin, parse_recurrence(texte, "Europe/Paris"), "Europe/Paris")
    assert refuse.value.refus is refus


def evenement(genre: str, debut: datetime, fin: datetime, **fields: object) -> EvenementVue:
    values = {
        "id": new_id(), "tenant_id": new_id(), "type": TypeEvenement(genre), "centre_id": None, "controleur_id": None,
        "equipement_id": None, "fuseau": "Europe/Paris", "debut": debut, "fin": fin, "recurrence": None, "motif": "",
        "statut": effective_statut(TypeEvenement(genre)), "refus": None, "demande_par": None, "decide_par": None,
        "decide_le": None, "version": 1, "created_at": debut,
    }  # fmt: skip
    return EvenementVue(**(values | fields))


def bornes(du: date, n: int, zone: ZoneInfo = PARIS) -> list[Bornes]:
    jours = [du + timedelta(days=k) for k in range(n)]
    return [Bornes(j, minuit(j, zone), minuit(j + timedelta(days=1), zone)) for j in jours]


def ouverture(qui: UUID, jour: date, *heures: tuple[int, int]) -> OuvertureControleur:
    plages = tuple((at(d, jour=jour), at(f, jour=jour)) for d, f in heures)
    return OuvertureControleur(controleur_id=qui, centre_id=CENTRE, jour=jour, plages=plages)


EQUIPE = Equipe(frozenset({ANNE, BRUNO}), frozenset({ANNE}))


def heures(trouvees: list[OuvertureControleur]) -> dict[UUID, list[tuple[int, int]]]:
    return {
        o.controleur_id: [(d.astimezone(PARIS).hour, f.astimezone(PARIS).hour) for d, f in o.plages] for o in trouvees
    }


def test_a_block_of_the_centre_takes_everybodys_hours():
    bloc = evenement("blocage", at(10), at(11), centre_id=CENTRE)
    sortie, vides = adjust_ouvertures(
        CENTRE, [ouverture(ANNE, LUNDI, (8, 12)), ouverture(BRUNO, LUNDI, (9, 11))], [bloc], bornes(LUNDI, 1), EQUIPE
    )
    assert heures(sortie) == {ANNE: [(8, 10), (11, 12)], BRUNO: [(9, 10)]}
    assert vides == frozenset()


def test_leave_takes_the_hours_of_one_person_everywhere():
    conge = evenement("conge", at(0), at(23), controleur_id=ANNE)
    sortie, vides = adjust_ouvertures(
        CENTRE, [ouverture(ANNE, LUNDI, (8, 12)), ouverture(BRUNO, LUNDI, (9, 11))], [conge], bornes(LUNDI, 1), EQUIPE
    )
    assert heures(sortie) == {BRUNO: [(9, 11)]}
    assert vides == frozenset()
    assert conge.concerns(AUTRE_CENTRE, ANNE)
    assert not conge.concerns(CENTRE, None)


def test_a_day_nobody_is_left_on_is_named():
    conge = evenement("absence", at(0), at(23), controleur_id=ANNE)
    assert adjust_ouvertures(CENTRE, [ouverture(ANNE, LUNDI, (8, 12))], [conge], bornes(LUNDI, 1), EQUIPE) == (
        [],
        frozenset({LUNDI}),
    )


def test_an_opening_is_worked_by_those_it_names_or_those_attached_to_the_centre():
    samedi = LUNDI + timedelta(days=5)
    for nomme, attendus in ((None, {ANNE}), (BRUNO, {BRUNO}), (new_id(), set())):
        ajout = evenement("ouverture", at(9, jour=samedi), at(12, jour=samedi), centre_id=CENTRE, controleur_id=nomme)
        sortie, _vides = adjust_ouvertures(CENTRE, [], [ajout], bornes(LUNDI, 7), EQUIPE)
        assert heures(sortie) == {qui: [(9, 12)] for qui in attendus}


def test_what_closes_beats_what_opens_and_what_is_elsewhere_changes_nothing():
    entrees = [
        evenement("ouverture", at(12), at(14), centre_id=CENTRE),
        evenement("ouverture", at(18), at(20), centre_id=AUTRE_CENTRE),
        evenement("blocage", at(11), at(13), centre_id=CENTRE),
        evenement("blocage", at(8), at(9), centre_id=AUTRE_CENTRE),
        evenement("blocage", at(8), at(20), centre_id=CENTRE, equipement_id=new_id()),
    ]
    sortie, _vides = adjust_ouvertures(CENTRE, [ouverture(ANNE, LUNDI, (8, 12))], entrees, bornes(LUNDI, 1), EQUIPE)
    assert heures(sortie) == {ANNE: [(8, 11), (13, 14)]}


quarts = st.integers(0, 8 * 96)
stretches = st.lists(st.tuples(quarts, quarts).filter(lambda p: p[0] < p[1]), max_size=4)


@given(st.sampled_from([date(2026, 10, 23), date(2027, 3, 26)]), stretches, stretches, stretches)
def test_at_each_instant_somebody_works_if_open_and_not_blocked(
    du: date, ouvertes: list[tuple[int, int]], ajoutees: list[tuple[int, int]], retirees: list[tuple[int, int]]
):
    origine = minuit(du, PARIS)

    def stretch(paire: tuple[int, int]) -> Intervalle:
        return Intervalle(*(origine + timedelta(minutes=15 * n) for n in paire))

    jours = bornes(du, 4)
    base = [
        OuvertureControleur(
            controleur_id=ANNE, centre_id=CENTRE, jour=jour, plages=tuple((i.debut, i.fin) for i in liste)
        )
        for jour, liste in split_by_day(map(stretch, ouvertes), jours).items()
    ]
    entrees = [evenement("ouverture", i.debut, i.fin, centre_id=CENTRE) for i in map(stretch, ajoutees)]
    entrees += [evenement("conge", i.debut, i.fin, controleur_id=ANNE) for i in map(stretch, retirees)]
    sortie, vides = adjust_ouvertures(CENTRE, base, entrees, jours, EQUIPE)
    for b in jours:
        instant = b.minuit
        travaille = False
        while instant < b.lendemain:
            dedans = [any(i.debut <= instant < i.fin for i in map(stretch, s)) for s in (ouvertes, ajoutees, retirees)]
            attendu = (dedans[0] or dedans[1]) and not dedans[2]
            travaille |= attendu
            assert attendu == any(o.jour == b.jour and d <= instant < f for o in sortie for d, f in o.plages)
            instant += timedelta(minutes=15)
        assert not (travaille and b.jour in vides)


def test_leave_is_granted_and_anything_else_acts():
    assert {g: (waiting_statut(g), effective_statut(g)) for g in TypeEvenement} == {
        TypeEvenement.CONGE: (StatutEvenement.DEMANDE, StatutEvenement.VALIDEE),
        TypeEvenement.BLOCAGE: (StatutEvenement.EN_ATTENTE, StatutEvenement.ACTIF),
        TypeEvenement.OUVERTURE: (StatutEvenement.EN_ATTENTE, StatutEvenement.ACTIF),
        TypeEvenement.ABSENCE: (StatutEvenement.EN_ATTENTE, StatutEvenement.ACTIF),
    }
