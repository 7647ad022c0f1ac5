"""The waiting list under races: a freed place has one holder, an entry is served once."""

import asyncio
from collections import Counter
from datetime import timedelta

import psycopg
from sqlalchemy import text

from guichet.identite.facade import TenantVue, set_reglages
from guichet.rdv.actions.attente.inscrire import InscriptionFaite
from guichet.rdv.actions.attente.repondre import accept_offre, leave_list, refuse_offre
from guichet.rdv.actions.tenues import expire_holds
from guichet.rdv.facade import RdvVue, Reservation, cancel_rdv
from guichet.rdv.questions.attente import InscriptionVue
from guichet.reseau.facade import CentreVue
from guichet.socle.database import Database
from guichet.socle.errors import GuichetError
from guichet.socle.horloge import frozen
from tests.identite.fabrique import make_tenant
from tests.rdv.fabrique import MAINTENANT, agent, autre_demande, fill_reservable
from tests.rdv.liste import fill_day, holder, read, wait
from tests.rdv.test_course import OCCUPE, attempt, overlaps

QUINZE = timedelta(minutes=15)
TOURS = 5


async def make_full(database: Database, *, centres: int = 1) -> tuple[TenantVue, list[CentreVue], list[list[RdvVue]]]:
    """A committed tenant whose centres are full on Monday."""
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        await set_reglages(session, Reservation(tolerance_surreservation=0))
        faits = [(await fill_reservable(session))[0] for _ in range(centres)]
    pris = []
    for rang, centre in enumerate(faits):
        async with database.transaction(tenant.id) as session:
            pris.append(await fill_day(session, centre, depart=100 * rang + 1))
    return tenant, faits, pris


async def enter(database: Database, centre: CentreVue, rang: int, *autres: CentreVue) -> InscriptionFaite:
    async with database.transaction(centre.tenant_id) as session:
        return await wait(session, centre, rang, autres=autres)


async def cancel(database: Database, rdv: RdvVue) -> None:
    async with database.transaction(rdv.tenant_id) as session:
        await cancel_rdv(session, rdv_id=rdv.id, appelant=agent(rdv.tenant_id))


async def seen(database: Database, faite: InscriptionFaite) -> InscriptionVue:
    async with database.transaction(faite.inscription.tenant_id) as session:
        return await read(session, faite)


async def answer(database: Database, faite: InscriptionFaite, geste) -> str:
    """One answer in its own transaction. Returns `oui` or the code of the refusal."""
    try:
        async with database.transaction(faite.inscription.tenant_id) as session:
            await geste(session, inscription_id=faite.inscription.id, appelant=holder(faite))
    except GuichetError as refus:
        return refus.code
    except psycopg.errors.LockNotAvailable:
        return OCCUPE
    return "oui"


async def sweep(database: Database, tenant: TenantVue) -> None:
    async with database.transaction(tenant.id) as session:
        await expire_holds(session)


async def holders(database: Database, tenant: TenantVue) -> list[int]:
    """How many rows occupy each start of the tenant now."""
    async with database.transaction(tenant.id) as session:
        rows = await session.execute(
            text(
                "select count(*) from rdv.rdv where rdv.occupe(statut, expire_a, :m) group by centre_id, controleur_id, debut"
            ),
            {"m": MAINTENANT},
        )
        return list(rows.scalars())


async def test_fifty_people_ask_for_a_place_while_it_is_offered_and_none_has_it(database: Database):
    tenant, (centre,), (pris,) = await make_full(database)
    faite = await enter(database, centre, 500)
    issues, _fait = await asyncio.gather(
        asyncio.gather(
            *(
                attempt(database, tenant.id, autre_demande(centre, 600 + n, heure_debut=pris[0].heure_debut))
                for n in range(50)
            )
        ),
        cancel(database, pris[0]),
    )
    assert set(issues) <= {"CRENEAU_INDISPONIBLE", OCCUPE}
    assert (await seen(database, faite)).statut == "offre"
    assert set(await holders(database, tenant)) == {1}


async def test_two_places_freed_at_once_in_two_centres_serve_an_entry_once(database: Database):
    tenant, centres, pris = await make_full(database, centres=2)
    for tour in range(TOURS):
        partout = await enter(database, centres[0], 500 + tour, centres[1])
        second = await enter(database, centres[0], 600 + tour)
        await asyncio.gather(cancel(database, pris[0][tour]), cancel(database, pris[1][tour]))
        assert (await seen(database, partout)).statut == "offre"
        async with database.transaction(tenant.id) as session:
            combien = await session.scalar(
                text("select count(*) from rdv.offre where inscription_id = :i"), {"i": partout.inscription.id}
            )
        assert combien == 1
        assert await answer(database, partout, accept_offre) == "oui"
        assert await answer(database, second, leave_list) == "oui"
    assert await overlaps(database, tenant.id) == 0


async def test_an_offer_that_is_accepted_twice_at_once_gives_one_appointment(database: Database):
    tenant, (centre,), (pris,) = await make_full(database)
    faite = await enter(database, centre, 500)
    await cancel(database, pris[0])
    assert Counter(await asyncio.gather(*(answer(database, faite, accept_offre) for _ in range(6)))) == {"oui": 6}
    assert set(await holders(database, tenant)) == {1}
    async with database.transaction(tenant.id) as session:
        crees = await session.scalar(
            text("select count(*) from socle.messages where type = 'rdv.created' and payload->>'debut' = :d"),
            {"d": pris[0].debut.isoformat().replace("+00:00", "Z")},
        )
    assert crees == 2, "the first customer's booking, and the one of the list"


async def test_accepting_refusing_and_leaving_at_once_have_one_outcome(database: Database):
    tenant, (centre,), (pris,) = await make_full(database)
    for tour in range(TOURS):
        premier, second = await enter(database, centre, 500 + tour), await enter(database, centre, 600 + tour)
        await cancel(database, pris[tour])
        issues = await asyncio.gather(
            answer(database, premier, accept_offre),
            answer(database, premier, refuse_offre),
            answer(database, premier, leave_list),
        )
        a_rdv = (await seen(database, premier)).statut == "servie"
        assert a_rdv is (issues[0] == "oui")
        assert set(await holders(database, tenant)) == {1}
        await answer(database, premier, leave_list)
        await answer(database, second, leave_list)
    assert await overlaps(database, tenant.id) == 0


async def test_accepting_at_the_deadline_while_it_is_swept_gives_the_place_to_the_next(database: Database):
    tenant, (centre,), (pris,) = await make_full(database)
    premier, second = await enter(database, centre, 500), await enter(database, centre, 600)
    await cancel(database, pris[0])
    with frozen(MAINTENANT + QUINZE):
        issue, *_reste = await asyncio.gather(
            answer(database, premier, accept_offre), sweep(database, tenant), sweep(database, tenant)
        )
        assert issue == "OFFRE_EXPIREE"
        assert (await seen(database, second)).statut == "offre"
        assert (await seen(database, premier)).statut == "expiree"
        assert await answer(database, second, accept_offre) == "oui"
    assert await overlaps(database, tenant.id) == 0


async def test_the_same_person_joining_twice_at_once_is_one_entry(database: Database):
    tenant, (centre,), _pris = await make_full(database)
    faites = await asyncio.gather(*(enter(database, centre, 500) for _ in range(5)))
    assert len({f.inscription.id for f in faites}) == 1
    assert [f.nouvelle for f in faites].count(True) == 1
    async with database.transaction(tenant.id) as session:
        assert await session.scalar(text("select count(*) from rdv.inscription")) == 1
