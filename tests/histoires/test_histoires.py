"""Whatever dies, whenever: nothing acknowledged is lost, nothing happens twice, nobody is in two places."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import psycopg
import pytest

from guichet.socle.database import Role
from guichet.socle.embarque import EmbeddedServer
from tests.histoires.etat import Etat, read_state
from tests.histoires.histoire import Bilan, Decor, live, open_decor, open_server, verify_audit
from tests.histoires.invariants import INVARIANTS, check
from tests.histoires.mutants import FORGERY, MUTANTS, Mutant

pytestmark = pytest.mark.histoires

COMPLET = bool(os.environ.get("GUICHET_TESTS_COMPLETS"))
GRAINE = int(os.environ.get("GUICHET_TESTS_GRAINE") or 0) or int.from_bytes(os.urandom(3))
DUREE = float(os.environ.get("GUICHET_TESTS_HISTOIRES_S") or 60)
SUITE = 5
LONGUE = 348.0
"""Half an hour altogether, each history with a world and a seed of its own."""


@pytest.fixture(scope="module")
def serveur() -> Iterator[EmbeddedServer]:
    with open_server() as server:
        yield server


@dataclass
class Vecue:
    """A history that was lived, its house still up."""

    decor: Decor
    etat: Etat
    bilan: Bilan


@pytest.fixture(scope="module")
def vecue(serveur: EmbeddedServer) -> Iterator[Vecue]:
    with open_decor(serveur, f"histoire_{os.getpid()}") as decor:
        print(f"\ngraine {GRAINE} (GUICHET_TESTS_GRAINE={GRAINE} la rejoue)")
        yield Vecue(decor, *live(decor, graine=GRAINE, duree=DUREE))


def test_whatever_dies_nothing_is_lost_and_nothing_happens_twice(vecue: Vecue):
    etat = vecue.etat
    print(f"\n{vecue.bilan}\n{len(etat.rdvs)} rendez-vous, {len(etat.messages)} messages, {len(etat.mails)} courriels")
    assert check(etat) == {}, vecue.bilan
    assert len(etat.rdvs) > DUREE / 4, "too little happened to say anything"
    assert vecue.bilan.coups.total() > DUREE / 20


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.nom.replace(" ", "_"))
def test_each_invariant_notices_what_breaks_it(vecue: Vecue, serveur: EmbeddedServer, mutant: Mutant):
    name = vecue.decor.maison.urls[Role.APP].split("?")[0].rpartition("/")[2]
    etat = vecue.etat
    if mutant.recorded is not None:
        etat = mutant.recorded(etat)
    else:
        with psycopg.connect(serveur.admin_url(name)) as connection:
            connection.execute("set local session_replication_role = replica")
            for statement in mutant.sql:
                changed = connection.execute(statement.encode()).rowcount
            assert changed > 0, "the mutant changed nothing"
            etat = replace(
                read_state(connection, maintenant=etat.maintenant, monde=etat.monde, faits=etat.faits),
                mails=etat.mails,
                prestataire=etat.prestataire,
                audit=etat.audit,
            )
            connection.rollback()
    assert mutant.invariant.__name__ in check(etat)


def test_every_invariant_has_its_mutant():
    assert {m.invariant for m in MUTANTS} | {INVARIANTS[-1]} == set(INVARIANTS)


def test_a_forged_line_of_the_audit_journal_is_noticed(vecue: Vecue, serveur: EmbeddedServer):
    name = vecue.decor.maison.urls[Role.APP].split("?")[0].rpartition("/")[2]
    assert verify_audit(vecue.decor.maison) == []
    with psycopg.connect(serveur.admin_url(name), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        assert connection.execute(FORGERY.encode()).rowcount == 1
    assert check(replace(vecue.etat, audit=verify_audit(vecue.decor.maison))).keys() == {"the_audit_journal_is_intact"}


if COMPLET:

    @pytest.mark.parametrize("rang", range(1, SUITE + 1))
    def test_and_so_for_half_an_hour(serveur: EmbeddedServer, rang: int):
        with open_decor(serveur, f"histoire_{os.getpid()}_{rang}") as decor:
            etat, bilan = live(decor, graine=GRAINE + rang, duree=LONGUE)
        print(f"\n{bilan}")
        assert check(etat) == {}, bilan
