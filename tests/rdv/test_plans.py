"""The hot statements never read a big table from one end to the other, as the application's role, with fresh statistics."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from guichet.rdv.questions.directes import LIRE
from guichet.socle.database import Database, Role
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.rdv.fabrique import fill_reservable

Connexion = psycopg.Connection[Any]
Decor = tuple[UUID, UUID, list[UUID]]
DEBUT, FIN, JOUR = date(2026, 1, 1), date(2028, 12, 31), date(2027, 6, 1)
GRANDES = ("rdv.rdv", "rdv.ouverture", "rdv.journee")
REMPLIR = """
delete from rdv.ouverture where centre_id = %(centre)s;
delete from rdv.journee where centre_id = %(centre)s;
insert into rdv.journee (tenant_id, centre_id, jour, minuit, lendemain, etat, capacite)
  select %(tenant)s, %(centre)s, d::date, d, d + interval '1 day', 'ouvert', 1000
    from generate_series(%(du)s::timestamptz, %(au)s::timestamptz, interval '1 day') d;
insert into rdv.ouverture (tenant_id, centre_id, controleur_id, jour, plages, capacites)
  select %(tenant)s, %(centre)s, c, d::date,
         tstzmultirange(tstzrange(d + interval '8 hours', d + interval '18 hours')), '{VL}'
    from generate_series(%(du)s::timestamptz, %(au)s::timestamptz, interval '1 day') d, unnest(%(equipe)s::uuid[]) c;
insert into rdv.rdv (id, tenant_id, numero, centre_id, controleur_id, type_controle, debut, fin, jour, statut, paiement_mode,
                     source, client_type, client_nom, client_cle_nom, immatriculation, vehicule_type, carburant)
  select gen_random_uuid(), tenant_id, substr(md5(controleur_id::text || d || n), 1, 20), centre_id, controleur_id, 'CTP', d,
         d + interval '45 min', jour, 'confirme', 'sur_place', 'web', 'particulier', 'X', 'x', 'AB-123-CD', 'VP', 'Diesel'
    from rdv.ouverture, generate_series(0, 6) n, lateral (select lower(plages) + n * interval '1 hour' as d) x
   where centre_id = %(centre)s;
analyze rdv.rdv, rdv.ouverture, rdv.journee;
"""
VIDER = """
delete from rdv.rdv where centre_id = %(centre)s;
delete from rdv.ouverture where centre_id = %(centre)s;
delete from rdv.journee where centre_id = %(centre)s;
analyze rdv.rdv, rdv.ouverture, rdv.journee;
"""
RESERVER = """
select issue from rdv.reserver_directement(
  %(tenant)s, %(rdv)s, %(client)s, %(vehicule)s, '{VL}', %(maintenant)s, '{}', '{}', interval '0', 'rdv.created',
  1::smallint, '{}', '{}', null, '', '', null, null, null, %(tenant)s, '\\x01', %(cle)s, '\\x02', '{}', '\\x03', %(equipe)s,
  '{a,b,c}')
"""


@pytest.fixture(scope="module")
async def decor(database: Database) -> Decor:
    """A tenant, a centre and three inspectors."""
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        centre, controleurs = await fill_reservable(session, controleurs=3)
    return tenant.id, centre.id, [c.id for c in controleurs]


@pytest.fixture(scope="module")
def grand(decor: Decor, database_urls: dict[Role, str]) -> Iterator[None]:
    """Three years of full days, known to the planner; gone afterwards."""
    tenant, centre, equipe = decor
    valeurs = {"tenant": tenant, "centre": centre, "equipe": equipe, "du": DEBUT, "au": FIN}
    with psycopg.connect(database_urls[Role.MAINTENANCE], autocommit=True, cursor_factory=psycopg.ClientCursor) as opened:  # fmt: skip
        opened.execute("set timezone = 'UTC'")
        opened.execute(REMPLIR, valeurs)
        yield
        opened.execute(VIDER, valeurs)


@pytest.fixture
def connexion(grand: None, database_urls: dict[Role, str]) -> Iterator[Connexion]:
    """A connection of the application's role; nothing it writes stays."""
    with psycopg.connect(database_urls[Role.APP], options="-c timezone=UTC") as opened:
        yield opened
        opened.rollback()


