"""The rules of booking as properties: whatever the values, in every zone of the network and across both clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from guichet.rdv.metier import attente, capacite, etats, numero
from guichet.rdv.metier.affectation import Candidat, choose_controleur, rank_controleurs, trou_perdu
from guichet.rdv.metier.contre_visite import SUIVIS, Initial, RefusContreVisite, find_droit, price
from guichet.rdv.metier.creneaux import (
    Ouvert,
    RefusDebut,
    check_debut,
    choose_alternatives,
    dernier_jour,
    free_starts,
    premier_debut,
)
from guichet.rdv.metier.heures import GRILLES, instant_local, jour_local, minuit, on_grid
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.types import ECHECS, Resultat, Statut
from guichet.reseau.metier.territoires import FUSEAUX
from guichet.socle.calendrier import add_months

MINUTE, HEURE, JOUR = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INSTANT = timedelta(microseconds=1)
# Both clock changes of two years, their eves and their morrows, and ordinary days.
CHANGEMENTS = [date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31), date(2028, 3, 26)]

zones = st.sampled_from([ZoneInfo(f) for f in sorted(FUSEAUX)])
jours = st.sampled_from([j + n * JOUR for j in CHANGEMENTS for n in (-1, 0, 1)]) | st.dates(
    date(2026, 1, 1), date(2028, 12, 31)
)
instants = st.builds(lambda j, m: datetime.combine(j, time(), UTC) + m * MINUTE, jours, st.integers(-24 * 60, 48 * 60))


# Rules 2 and 11: re-inspections.

inspections = st.lists(
    st.builds(
        Initial,
        st.uuids(),
        st.sampled_from(["CTP", "CV", "CTC", "CVP"]),
        st.dates(date(2025, 10, 1), date(2027, 4, 1)),
        st.sampled_from(Resultat),
        st.integers(0, 2),
    ),
    max_size=6,
)


@given(
    inspections,
    st.sampled_from(sorted(SUIVIS)),
    st.dates(date(2025, 10, 1), date(2027, 6, 1)),
    st.integers(0, 2),
    st.booleans(),
)
def test_a_right_is_the_latest_failures_until_two_calendar_months_and_free_once(
    faites: list[Initial], genre: str, jour: date, offert: int, donnee: bool
):
    date_initiale = faites[0].jour if faites and donnee else None
    droit = find_droit(faites, type_controle=genre, jour=jour, delai_offert_mois=offert, date_initiale=date_initiale)
    echecs = [
        i
        for i in faites
        if i.type_controle in SUIVIS[genre] and i.resultat in ECHECS and i.jour <= jour
        and (date_initiale is None or i.jour == date_initiale)
    ]  # fmt: skip
    if not echecs:
        assert droit is RefusContreVisite.SANS_ECHEC
        return
    dernier = max(i.jour for i in echecs)
    if jour > add_months(dernier, 2):
        assert droit is RefusContreVisite.HORS_DELAI
        return
    assert not isinstance(droit, RefusContreVisite)
    assert (droit.initial.jour, droit.limite) == (dernier, add_months(dernier, 2))
    assert droit.offerte == (offert > 0 and droit.initial.suites == 0 and jour <= add_months(dernier, offert))
    assert price(droit, 2_500) == (0 if droit.offerte else 2_500)


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_the_limit_is_the_same_day_two_months_later_or_the_months_last(jour: date):
    droit = find_droit(
        [Initial(UUID(int=1), "CTP", jour, Resultat.DEFAVORABLE)], type_controle="CVP", jour=jour, delai_offert_mois=2
    )
    assert not isinstance(droit, RefusContreVisite)
    mois = jour.month % 12 + 1
    assert droit.limite.month == mois % 12 + 1
    assert droit.limite.day == jour.day or (droit.limite + JOUR).month != droit.limite.month


# Rule 4: a start exists where somebody accredited has the whole stretch.

BESOINS = st.sampled_from([frozenset({"VL"}), frozenset({"VL", "Gaz"}), frozenset({"L"})])
plages = st.lists(st.tuples(st.integers(0, 95), st.integers(1, 40)), max_size=3)


@given(
    zones,
    jours,
    st.lists(st.tuples(plages, BESOINS, plages), min_size=1, max_size=3),
    BESOINS,
    st.sampled_from([15, 30, 45, 60]),
    st.sampled_from(GRILLES),
)
def test_a_start_is_free_exactly_where_one_accredited_inspector_is_for_the_whole_duration(
    zone: ZoneInfo,
    jour: date,
    equipe: list[tuple[list[tuple[int, int]], frozenset[str], list[tuple[int, int]]]],
    besoins: frozenset[str],
    duree: int,
    grille: int,
):
    debut, fin = minuit(jour, zone), minuit(jour + JOUR, zone)

    def read(tirees: list[tuple[int, int]]) -> tuple[Intervalle, ...]:
        return tuple(
            Intervalle(a, b)
            for quart, longueur in tirees
            if (a := debut + 15 * quart * MINUTE) < (b := min(fin, a + 15 * longueur * MINUTE))
        )

    ouverts = [Ouvert(UUID(int=n), read(travail), titres) for n, (travail, titres, _p) in enumerate(equipe)]
    occupes = {UUID(int=n): read(pris) for n, (_t, _c, pris) in enumerate(equipe)}
    libres = free_starts(
        ouverts,
        occupes,
        besoins=besoins,
        duree=duree * MINUTE,
        zone=zone,
        grille=grille,
        a_partir=debut,
    )

    def is_free(o: Ouvert, depart: datetime) -> bool:
        return besoins <= o.capacites and all(
            any(p.debut <= m < p.fin for p in o.plages)
            and not any(p.debut <= m < p.fin for p in occupes[o.controleur_id])
            for m in (depart + n * MINUTE for n in range(0, duree, 5))
        )

    tous = (debut + n * 5 * MINUTE for n in range((fin - debut) // (5 * MINUTE)))
    attendus = {d: n for d in tous if on_grid(d, zone, grille) and (n := sum(is_free(o, d) for o in ouverts))}
    assert {libre.debut: libre.places for libre in libres} == attendus


# Today and the horizon are the centre's own.


@given(instants, zones, st.integers(1, 200), st.integers(0, 3000), st.integers(-3000, 3000), st.sampled_from(GRILLES))
def test_a_start_is_refused_by_the_centres_own_clock(
    maintenant: datetime, zone: ZoneInfo, horizon: int, preavis: int, ecart: int, grille: int
):
    debut = maintenant + ecart * MINUTE
    refus = check_debut(
        debut, maintenant=maintenant, zone=zone, grille=grille, horizon_jours=horizon, preavis_minutes=preavis
    )
    aujourdhui = maintenant.astimezone(zone).date()
    assert dernier_jour(maintenant, zone, horizon) == aujourdhui + horizon * JOUR
    if refus is None:
        assert debut >= premier_debut(maintenant, preavis)
        assert debut.astimezone(zone).minute % grille == 0
        assert aujourdhui <= jour_local(debut, zone) <= aujourdhui + horizon * JOUR
    else:
        fautes = {
            RefusDebut.PASSE: ecart <= 0,
            RefusDebut.HORS_HORIZON: jour_local(debut, zone) > aujourdhui + horizon * JOUR,
            RefusDebut.HORS_GRILLE: not on_grid(debut, zone, grille),
            RefusDebut.PREAVIS: debut < premier_debut(maintenant, preavis),
        }
        assert fautes[refus]


@given(zones, jours)
def test_a_local_day_begins_and_ends_at_its_own_midnights(zone: ZoneInfo, jour: date):
    debut, fin = minuit(jour, zone), minuit(jour + JOUR, zone)
    assert 23 * HEURE <= fin - debut <= 25 * HEURE
    assert [jour_local(i, zone) for i in (debut - INSTANT, debut, fin - INSTANT, fin)] == [
        jour - JOUR, jour, jour, jour + JOUR,
    ]  # fmt: skip


@given(zones, jours, st.times())
def test_an_hour_with_its_offset_is_always_one_instant(zone: ZoneInfo, jour: date, heure: time):
    instant = datetime.combine(jour, heure, UTC)
    decalage = instant.astimezone(zone).utcoffset()
    local = instant.astimezone(zone)
    assert instant_local(local.date(), local.time(), zone, decalage) == instant


@given(st.sets(instants, max_size=12), instants, st.integers(1, 5))
def test_alternatives_are_the_nearest_and_never_the_one_refused(libres: set[datetime], voulu: datetime, n: int):
    choisis = choose_alternatives(libres, voulu, n)
    assert choisis == sorted(choisis)
    assert len(choisis) == min(n, len(libres - {voulu}))
    laisses = libres - {voulu} - set(choisis)
    loin = max((abs(d - voulu) for d in choisis), default=timedelta())
    assert all(abs(d - voulu) >= loin for d in laisses)


# Rules 5 and 8.


@given(st.integers(0, 500), st.integers(0, 100), st.integers(0, 600), st.integers(0, 60), st.booleans())
def test_overbooking_is_the_floor_of_the_share_and_opens_only_on_a_full_day(
    base: int, tolerance: int, nominaux: int, surnombre: int, reste: bool
):
    places = capacite.places_surnombre(base, tolerance)
    assert places == int(Decimal(base) * tolerance / 100)
    ouvert = capacite.can_surbook(
        nominaux=nominaux,
        surnombre=surnombre,
        capacite=base,
        tolerance_pour_cent=tolerance,
        reste_une_place=reste,
    )
    assert ouvert == ((nominaux >= base or not reste) and surnombre < places)


candidats = st.lists(
    st.builds(
        Candidat,
        st.uuids(),
        st.integers(1, 4),
        st.integers(0, 10).map(lambda n: n * HEURE),
        st.integers(0, 4).map(lambda n: n * 15 * MINUTE),
    ),
    max_size=6,
    unique_by=lambda c: c.controleur_id,
)


@given(candidats, st.randoms(use_true_random=False))
def test_the_inspector_chosen_does_not_depend_on_the_order_and_nobody_is_better(tous, hasard):
    choisi = choose_controleur(hasard.sample(tous, len(tous)))
    rangs = rank_controleurs(tous)
    assert (choisi is None) == (not tous)
    assert [c.controleur_id for c in rangs][:1] == ([] if choisi is None else [choisi])
    for meilleur, autre in pairwise(rangs):
        assert (meilleur.capacites, meilleur.charge, meilleur.trou) <= (autre.capacites, autre.charge, autre.trou)


@given(st.integers(0, 20), st.integers(1, 20), st.integers(0, 20))
def test_time_is_lost_only_in_stretches_too_short_for_another_of_that_length(avant: int, duree: int, apres: int):
    debut = datetime(2026, 11, 23, 8, tzinfo=UTC)
    libre = Intervalle(debut, debut + (avant + duree + apres) * MINUTE)
    voulu = Intervalle(debut + avant * MINUTE, debut + (avant + duree) * MINUTE)
    assert trou_perdu(libre, voulu) == sum(c for c in (avant, apres) if c < duree) * MINUTE


# The waiting list.


@given(instants, st.integers(1, 120), st.integers(1, 10_000))
def test_an_offer_lasts_its_minutes_of_elapsed_time_but_never_beyond_the_start(
    envoyee: datetime, minutes: int, avance: int
):
    debut = envoyee + avance * MINUTE
    limite = attente.deadline(envoyee, minutes=minutes, debut=debut)
    assert limite == min(envoyee + minutes * MINUTE, debut)
    assert not attente.is_lapsed(limite, limite - INSTANT)
    assert attente.is_lapsed(limite, limite)


# States.


@given(st.lists(st.sampled_from(Statut), max_size=8), instants, zones)
def test_no_history_leaves_a_final_state(suite: list[Statut], debut: datetime, zone: ZoneInfo):
    statut = Statut.CONFIRME
    for apres in suite:
        if etats.can_become(statut, apres, debut=debut, maintenant=debut, zone=zone):
            assert statut not in {Statut.ANNULE, Statut.TERMINE}
            assert apres is not Statut.EN_ATTENTE_PAIEMENT
            statut = apres


@given(instants, st.integers(-3000, 3000), zones)
def test_an_absence_begins_at_the_hour_and_is_taken_back_on_its_own_day(debut: datetime, ecart: int, zone: ZoneInfo):
    maintenant = debut + ecart * MINUTE
    assert etats.can_become(Statut.CONFIRME, Statut.ABSENT, debut=debut, maintenant=maintenant, zone=zone) == (
        ecart >= 0
    )
    meme_jour = debut.astimezone(zone).date() == maintenant.astimezone(zone).date()
    assert etats.can_become(Statut.ABSENT, Statut.CONFIRME, debut=debut, maintenant=maintenant, zone=zone) == meme_jour
    assert etats.can_start(debut, maintenant, zone=zone) == meme_jour


@given(st.text(numero.ALPHABET, min_size=8, max_size=8), st.sampled_from(["", " ", "-", "."]), st.booleans())
def test_a_number_is_understood_however_it_is_spaced(signes: str, separateur: str, minuscules: bool):
    dit = separateur.join(("RDV", signes[:4], signes[4:]))
    assert numero.normalise_numero(dit.lower() if minuscules else dit) == f"RDV-{signes}"


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_is_not_one(texte: str):
    lu = numero.normalise_numero(texte)
    assert lu is None or numero.normalise_numero(lu) == lu
