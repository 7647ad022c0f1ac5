"""The hot statement and the plain rule give the same free starts, whatever the day looks like; and it never scans a table."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guichet.rdv.actions.projeter import format_plages
from guichet.rdv.metier.creneaux import Libre, Ouvert, free_starts
from guichet.rdv.metier.heures import GRILLES, minuit
from guichet.rdv.metier.intervalles import Intervalle
from guichet.socle.database import Database, Role
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.rdv.fabrique import fill_reservable

Connexion = psycopg.Connection[Any]
# The last one is at nine hours and a half: its whole hours are nobody else's.
ZONES = [
    ZoneInfo(z) for z in ("Europe/Paris", "Indian/Reunion", "America/Guadeloupe", "Pacific/Noumea", "Pacific/Marquesas")
]
JOURS = [date(2026, 10, 25), date(2027, 3, 28), date(2026, 11, 23)]
CAPACITES = [frozenset({"VL"}), frozenset({"VL", "Gaz"}), frozenset({"L"}), frozenset({"VL", "hab:X"})]
CRENEAUX = "select debut, places, au_travail, sans_trou from rdv.creneaux(%s, %s, %s, %s, %s, %s, %s, %s, %s)"


@pytest.fixture(scope="module")
async def decor(database: Database) -> tuple[UUID, UUID, list[UUID]]:
    """A tenant, a centre and three inspectors."""
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        centre, controleurs = await fill_reservable(session, controleurs=3)
    return tenant.id, centre.id, [c.id for c in controleurs]


@pytest.fixture(scope="module")
def connexion(decor: tuple[UUID, UUID, list[UUID]], database_urls: dict[Role, str]) -> Iterator[Connexion]:
    """A connection of the application's role in that tenant; nothing it writes stays."""
    with psycopg.connect(database_urls[Role.APP], options="-c timezone=UTC") as opened:
        opened.execute("select set_config('app.tenant_id', %s, false)", (str(decor[0]),))
        opened.commit()
        yield opened
        opened.rollback()


quarts = st.integers(0, 96)
plages = st.lists(st.tuples(quarts, quarts).filter(lambda p: p[0] < p[1]), max_size=3)
rendez_vous = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(-20, 300),
        st.integers(1, 24),
        st.sampled_from(["confirme", "en_cours", "termine", "annule", "absent", "tenu", "mort"]),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(ZONES),
    jour=st.sampled_from(JOURS),
    travail=st.lists(plages, min_size=3, max_size=3),
    capacites=st.lists(st.sampled_from(CAPACITES), min_size=3, max_size=3),
    pris=rendez_vous,
    besoins=st.sampled_from([frozenset({"VL"}), frozenset({"VL", "Gaz"}), frozenset({"VL", "hab:X"})]),
    duree=st.sampled_from([15, 30, 45, 60, 100]),
    grille=st.sampled_from(GRILLES),
    depuis=st.integers(-60, 1500),
)
def test_the_database_and_the_rule_agree(
    connexion: Connexion,
    decor: tuple[UUID, UUID, list[UUID]],
    zone: ZoneInfo,
    jour: date,
    travail: list[list[tuple[int, int]]],
    capacites: list[frozenset[str]],
    pris: list[tuple[int, int, int, str]],
    besoins: frozenset[str],
    duree: int,
    grille: int,
    depuis: int,
):
    tenant_id, centre_id, controleurs = decor
    debut_jour, fin_jour = minuit(jour, zone), minuit(jour + timedelta(days=1), zone)
    maintenant = debut_jour + timedelta(minutes=depuis)
    connexion.rollback()
    for table in ("rdv", "ouverture", "journee"):
        connexion.execute(f"delete from rdv.{table}".encode())
    connexion.execute(
        "insert into rdv.journee values (%s, %s, %s, %s, %s, 'ouvert', 1000, null)",
        (tenant_id, centre_id, jour, debut_jour, fin_jour),
    )
    ouverts = []
    for controleur, quand, quoi in zip(controleurs, travail, capacites, strict=True):
        intervalles = tuple(
            Intervalle(a, b)
            for x, y in quand
            if (a := debut_jour + timedelta(minutes=15 * x))
            < (b := min(fin_jour, debut_jour + timedelta(minutes=15 * y)))
        )
        ouverts.append(Ouvert(controleur, intervalles, quoi))
        connexion.execute(
            "insert into rdv.ouverture values (%s, %s, %s, %s, %s::tstzmultirange, %s)",
            (
                tenant_id,
                centre_id,
                controleur,
                jour,
                format_plages((i.debut, i.fin) for i in intervalles),
                sorted(quoi),
            ),
        )
    occupes: dict[UUID, list[Intervalle]] = {}
    for qui, debut, longueur, etat in pris:
        intervalle = Intervalle(
            debut_jour + timedelta(minutes=5 * debut), debut_jour + timedelta(minutes=5 * (debut + longueur))
        )
        if insert_rdv(connexion, decor, controleurs[qui], intervalle, etat, maintenant) and etat in {
            "confirme",
            "en_cours",
            "termine",
            "tenu",
        }:
            occupes.setdefault(controleurs[qui], []).append(intervalle)

    cursor = connexion.execute(
        CRENEAUX,
        (
            centre_id,
            jour,
            jour,
            timedelta(minutes=duree),
            timedelta(minutes=grille),
            sorted(besoins),
            maintenant,
            maintenant,
            10_000,
        ),
    )
    trouves = [Libre(*ligne) for ligne in cursor.fetchall()]
    attendus = free_starts(
        ouverts,
        occupes,
        besoins=besoins,
        duree=timedelta(minutes=duree),
        zone=zone,
        grille=grille,
        a_partir=maintenant,
    )
    assert trouves == attendus