def scans(connexion: Connexion) -> dict[str, int]:
    """Sequential scans of the big tables in the transaction in progress, inside functions too."""
    cursor = connexion.execute(
        "select schemaname || '.' || relname, seq_scan from pg_stat_xact_user_tables where schemaname in ('rdv', 'annuaire')"
    )
    return {table: number for table, number in cursor.fetchall() if number}


def test_the_scans_of_a_transaction_are_seen(connexion: Connexion, decor: Decor):
    """The negative control: a whole table read is counted."""
    connexion.execute("select set_config('app.tenant_id', %s, true)", (str(decor[0]),))
    for way in ("indexscan", "indexonlyscan", "bitmapscan"):
        connexion.execute(f"set local enable_{way} = off".encode())
    connexion.execute("select count(*) from rdv.rdv where notes is null")
    assert scans(connexion) == {"rdv.rdv": 1}


@pytest.mark.parametrize("jours", [1, 7])
def test_free_starts_are_read_directly_through_indexes(connexion: Connexion, decor: Decor, jours: int):
    tenant, centre, equipe = decor
    instant = datetime.combine(JOUR, datetime.min.time(), UTC)
    fin = JOUR + timedelta(days=jours - 1)
    cursor = connexion.execute(
        LIRE,
        (tenant, centre, JOUR, fin, timedelta(minutes=45), timedelta(minutes=15), ["VL"], instant, instant, JOUR, equipe, "VP"),
    )  # fmt: skip
    ligne = cursor.fetchone()
    assert ligne
    assert len(ligne[0]) >= 9 * jours
    assert scans(connexion) == {}


def test_a_booking_goes_through_indexes(connexion: Connexion, decor: Decor):
    tenant, centre, equipe = decor
    debut = datetime.combine(JOUR, datetime.min.time(), UTC) + timedelta(hours=15)
    commun = {"tenant_id": str(tenant), "version": 1, "created_at": debut.isoformat(), "updated_at": debut.isoformat()}
    rdv = commun | {
        "id": str(new_id()), "numero": "RDV-ESSAIPLN", "centre_id": str(centre), "controleur_choisi": False,
        "type_controle": "CTP", "debut": debut.isoformat(), "fin": (debut + timedelta(minutes=45)).isoformat(),
        "jour": JOUR.isoformat(), "statut": "confirme", "surnombre": False, "paiement_mode": "sur_place", "source": "web",
        "client_type": "particulier", "client_nom": "X", "client_prenom": "", "client_cle_nom": "x",
        "client_email_index": "\\x01", "client_telephone_index": "\\x02", "immatriculation": "AB-123-CD",
        "vehicule_type": "VP", "carburant": "Diesel", "langue": "fr", "modifications": 0, "sequence": 0,
    }  # fmt: skip
    client = commun | {
        "id": str(new_id()), "type": "particulier", "nom": "X", "prenom": "", "cle_nom": "x", "email_index": "\\x01",
        "telephone_index": "\\x02", "langue": "fr", "origine": "reservation",
    }  # fmt: skip
    vehicule = commun | {
        "id": str(new_id()), "immatriculation": "AB-123-CD", "forme": "siv", "type": "VP", "carburant": "Diesel",
        "annee_seule": False,
    }  # fmt: skip
    cursor = connexion.execute(
        RESERVER,
        {
            "tenant": tenant, "rdv": json.dumps(rdv), "client": json.dumps(client), "vehicule": json.dumps(vehicule),
            "maintenant": debut - timedelta(days=1), "cle": f"plans-{new_id()}",
            "equipe": json.dumps({str(c): "{}" for c in equipe}),
        },
    )  # fmt: skip
    assert cursor.fetchone() == ("ok",)
    assert {table: n for table, n in scans(connexion).items() if table in GRANDES} == {}
