"""Deadlines, refunds, holds and late money as properties: elapsed time across both clock changes, cents, never a cent too many."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from guichet.rdv.metier import delais, etats
from guichet.rdv.metier.delais import Palier, RefusDeplacement
from guichet.rdv.metier.paiement import SuiteEncaissement, follow_payment, read_remboursement
from guichet.rdv.metier.types import MotifAnnulation, PaiementStatut, Statut
from guichet.reseau.metier.territoires import FUSEAUX

MINUTE, HEURE, JOUR = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INSTANT = timedelta(microseconds=1)
# Both clock changes of two years, their eves and their morrows, and ordinary days.
CHANGEMENTS = [date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31), date(2028, 3, 26)]

zones = st.sampled_from([ZoneInfo(f) for f in sorted(FUSEAUX)])
jours = st.sampled_from([j + n * JOUR for j in CHANGEMENTS for n in (-1, 0, 1)]) | st.dates(
    date(2026, 1, 1), date(2028, 12, 31)
)
instants = st.builds(lambda j, m: datetime.combine(j, time(), UTC) + m * MINUTE, jours, st.integers(-24 * 60, 48 * 60))
heures = st.integers(0, 24 * 30)
politiques = st.lists(st.builds(Palier, heures, st.integers(0, 100)), max_size=5, unique_by=lambda p: p.heures_avant)


# Rule 7: deadlines are elapsed time, the limit itself inside.


@given(instants, heures, zones)
def test_a_deadline_counts_real_hours_whatever_the_clock_on_the_wall_does(debut: datetime, n: int, zone: ZoneInfo):
    limite = debut - n * HEURE
    # Two instants of one zone are subtracted as the wall shows them: an hour too many or too few across a clock change.
    for lu in (UTC, zone):
        assert delais.within_delay(debut.astimezone(lu), limite.astimezone(lu), n)
        assert not delais.within_delay(debut.astimezone(lu), (limite + INSTANT).astimezone(lu), n)


@given(instants, heures, st.integers(0, 200 * 60), st.integers(0, 6))
def test_a_customer_moves_until_the_deadline_and_three_times_whichever_is_first(
    debut: datetime, delai: int, avance: int, modifications: int
):
    refus = delais.check_move(debut, debut - avance * MINUTE, delai_heures=delai, modifications=modifications)
    if avance < delai * 60:
        assert refus is RefusDeplacement.DELAI
    else:
        assert (refus is RefusDeplacement.LIMITE) == (modifications >= 3)


@given(instants, st.sampled_from(Statut), st.integers(-10_000, 10_000))
def test_a_customer_cancels_until_the_start_and_only_what_has_not_begun(debut: datetime, statut: Statut, ecart: int):
    possible = delais.can_cancel(statut, debut, debut - ecart * MINUTE)
    assert possible == (ecart > 0 and statut in {Statut.CONFIRME, Statut.EN_ATTENTE_PAIEMENT})


@given(st.integers(0, 1_000_000), instants, st.integers(0, 40 * 24 * 60), politiques)
def test_the_kept_part_is_the_steps_share_rounded_half_up_to_the_cent(
    paye: int, debut: datetime, avance: int, politique: list[Palier]
):
    rendu = delais.refund(
        paye, debut=debut, maintenant=debut - avance * MINUTE, motif=MotifAnnulation.CLIENT, politique=politique
    )
    atteints = [p for p in politique if avance >= p.heures_avant * 60]
    rend = max(atteints, key=lambda p: p.heures_avant).pourcentage if atteints else 0
    garde = (Decimal(paye) * (100 - rend) / 100).quantize(Decimal(1), ROUND_HALF_UP)
    assert rendu == paye - int(garde)


@given(st.integers(0, 1_000_000), instants, politiques, st.lists(st.integers(0, 40 * 24 * 60), min_size=2, max_size=6))
def test_waiting_never_gives_more_back_when_the_policy_gives_less_and_less(
    paye: int, debut: datetime, politique: list[Palier], avances: list[int]
):
    parts = sorted(p.pourcentage for p in politique)
    heures_avant = sorted(p.heures_avant for p in politique)
    decroissante = [Palier(h, p) for h, p in zip(heures_avant, parts, strict=True)]
    rendus = [
        delais.refund(
            paye, debut=debut, maintenant=debut - a * MINUTE, motif=MotifAnnulation.CLIENT, politique=decroissante
        )
        for a in sorted(avances, reverse=True)
    ]
    assert all(avant >= apres for avant, apres in pairwise(rendus))


@given(st.integers(0, 1_000_000), instants, politiques, st.integers(-1000, 100_000))
def test_a_cancellation_by_the_centre_gives_everything_back(
    paye: int, debut: datetime, politique: list[Palier], avance: int
):
    for motif in (MotifAnnulation.CENTRE, MotifAnnulation.EXPIRATION):
        maintenant = debut - avance * MINUTE
        assert delais.refund(paye, debut=debut, maintenant=maintenant, motif=motif, politique=politique) == paye


# Rule 6: holds and late money.


@given(instants, st.integers(1, 120), st.integers(-10_000, 10_000), st.sampled_from(Statut))
def test_a_hold_lives_exactly_until_its_deadline(pose: datetime, duree: int, secondes: int, statut: Statut):
    expire = pose + duree * MINUTE
    maintenant = expire + timedelta(seconds=secondes)
    lu, motif = etats.read_statut(statut, None, expire, maintenant)
    if statut is Statut.EN_ATTENTE_PAIEMENT and secondes >= 0:
        assert (lu, motif) == (Statut.ANNULE, MotifAnnulation.EXPIRATION)
    else:
        assert (lu, motif) == (statut, None)


@given(
    st.sampled_from(Statut),
    st.sampled_from([None, *MotifAnnulation]),
    st.sampled_from([None, *PaiementStatut]),
    instants,
    st.integers(-5000, 5000),
)
def test_money_is_kept_only_for_an_appointment_that_lives_and_owes_it(
    statut: Statut,
    motif: MotifAnnulation | None,
    paiement: PaiementStatut | None,
    debut: datetime,
    ecart: int,
):
    suite = follow_payment(statut, motif, paiement, debut=debut, maintenant=debut - ecart * MINUTE)
    vivant = statut is not Statut.ANNULE
    assert (suite is SuiteEncaissement.CONFIRMER) == (statut is Statut.EN_ATTENTE_PAIEMENT)
    if suite is SuiteEncaissement.NOTER:
        assert vivant
        assert paiement in {None, PaiementStatut.EN_ATTENTE}
    if suite is SuiteEncaissement.REPRENDRE:
        assert (statut, motif, ecart > 0) == (Statut.ANNULE, MotifAnnulation.EXPIRATION, True)
    if not vivant and motif in {MotifAnnulation.CLIENT, MotifAnnulation.CENTRE}:
        assert suite is SuiteEncaissement.RENDRE
    if vivant and paiement is PaiementStatut.PAYE and statut is not Statut.EN_ATTENTE_PAIEMENT:
        assert suite is SuiteEncaissement.RENDRE, "nobody pays twice"


@given(st.integers(0, 20_000), st.integers(0, 20_000) | st.none())
def test_what_is_kept_of_a_price_says_where_the_payment_stands(garde: int, prix: int | None):
    statut = read_remboursement(garde, prix)
    assert (statut is PaiementStatut.REMBOURSE) == (garde == 0)
    assert (statut is PaiementStatut.REMBOURSE_PARTIEL) == (0 < garde < (prix or 0))