def insert_rdv(
    connexion: Connexion,
    decor: tuple[UUID, UUID, list[UUID]],
    controleur: UUID,
    intervalle: Intervalle,
    etat: str,
    maintenant: datetime,
) -> bool:
    """Write an appointment unless the constraint refuses it. `tenu` is a living hold, `mort` a dead one."""
    statut = {"tenu": "en_attente_paiement", "mort": "en_attente_paiement"}.get(etat, etat)
    expire = {"tenu": maintenant + timedelta(minutes=1), "mort": maintenant}.get(etat)
    cursor = connexion.execute(
        "insert into rdv.rdv (id, tenant_id, numero, centre_id, controleur_id, type_controle, debut, fin, jour, statut,"
        " paiement_mode, expire_a, annule_le, source, client_type, client_nom, client_cle_nom, immatriculation,"
        " vehicule_type, carburant) values (%s, %s, %s, %s, %s, 'CTP', %s, %s, %s, %s, 'sur_place', %s, %s, 'web',"
        " 'particulier', 'X', 'x', 'AB-123-CD', 'VP', 'Diesel') on conflict do nothing",
        (
            new_id(), decor[0], new_id().hex, decor[1], controleur, intervalle.debut, intervalle.fin, intervalle.debut.date(),
            statut, expire, maintenant if statut == "annule" else None,
        ),
    )  # fmt: skip
    return cursor.rowcount == 1


def at_utc(jour: date, heure: int) -> datetime:
    return datetime.combine(jour, time(heure), UTC)


