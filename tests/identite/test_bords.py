"""Corners few people meet: half-kept accounts, full memories, long-lived processes."""

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Any

import bcrypt
import pytest
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions import demandes, interventions
from guichet.identite.actions import veille as module
from guichet.identite.actions.connexion import check_password
from guichet.identite.actions.courriels import ask_sign_up, choose_password, lien_d_acces
from guichet.identite.actions.gardien import Memoire, Porteur
from guichet.identite.actions.interventions import record_intervention
from guichet.identite.actions.totp import use_code
from guichet.identite.actions.veille import Veille, Vue
from guichet.identite.facade import (
    PLATEFORME,
    TenantVue,
    create_user,
    deactivate_user,
    link_or_create_user,
    register_repere,
    update_user,
)
from guichet.identite.pages.commun import home_path
from guichet.identite.questions.contexte import tenant_of
from guichet.identite.questions.reglages import load
from guichet.identite.tables import Intervention, User
from guichet.socle.database import Database
from guichet.socle.errors import Unauthenticated
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from guichet.socle.registre import Module, NavEntry, Registre, set_registre
from guichet.socle.settings import Mode, get_settings
from tests.identite.fabrique import MOT_DE_PASSE, make_tenant, make_user
from tests.identite.test_users import told


async def test_a_session_without_tenant_is_a_mistake_of_ours(database: Database):
    async with database.transaction() as session:
        with pytest.raises(RuntimeError, match="has no tenant"):
            tenant_of(session)


async def test_an_address_that_leads_to_nobody_is_refused_like_any_other(database: Database, ouvert: TenantVue):
    email = f"{new_id().hex}@exemple.fr"
    async with database.transaction(ouvert.id) as session:
        await register_repere(session, genre="email", valeur=email)
    with pytest.raises(Unauthenticated):
        await check_password(database, email=email, mot_de_passe=MOT_DE_PASSE, ip="")


async def test_a_password_kept_elsewhere_as_bcrypt_opens_and_is_upgraded(database: Database, ouvert: TenantVue):
    user = await make_user(database, ouvert, "CLIENT", mot_de_passe=None)
    old = bcrypt.hashpw(MOT_DE_PASSE.encode(), bcrypt.gensalt(4)).decode()
    async with database.transaction(ouvert.id) as session:
        (await session.get_one(User, (ouvert.id, user.id))).mot_de_passe = old
    for _ in range(2):
        assert len(await check_password(database, email=user.email, mot_de_passe=MOT_DE_PASSE, ip="")) == 1
    async with database.transaction(ouvert.id) as session:
        kept = (await session.get_one(User, (ouvert.id, user.id))).mot_de_passe
    assert kept is not None
    assert kept.startswith("$argon2id$")


async def test_a_closed_customer_asking_again_hears_nothing(session: AsyncSession, tenant: TenantVue):
    user = await create_user(session, email="c@exemple.fr", nom="C", role="CLIENT", inviter=False)
    await deactivate_user(session, user_id=user.id)
    await ask_sign_up(session, email="C@exemple.fr", nom="Autre")
    assert "user.sign_up.requested" not in await told(session)


async def test_an_address_proves_itself_once(session: AsyncSession, tenant: TenantVue):
    user = await create_user(session, email="c@exemple.fr", nom="C", role="CLIENT", mot_de_passe=MOT_DE_PASSE)
    for password in ("trois petites tortues", "quatre grands hiboux"):
        link = await lien_d_acces(session, user_id=user.id, motif="mot_de_passe")
        await choose_password(session, secret=link.url.rpartition("/")[2], mot_de_passe=password)
    kinds = await told(session)
    assert (kinds.count("user.email.verified"), kinds.count("user.password.changed")) == (1, 2)


async def test_someone_already_invited_is_not_invited_again_and_staff_with_a_password_never(
    session: AsyncSession, tenant: TenantVue
):
    await link_or_create_user(session, email="c@exemple.fr", nom="C", role="CONTROLEUR")
    await link_or_create_user(session, email="c@exemple.fr", nom="C", role="CONTROLEUR", centre_ids=[new_id()])
    await create_user(session, email="d@exemple.fr", nom="D", role="ADMIN_CT", mot_de_passe=MOT_DE_PASSE)
    linked = await link_or_create_user(session, email="d@exemple.fr", nom="D", role="CONTROLEUR")
    assert linked.role == "ADMIN_CT"
    assert (await told(session)).count("user.invited") == 1
    assert (await update_user(session, user_id=linked.id, langue="en")).langue == "en"


