"""A block and a booking that collide: exactly one wins and the other is told, whoever comes first."""

import asyncio
import os
from collections import Counter
from datetime import datetime
from uuid import UUID

import psycopg
import pytest

from guichet.rdv.actions.planning.appliquer import apply_resolutions
from guichet.rdv.actions.planning.decider import cancel_evenement, create_evenement
from guichet.rdv.actions.planning.demandes import DemandeEvenement
from guichet.rdv.actions.planning.essais import Issue
from guichet.rdv.facade import DemandeRdv, create_rdv
from guichet.rdv.metier.evenements import TypeEvenement
from guichet.reseau.facade import CentreVue
from guichet.socle.database import Database, raw
from guichet.socle.errors import GuichetError
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.rdv.fabrique import PARIS, agent, anonyme, autre_demande, fill_reservable
from tests.rdv.test_course import OCCUPE, starts

TOURS = 200 if os.environ.get("GUICHET_TESTS_COMPLETS") else 20


async def book_once(database: Database, tenant_id: UUID, demande: DemandeRdv) -> str:
    try:
        async with database.transaction(tenant_id) as session:
            await create_rdv(session, demande=demande, appelant=anonyme(f"test-{new_id().hex}"))
    except GuichetError as refus:
        return f"{refus.code}:{refus.extra.get('raison')}"
    except psycopg.errors.LockNotAvailable:
        return OCCUPE
    return "reserve"


async def block_once(database: Database, centre: CentreVue, debut: datetime, **cible: UUID) -> Issue | None:
    demande = DemandeEvenement(
        type=TypeEvenement.BLOCAGE if "centre_id" in cible else TypeEvenement.ABSENCE,
        debut=debut,
        fin=debut.replace(minute=59),
        motif="Course",
        **cible,
    )
    try:
        async with database.transaction(centre.tenant_id) as session:
            return await create_evenement(session, demande=demande, appelant=agent(centre.tenant_id, "ADMIN_TENANT"))
    except psycopg.errors.LockNotAvailable:
        return None


def asked(centre: CentreVue, rang: int, debut: datetime) -> DemandeRdv:
    local = debut.astimezone(PARIS)
    return autre_demande(centre, rang, date=local.date().isoformat(), heure_debut=local.strftime("%H:%M"))


async def stranded(database: Database, tenant_id: UUID) -> int:
    """How many living appointments stand where their inspector has no hours."""
    async with database.transaction(tenant_id) as session:
        cursor = await (await raw(session)).execute(
            "select count(*) from rdv.rdv r where r.statut = 'confirme' and not exists (select from rdv.ouverture o"
            " where o.centre_id = r.centre_id and o.jour = r.jour and o.controleur_id = r.controleur_id"
            " and o.plages @> tstzrange(r.debut, r.fin))"
        )
        ligne = await cursor.fetchone()
        assert ligne is not None
        return int(ligne[0])


@pytest.mark.parametrize("personne", [False, True])
async def test_exactly_one_of_a_block_and_a_booking_wins(database: Database, personne: bool):
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        centre, (anne,) = await fill_reservable(
            session, capacite_journaliere=1000, reservation={"tolerance_surreservation": 0}
        )
    cible = {"controleur_id": anne.id} if personne else {"centre_id": centre.id}
    vus: Counter[str] = Counter()
    for tour, debut in enumerate(starts(TOURS)):
        courses = [book_once(database, tenant.id, asked(centre, tour * 4 + n, debut)) for n in range(4)]
        # Each round lets another one start first.
        courses.insert(tour % 5, asyncio.sleep(0, result=""))
        taches = [asyncio.ensure_future(c) for c in courses[: tour % 5]]
        bloc = asyncio.ensure_future(block_once(database, centre, debut, **cible))
        taches += [asyncio.ensure_future(c) for c in courses[tour % 5 :]]
        issues = Counter(filter(None, await asyncio.gather(*taches)))
        issue = await bloc
        pris = issues.pop("reserve", 0)
        assert pris <= 1
        assert set(issues) <= {
            "CRENEAU_INDISPONIBLE:pris", "CRENEAU_INDISPONIBLE:bloque", "CRENEAU_INDISPONIBLE:complet", OCCUPE + ":None", OCCUPE,
        }  # fmt: skip
        if issue is None:
            continue
        assert bool(issue.collisions) == (pris == 1), (issues, issue)
        vus["reserve" if pris else "bloque"] += 1
        if issue.collisions:
            assert {c.rdv.debut for c in issue.collisions} == {debut}
        async with database.transaction(tenant.id) as session:
            await cancel_evenement(session, evenement_id=issue.evenement.id, appelant=agent(tenant.id, "ADMIN_TENANT"))
    assert await stranded(database, tenant.id) == 0
    assert sum(vus.values()) > 0


async def test_bookings_during_an_application_leave_nobody_stranded(database: Database):
    """Applying a dry run, while others take the starts it moves to: it wins whole, or is told to look again."""
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        centre, _ = await fill_reservable(
            session, controleurs=2, capacite_journaliere=1000, reservation={"tolerance_surreservation": 0}
        )
    admin = agent(tenant.id, "ADMIN_TENANT")
    perimes = 0
    for tour, debut in enumerate(starts(TOURS // 2)):
        for n in range(2):
            await book_once(database, tenant.id, asked(centre, 1000 + tour * 10 + n, debut))
        issue = await block_once(database, centre, debut, centre_id=centre.id)
        assert issue is not None
        assert len(issue.collisions) >= 1
        while issue.collisions:
            cibles = [c.proposition.debut for c in issue.collisions if c.proposition.debut]

            async def apply(essai: Issue) -> Issue:
                async with database.transaction(tenant.id) as session:
                    return await apply_resolutions(
                        session,
                        evenement_id=essai.evenement.id,
                        jeton=essai.jeton or "",
                        resolutions=[c.proposition for c in essai.collisions],
                        appelant=admin,
                    )

            courses = [book_once(database, tenant.id, asked(centre, 5000 + tour * 10 + perimes, d)) for d in cibles]
            application = asyncio.ensure_future(apply(issue))
            await asyncio.gather(application, *courses)
            issue = application.result()
            perimes += issue.perime
    assert await stranded(database, tenant.id) == 0