@pytest.fixture
def big(connexion: Connexion, decor: tuple[UUID, UUID, list[UUID]]) -> Iterator[Connexion]:
    """Enough days and appointments for the planner to care."""
    tenant_id, centre_id, controleurs = decor
    connexion.rollback()
    for table in ("rdv", "ouverture", "journee"):
        connexion.execute(f"delete from rdv.{table}".encode())
    connexion.execute(
        "insert into rdv.journee select %s, %s, d::date, d, d + interval '1 day', 'ouvert', 1000, null"
        " from generate_series(timestamptz '2026-01-01', '2027-12-31', interval '1 day') d",
        (tenant_id, centre_id),
    )
    connexion.execute(
        "insert into rdv.ouverture select %s, %s, c, d::date,"
        " tstzmultirange(tstzrange(d + interval '8 hours', d + interval '18 hours')), '{VL}'"
        " from generate_series(timestamptz '2026-01-01', '2027-12-31', interval '1 day') d, unnest(%s::uuid[]) c",
        (tenant_id, centre_id, controleurs),
    )
    connexion.execute(
        "insert into rdv.rdv (id, tenant_id, numero, centre_id, controleur_id, type_controle, debut, fin, jour, statut,"
        " paiement_mode, source, client_type, client_nom, client_cle_nom, immatriculation, vehicule_type, carburant)"
        " select gen_random_uuid(), tenant_id, substr(md5(controleur_id::text || d || n), 1, 20), centre_id, controleur_id, 'CTP',"
        " d, d + interval '45 min', jour, 'confirme', 'sur_place', 'web', 'particulier', 'X', 'x', 'AB-123-CD', 'VP', 'Diesel'"
        " from rdv.ouverture, generate_series(0, 7) n, lateral (select lower(plages) + n * interval '1 hour' as d) x",
    )
    connexion.execute("discard plans")  # those kept from the days of a few rows
    yield connexion
    connexion.rollback()


def scans(connexion: Connexion) -> dict[str, int]:
    """Sequential scans of the booking tables in the transaction in progress."""
    cursor = connexion.execute("select relname, seq_scan from pg_stat_xact_user_tables where schemaname = 'rdv'")
    return dict(cursor.fetchall())


def test_free_starts_are_read_through_indexes_under_row_level_security(
    big: Connexion, decor: tuple[UUID, UUID, list[UUID]]
):
    jour = date(2027, 6, 1)
    avant = scans(big)
    for limite in (3, 10_000):
        cursor = big.execute(
            CRENEAUX,
            (
                decor[1],
                jour,
                jour + timedelta(days=6),
                timedelta(minutes=45),
                timedelta(minutes=15),
                ["VL"],
                at_utc(jour, 0),
                at_utc(jour, 0),
                limite,
            ),
        )
        assert cursor.rowcount > 0
    assert scans(big) == avant


LOOK_UPS = (
    "centre_id = %(centre)s and debut >= %(du)s and debut < %(au)s",
    "controleur_id = %(controleur)s and debut > %(du)s and debut < %(au)s",
    "immatriculation = 'ZZ-999-ZZ'",
    "client_telephone_index = 'x'",
    "client_email_index = 'x'",
    "client_id = %(centre)s",
    "numero = 'RDV-AAAAAAAA'",
    "statut = 'en_attente_paiement' and expire_a <= %(du)s",
)


def test_booking_and_the_look_ups_of_an_appointment_use_indexes_as_the_application(
    big: Connexion, decor: tuple[UUID, UUID, list[UUID]]
):
    jour = date(2027, 6, 1)
    parametres = {"centre": decor[1], "controleur": decor[2][0], "du": at_utc(jour, 0), "au": at_utc(jour, 23)}
    for condition in LOOK_UPS:
        cursor = big.execute(f"explain select id from rdv.rdv where {condition}".encode(), parametres)
        plan = "\n".join(ligne for (ligne,) in cursor.fetchall())
        assert "Seq Scan" not in plan, plan
    avant = scans(big)
    rdv = {
        "id": str(new_id()), "tenant_id": str(decor[0]), "centre_id": str(decor[1]), "jour": jour.isoformat(),
        "debut": at_utc(jour, 12).isoformat(), "fin": at_utc(jour, 13).isoformat(),
    }  # fmt: skip
    cursor = big.execute(
        "select issue from rdv.reserver(%s, '{}', '{}', '{VL}', null, %s, '{}', '{}', '1 minute', true)",
        (json.dumps(rdv), at_utc(jour, 0)),
    )
    assert cursor.fetchone() == ("pris",)
    assert scans(big) == avant