async def test_without_a_secret_no_code_is_right(session: AsyncSession, tenant: TenantVue):
    user = await create_user(session, email="c@exemple.fr", nom="C", role="CLIENT", inviter=False)
    assert not await use_code(session, user_id=user.id, code="000000")


async def test_asking_lasts_the_same_outside_of_tests(database: Database, monkeypatch: pytest.MonkeyPatch):
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(get_settings(), "mode", Mode.PRODUCTION)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    await demandes.request_reset(database, email="inconnue@exemple.fr", tenant_id=None)
    assert len(slept) == 1
    assert 0 <= slept[0] <= demandes.PLANCHER_S


async def test_an_intervention_is_written_once_per_sign_in_even_over_a_lost_memory(
    database: Database, ouvert: TenantVue, monkeypatch: pytest.MonkeyPatch
):
    boss = await make_user(database, PLATEFORME, "SUPER_ADMIN")
    who = {"tenant_id": ouvert.id, "session_id": new_id(), "user_id": boss.id}
    monkeypatch.setattr(interventions, "SOUVENIRS", 0)
    for _ in range(2):
        await record_intervention(database, **who)
        interventions._recorded.clear()
        await record_intervention(database, **who)
    await record_intervention(database, **who)
    async with database.transaction(ouvert.id) as session:
        assert await session.scalar(select(func.count()).select_from(Intervention)) == 1


def bearer_of_proof(**fields: Any) -> Porteur:
    return Porteur(via="jwt", tenant_id=new_id(), session_id=new_id(), role="CLIENT", **fields)


def test_the_memory_of_proofs_forgets_the_oldest_and_the_stale():
    memory = Memoire(size=2)
    kept = [bearer_of_proof() for _ in range(3)]
    for key, porteur in zip((b"a", b"b", b"c"), kept, strict=True):
        memory.keep(key, porteur, timedelta(seconds=30))
    assert [memory.get(k) for k in (b"a", b"b", b"c")] == [None, kept[1], kept[2]]
    with frozen(now() + timedelta(seconds=31)):
        assert memory.get(b"b") is None
    memory.clear()
    assert memory.get(b"b") is None


def test_a_proof_of_an_unknown_tenant_is_dead():
    assert not bearer_of_proof().is_alive(Vue(), now())


async def test_many_requests_at_once_look_at_the_database_once(database: Database, monkeypatch: pytest.MonkeyPatch):
    reads: list[float] = []
    real = module._read

    async def read(*args: Any) -> Vue:
        reads.append(monotonic())
        return await real(*args)

    monkeypatch.setattr(module, "_read", read)
    watch = Veille()
    await asyncio.gather(*(watch.look(database) for _ in range(20)))
    assert len(reads) == 1
    watch.forget()
    before = await watch.look(database)
    assert len(reads) == 2
    tenant = await make_tenant(database)
    watch.forget()
    after = await watch.look(database)
    assert tenant.id in after.tenants
    assert tenant.id not in before.tenants


class Ensemble(BaseModel):
    """A section whose rule is about two fields together."""

    debut: int = 0
    fin: int = 1

    def model_post_init(self, _context: Any) -> None:
        if self.debut > self.fin:
            raise ValueError("debut après fin")


def test_stored_values_that_disagree_together_fall_back_to_the_defaults():
    assert load(Ensemble, {"debut": 5}) == Ensemble()


def test_everyone_starts_on_a_page_that_exists():
    entries = (
        NavEntry(portail="pro", libelle="", url="/pro/planning", icone="calendar", permission="planning:read"),
        NavEntry(portail="pro", libelle="", url="/pro/liste", icone="list"),
        NavEntry(portail="public", libelle="", url="/mes-rdv", icone="calendar"),
    )
    before = set_registre(Registre([Module(nom="x", navigation=entries)]))
    try:
        assert home_path("CONTROLEUR", frozenset({"planning:read"})) == "/pro/planning"
        assert home_path("CONTROLEUR", frozenset()) == "/pro/liste"
        assert home_path("CLIENT") == "/mes-rdv"
        assert home_path("SUPER_ADMIN") == "/compte/securite"
    finally:
        set_registre(before)
