"""Proving who one is: the password, then the second factor.

Each step is a short transaction of its own: a refusal must leave its trace, and no transaction is open while a
password is being checked, which takes tens of milliseconds.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID
from weakref import WeakValueDictionary

from sqlalchemy import update

from guichet.identite.actions.freins import Sujet, check_braked, count_failure, forget_failures
from guichet.identite.actions.hachage import get_hacheur
from guichet.identite.actions.totp import use_code
from guichet.identite.metier.coordonnees import normalise_email
from guichet.identite.metier.mots_de_passe import LONGUEUR_MAX
from guichet.identite.questions.connexion import Candidat, find_candidate, get_candidate
from guichet.identite.questions.reperes import find_tenants
from guichet.identite.tables import User
from guichet.socle.database import Database
from guichet.socle.errors import Conflict, Forbidden, Invalid, Unauthenticated
from guichet.socle.i18n import _

_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def _turn(email: str) -> asyncio.Lock:
    """Attempts on one account follow each other, so that none slips past the brake while another is being checked."""
    return _turns.setdefault(email, asyncio.Lock())


def sujets(email: str, ip: str, tenant_ids: Sequence[UUID]) -> list[Sujet]:
    """Whose failures an attempt counts among."""
    return [Sujet("compte", email), *([Sujet("ip", ip)] if ip else []), *(Sujet("tenant", str(t)) for t in tenant_ids)]


async def check_password(
    database: Database, *, email: str, mot_de_passe: str, ip: str, tenant_id: UUID | None = None
) -> list[Candidat]:
    """The accounts this address and password open: in one tenant, or in every tenant that knows the address.

    Costs the same whether the address is known or not. Raises TooMany `TROP_D_ESSAIS`, Unauthenticated
    `IDENTIFIANTS_INVALIDES`, Forbidden `COMPTE_DESACTIVE` (right password, closed account).
    """
    normal = normalise_email(email) or email.strip().lower()[:254]
    async with _turn(normal):
        candidates = await _candidates(database, normal, ip, tenant_id)
        hashes: list[str | None] = [c.empreinte for c in candidates] or [None]
        typed = mot_de_passe[: LONGUEUR_MAX * 2]
        right = [await get_hacheur().verify(one, typed) for one in hashes]
        opened = [c for c, yes in zip(candidates, right, strict=False) if yes]
        if not opened:
            await _refuse(database, sujets(normal, ip, [c.tenant.id for c in candidates]))
            raise Unauthenticated(
                _("L'adresse e-mail ou le mot de passe n'est pas le bon."), code="IDENTIFIANTS_INVALIDES"
            )
        await _upgrade(database, opened, typed)
    living = [c for c in opened if c.is_open]
    if not living:
        raise Forbidden(
            _("Ce compte est désactivé. Adressez-vous à l'administrateur de votre réseau."), code="COMPTE_DESACTIVE"
        )
    return living


async def _candidates(database: Database, email: str, ip: str, tenant_id: UUID | None) -> list[Candidat]:
    async with database.transaction() as session:
        known = await find_tenants(session, genre="email", valeur=email)
        wanted = [t for t in known if tenant_id in (None, t)]
        await check_braked(session, sujets(email, ip, wanted))
    found = []
    for each in wanted:
        async with database.transaction(each) as session:
            candidate = await find_candidate(session, tenant_id=each, email=email)
        if candidate is not None:
            found.append(candidate)
    return found


async def _refuse(database: Database, who: list[Sujet]) -> None:
    async with database.transaction() as session:
        await count_failure(session, who)


async def _upgrade(database: Database, opened: list[Candidat], mot_de_passe: str) -> None:
    for candidate in opened:
        if candidate.empreinte is None or not get_hacheur().is_stale(candidate.empreinte):
            continue
        fresh = await get_hacheur().hash(mot_de_passe)
        async with database.transaction(candidate.tenant.id) as session:
            same = (User.id == candidate.user.id) & (User.mot_de_passe == candidate.empreinte)
            await session.execute(update(User).where(same).values(mot_de_passe=fresh))


def check_single(candidates: list[Candidat]) -> Candidat:
    """The one account. Raises Conflict `TENANT_A_CHOISIR` with the tenants to choose from."""
    if len(candidates) > 1:
        raise Conflict(
            _("Cette adresse a un compte dans plusieurs réseaux : dites lequel avec « tenant »."),
            code="TENANT_A_CHOISIR",
            tenants=[{"slug": c.tenant.slug, "nom": c.tenant.nom} for c in candidates],
        )
    return candidates[0]


async def check_second_factor(database: Database, candidate: Candidat, *, code: str | None, ip: str) -> None:
    """Let pass an account without a second factor, or with the right code (of the application, or a recovery code).

    Raises Unauthenticated `CODE_TOTP_REQUIS` (none given) or `CODE_TOTP_INVALIDE`, TooMany `TROP_D_ESSAIS`.
    """
    email = candidate.user.email
    who = sujets(email, ip, [candidate.tenant.id])
    async with _turn(email):
        if candidate.user.double_facteur:
            if not code:
                raise Unauthenticated(_("Indiquez le code à 6 chiffres de votre application."), code="CODE_TOTP_REQUIS")
            async with database.transaction(candidate.tenant.id) as session:
                await check_braked(session, who)
                right = await use_code(session, user_id=candidate.user.id, code=code)
            if not right:
                await _refuse(database, who)
                raise Unauthenticated(
                    _("Ce code n'est pas le bon, ou il a déjà servi. Attendez le suivant."), code="CODE_TOTP_INVALIDE"
                )
        async with database.transaction() as session:
            await forget_failures(session, Sujet("compte", email))


async def check_own_password(
    database: Database, *, tenant_id: UUID, user_id: UUID, mot_de_passe: str, ip: str, champ: str = "mot_de_passe"
) -> None:
    """Ask a signed-in person for the password again, before something serious. Wrong ones count as failed sign-ins.

    `tenant_id` is that of the account. Raises Invalid `MOT_DE_PASSE_FAUX`, TooMany `TROP_D_ESSAIS`.
    """
    async with database.transaction(tenant_id) as session:
        candidate = await get_candidate(session, tenant_id=tenant_id, user_id=user_id)
        assert candidate is not None  # the proof shown was of a living account
        who = sujets(candidate.user.email, ip, [tenant_id])
        await check_braked(session, who)
    async with _turn(candidate.user.email):
        if await get_hacheur().verify(candidate.empreinte, mot_de_passe[: LONGUEUR_MAX * 2]):
            return
        await _refuse(database, who)
    message = _("Ce n'est pas votre mot de passe actuel.")
    raise Invalid(message, code="MOT_DE_PASSE_FAUX", champs={champ: message})
