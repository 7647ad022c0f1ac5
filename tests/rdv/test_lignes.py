"""Lanes: the fifteen numbers of a day say exactly what matching vehicles with lanes says, in Python and in the database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guichet.rdv.metier.capacite import MASQUES, Equipement, count_voies, fits_lanes, write_masque
from guichet.rdv.metier.intervalles import Intervalle
from guichet.socle.database import Database, Role
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.rdv.fabrique import LUNDI, at, fill_reservable

TYPES = sorted(MASQUES)
Connexion = psycopg.Connection[Any]
Decor = tuple[UUID, UUID, list[UUID]]
DEBUT = at(8)

lignes = st.lists(
    st.tuples(st.sets(st.sampled_from(TYPES), min_size=1), st.booleans()).map(
        lambda ligne: Equipement(str(sorted(ligne[0])), frozenset(ligne[0]), ligne[1])
    ),
    max_size=5,
)


@given(lignes=lignes, vehicules=st.lists(st.sampled_from(TYPES), max_size=5), nouveau=st.sampled_from(TYPES))
def test_fifteen_numbers_say_whether_every_vehicle_has_a_lane(
    lignes: list[Equipement], vehicules: list[str], nouveau: str
):
    heure = Intervalle(DEBUT, DEBUT + timedelta(hours=1))
    voies = count_voies(lignes)
    if voies is None:
        assert fits_lanes(lignes, [(heure, v) for v in vehicules], heure, nouveau)
        return
    tous = [MASQUES[v] for v in [*vehicules, nouveau]]
    assert len(voies) == 15
    par_nombres = all(sum(1 for m in tous if m & s) <= voies[s - 1] for s in range(1, 16))
    assert par_nombres == fits_lanes(lignes, [(heure, v) for v in vehicules], heure, nouveau)


@pytest.fixture(scope="module")
async def decor(database: Database) -> Decor:
    """A tenant, a centre and three inspectors."""
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        centre, controleurs = await fill_reservable(session, controleurs=3)
    return tenant.id, centre.id, [c.id for c in controleurs]


@pytest.fixture(scope="module")
def connexion(decor: Decor, database_urls: dict[Role, str]) -> Iterator[Connexion]:
    """A connection of the application's role in that tenant; nothing it writes stays."""
    with psycopg.connect(database_urls[Role.APP], options="-c timezone=UTC") as opened:
        opened.execute("select set_config('app.tenant_id', %s, false)", (str(decor[0]),))
        opened.commit()
        yield opened
        opened.rollback()


def quart(n: int) -> datetime:
    return DEBUT + timedelta(minutes=15 * n)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lignes=lignes,
    pris=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 12), st.integers(1, 4), st.sampled_from(TYPES)), max_size=8
    ),
    fermee=st.none() | st.tuples(st.integers(0, 4), st.integers(0, 12), st.integers(1, 6)),
    voulu=st.tuples(st.integers(0, 12), st.integers(1, 4)),
    nouveau=st.sampled_from(TYPES),
)
def test_the_database_and_the_rule_agree_on_lanes(
    connexion: Connexion,
    decor: Decor,
    lignes: list[Equipement],
    pris: list[tuple[int, int, int, str]],
    fermee: tuple[int, int, int] | None,
    voulu: tuple[int, int],
    nouveau: str,
):
    tenant, centre, controleurs = decor
    connexion.rollback()
    for table in ("rdv", "voie_fermee", "ouverture", "journee"):
        connexion.execute(f"delete from rdv.{table}".encode())
    voies = count_voies(lignes)
    connexion.execute(
        "insert into rdv.journee values (%s, %s, %s, %s, %s, 'ouvert', 1000, %s)",
        (tenant, centre, LUNDI, at(0), at(0) + timedelta(days=1), voies and list(voies)),
    )
    connexion.execute(
        "insert into rdv.ouverture select %s, %s, c, %s, '{}', '{}' from unnest(%s::uuid[]) c",
        (tenant, centre, LUNDI, controleurs),
    )
    fermeture = None
    if fermee is not None and fermee[0] < len(lignes) and lignes[fermee[0]].en_service:
        ligne, quand = lignes[fermee[0]], Intervalle(quart(fermee[1]), quart(fermee[1] + fermee[2]))
        fermeture = fermee[0], quand
        connexion.execute(
            "insert into rdv.voie_fermee (id, tenant_id, centre_id, masque, debut, fin) values (%s, %s, %s, %s, %s, %s)",
            (new_id(), tenant, centre, write_masque(ligne.vehicule_types), quand.debut, quand.fin),
        )
    actifs: list[tuple[Intervalle, str]] = []
    tenus: list[tuple[int, Intervalle]] = []
    for qui, debut, longueur, genre in pris:
        intervalle = Intervalle(quart(debut), quart(debut + longueur))
        if not _fits(lignes, fermeture, actifs, intervalle, genre):
            continue  # a lane too few already is for people to see to: it takes nothing from other vehicles
        cursor = connexion.execute(
            "insert into rdv.rdv (id, tenant_id, numero, centre_id, controleur_id, type_controle, debut, fin, jour, statut,"
            " paiement_mode, source, client_type, client_nom, client_cle_nom, immatriculation, vehicule_type, carburant)"
            " values (%s, %s, %s, %s, %s, 'CTP', %s, %s, %s, 'confirme', 'sur_place', 'web', 'particulier', 'X', 'x',"
            " 'AB-123-CD', %s, 'Diesel') on conflict do nothing",
            (
                new_id(), tenant, new_id().hex, centre, controleurs[qui], intervalle.debut, intervalle.fin, LUNDI, genre
            ),
        )  # fmt: skip
        if cursor.rowcount:
            actifs.append((intervalle, genre))
            tenus.append((qui, intervalle))
    cherche = Intervalle(quart(voulu[0]), quart(voulu[0] + voulu[1]))
    attendu = _fits(lignes, fermeture, actifs, cherche, nouveau)
    cursor = connexion.execute(
        "select rdv.voies_prises(j, %s, '{}', %s) && tstzrange(%s, %s) from rdv.journee j where jour = %s",
        (nouveau, at(7), cherche.debut, cherche.fin, LUNDI),
    )
    # Only who finds a free inspector asks for a lane: with as many lanes as inspectors nothing is counted.
    if any(not any(q == qui and i.overlaps(cherche) for q, i in tenus) for qui in range(len(controleurs))):
        assert cursor.fetchone() == (not attendu,)


def _fits(
    lignes: list[Equipement],
    fermeture: tuple[int, Intervalle] | None,
    actifs: list[tuple[Intervalle, str]],
    cherche: Intervalle,
    nouveau: str,
) -> bool:
    """Quarter by quarter: with all lanes, or without the closed one while it is closed."""
    instants = [cherche.debut + timedelta(minutes=15 * n) for n in range(int(cherche.duree / timedelta(minutes=15)))]
    for instant in instants:
        moment = Intervalle(instant, instant + timedelta(minutes=15))
        fermee = fermeture[0] if fermeture is not None and fermeture[1].overlaps(moment) else None
        presentes = [replace(e, en_service=e.en_service and n != fermee) for n, e in enumerate(lignes)]
        if not fits_lanes(presentes, actifs, moment, nouveau):
            return False
    return True
