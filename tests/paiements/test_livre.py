"""The ledger and the numbers: every cent accounted for whatever happens, no number skipped, none given twice."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.paiements.actions.appliquer import apply_constat
from guichet.paiements.facade import (
    close_paiement,
    find_paiements,
    list_pieces,
    list_remboursements,
    record_encaissement,
    refund_paiement,
)
from guichet.paiements.metier.constats import Constat, EtatSession, RemboursementConstate, TentativeConstatee
from guichet.paiements.metier.types import Issue, StatutRemboursement
from guichet.socle.database import Database
from guichet.socle.errors import GuichetError
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.paiements.fabrique import ACHETEUR, LIGNES, MAINTENANT, fill_encaissement, fill_paiement, sell_online

GESTES = st.lists(
    st.one_of(
        st.tuples(st.just("payer"), st.integers(0, 1)),
        st.tuples(st.just("refuser"), st.integers(0, 5)),
        st.tuples(st.just("fermer"), st.just(0)),
        st.tuples(st.just("rendre"), st.integers(1, 9_000)),
        st.tuples(st.just("rendre_ailleurs"), st.integers(1, 9_000)),
        st.tuples(st.just("prestataire"), st.integers(0, 2)),
        st.tuples(st.just("relire"), st.integers(0, 3)),
        st.tuples(st.just("attendre"), st.integers(1, 20)),
    ),
    max_size=14,
)


class Prestataire:
    """What a provider would answer, made by hand: it never gives back more than it took."""

    def __init__(self) -> None:
        self.constat = Constat(session_id="ses", etat=EtatSession.OUVERTE)
        self.passes = [self.constat]

    def change(self, **champs: object) -> None:
        self.constat = replace(self.constat, **champs)
        self.passes.append(self.constat)

    @property
    def rendu(self) -> int:
        return sum(r.montant_cents for r in self.constat.remboursements if r.statut != StatutRemboursement.REFUSE)

    def refund(self, reference: str, montant: int, issue: int) -> None:
        if montant > self.constat.encaisse_cents - self.rendu:
            issue = 2
        statut = (StatutRemboursement.EFFECTUE, StatutRemboursement.EN_ATTENTE, StatutRemboursement.REFUSE)[issue]
        rang = len(self.constat.remboursements)
        rendu = RemboursementConstate(ref=f"rem_{rang}", reference=reference, montant_cents=montant, statut=statut)
        self.change(remboursements=(*self.constat.remboursements, rendu))


async def check_books(session: AsyncSession) -> None:
    """Everything adds up, and nothing more was given back than taken."""
    await session.execute(text("set constraints all immediate"))
    await session.execute(text("set constraints all deferred"))
    somme = (await session.execute(text("select coalesce(sum(solde_cents), 0) from paiements.balance"))).scalar_one()
    assert somme == 0
    client = await session.execute(
        text("select coalesce(sum(solde_cents), 0) from paiements.balance where compte = 'client'")
    )
    reste = (
        await session.execute(text("select coalesce(sum(encaisse_cents - rembourse_cents), 0) from paiements.paiement"))
    ).scalar_one()
    assert -client.scalar_one() == reste >= 0
    trous = await session.execute(
        text(
            "select serie from paiements.piece group by serie, exercice"
            " having count(*) <> max(numero) or min(numero) <> 1"
        )
    )
    assert trous.all() == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gestes=GESTES)
async def test_whatever_happens_in_whatever_order_every_cent_is_accounted_for(
    database: Database, sans_bac: None, gestes: list[tuple[str, int]]
):
    tenant = await make_tenant(database)
    maintenant = MAINTENANT
    async with database.transaction(tenant.id) as session:
        await sell_online(session)
        with frozen(maintenant):
            vue = await fill_paiement(session, reference="rdv:1")
        await session.execute(text("update paiements.paiement set session_id = 'ses' where id = :id"), {"id": vue.id})
        bac = Prestataire()
        for geste, n in gestes:
            with frozen(maintenant):
                await play(session, bac, vue.id, geste, n)
            if geste == "attendre":
                maintenant += timedelta(minutes=n)
            await check_books(session)
        with frozen(maintenant):  # in the end the two agree
            await apply_constat(session, paiement_id=vue.id, constat=bac.constat)
        apres = (await find_paiements(session, reference="rdv:1"))[0]
        assert apres.encaisse_cents == bac.constat.encaisse_cents
        effectues = [r for r in bac.constat.remboursements if r.statut is StatutRemboursement.EFFECTUE]
        assert apres.rembourse_cents == sum(r.montant_cents for r in effectues)
        await check_books(session)
        completed = await session.scalar(text("select count(*) from socle.messages where type = 'payment.completed'"))
        assert completed == (1 if apres.encaisse_cents else 0)
        await session.rollback()


async def play(session: AsyncSession, bac: Prestataire, paiement_id: UUID, geste: str, n: int) -> None:
    match geste:
        case "payer" if not bac.constat.encaisse_cents:
            ok = TentativeConstatee(ref=f"ten_{len(bac.constat.tentatives)}", issue=Issue.ACCEPTEE)
            bac.change(
                etat=EtatSession.PAYEE,
                encaisse_cents=7_900,
                transaction=ok.ref,
                tentatives=(*bac.constat.tentatives, ok),
            )
        case "refuser" if bac.constat.etat is EtatSession.OUVERTE:
            non = [TentativeConstatee(ref=f"ten_{n}_{i}", issue=Issue.REFUSEE) for i in range(n)]
            bac.change(tentatives=(*bac.constat.tentatives, *non)[:5])
        case "fermer":
            await close_paiement(session, reference="rdv:1", motif="annule")
        case "rendre":
            try:
                await refund_paiement(
                    session, reference="rdv:1", montant_cents=n, motif="m", cle=f"cle-{n}", paiement_id=paiement_id
                )
            except GuichetError as error:
                assert error.code in {"REMBOURSEMENT_EXCESSIF", "PAIEMENT_NON_ENCAISSE"}  # noqa: PT017
        case "rendre_ailleurs" if bac.constat.encaisse_cents:
            bac.refund("", min(n, bac.constat.encaisse_cents - bac.rendu) or 1, 0)
        case "prestataire":
            connus = {r.reference for r in bac.constat.remboursements}
            for rendu in await list_remboursements(session, paiement_id=paiement_id):
                if str(rendu.id) not in connus and rendu.statut == "a_envoyer":
                    bac.refund(str(rendu.id), rendu.montant_cents, n)
        case "relire":  # an older word of the provider is never heard: each asks again
            await apply_constat(session, paiement_id=paiement_id, constat=bac.constat)


async def test_many_counters_at_once_leave_no_gap_even_when_some_give_up(database: Database, sans_bac: None):
    tenant = await make_tenant(database)

    async def take(n: int) -> str | None:
        try:
            async with database.transaction(tenant.id) as session:
                recu = await fill_encaissement(session, lieu="centre")
                if n % 3 == 0:
                    await session.execute(text("select 1 / 0"))
                return recu.code
        except DBAPIError:
            return None

    codes = [c for c in await asyncio.gather(*(take(n) for n in range(30))) if c]
    assert sorted(codes) == [f"R-2026-{n:06d}" for n in range(1, 21)]


async def test_the_same_click_on_two_screens_is_one_receipt(database: Database, sans_bac: None):
    tenant = await make_tenant(database)

    async def click() -> str:
        async with database.transaction(tenant.id) as session:
            return (await fill_encaissement(session, lieu="c", cle="clic-0001", reference="rdv:1")).code

    assert {*await asyncio.gather(*(click() for _ in range(8)))} == {"R-2026-000001"}


async def test_refunds_asked_at_once_never_exceed_what_was_taken(database: Database, sans_bac: None):
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        await fill_encaissement(session, lieu="c", reference="rdv:1")

    async def give(n: int) -> int:
        try:
            async with database.transaction(tenant.id) as session:
                await refund_paiement(session, reference="rdv:1", montant_cents=2_000, motif="m", cle=f"cle-{n}")
        except GuichetError as error:
            assert error.code == "REMBOURSEMENT_EXCESSIF"  # noqa: PT017
            return 0
        return 2_000

    assert sum(await asyncio.gather(*(give(n) for n in range(8)))) == 6_000


@pytest.mark.parametrize(
    ("ordre", "contrainte"),
    [
        ("update paiements.operation set montant_cents = 1", "permission"),
        ("delete from paiements.ecriture", "permission"),
        ("update paiements.piece set montant_cents = 1", "permission"),
        ("delete from paiements.paiement", "permission"),
        ("update paiements.paiement set rembourse_cents = 7901", "ck_paiement_rembourse"),
        ("update paiements.paiement set rembourse_cents = 100", "ledger"),
        ("update paiements.compteur set dernier = dernier + 2", "one by one"),
        ("update paiements.compteur set dernier = dernier + 1", "taken for nothing"),
    ],
)
async def test_the_database_itself_refuses_what_would_make_the_books_lie(
    session: AsyncSession, tenant: TenantVue, ordre: str, contrainte: str
):
    await fill_encaissement(session, lieu="c")

    async def attempt() -> None:
        await session.execute(text(ordre))
        await session.execute(text("set constraints all immediate"))

    with pytest.raises(DBAPIError, match=contrainte):
        await attempt()


async def test_a_new_year_starts_again_at_one_by_the_places_own_date(session: AsyncSession, tenant: TenantVue):
    with frozen(MAINTENANT.replace(month=12, day=31, hour=23, minute=30)):  # already 2027 in Paris and La Réunion
        paris = await fill_encaissement(session, lieu="c")
        guadeloupe = await record_encaissement(
            session,
            reference="rdv:2",
            lignes=LIGNES,
            acheteur=ACHETEUR,
            moyen="especes",
            lieu="g",
            encaisse_par=new_id(),
            cle="cle-0001",
            fuseau="America/Guadeloupe",
        )
    assert (paris.code, guadeloupe.code) == ("R-2027-000001", "R-2026-000001")
    assert [p.code for p in await list_pieces(session, paiement_id=paris.paiement_id)] == [paris.code]
    assert now() == MAINTENANT
