"""Reads of the directory."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.metier.coordonnees import cle_nom
from guichet.annuaire.metier.vues import (
    ClientSaisi,
    ClientType,
    ClientVue,
    ConsentementVue,
    DetentionVue,
    Finalite,
    Origine,
    VehiculeVue,
    read_mise_circulation,
)
from guichet.annuaire.tables import Client, Consentement, Detention, Vehicule
from guichet.reseau.facade import Carburant, VehiculeType
from guichet.socle.crypto import blind_index
from guichet.socle.errors import NotFound
from guichet.socle.i18n import _

USAGE_EMAIL, USAGE_TELEPHONE = "email", "telephone"


def index_email(email: str) -> bytes:
    """The blind index of a normalised address; equal for any case of its local part."""
    return blind_index(email.lower(), USAGE_EMAIL)


def index_telephone(e164: str) -> bytes:
    """The blind index of a normalised number."""
    return blind_index(e164, USAGE_TELEPHONE)


def name_key(nom: str, prenom: str) -> str:
    """What sorts and compares names: surname first."""
    return cle_nom(f"{nom} {prenom}")


def read_client(ligne: Client) -> ClientVue:
    """A row as a value."""
    return ClientVue(
        id=ligne.id,
        type=ClientType(ligne.type),
        nom=ligne.nom,
        prenom=ligne.prenom,
        raison_sociale=ligne.raison_sociale,
        siret=ligne.siret,
        email=ligne.email,
        telephone=ligne.telephone,
        langue=ligne.langue,
        origine=Origine(ligne.origine),
        user_id=ligne.user_id,
        version=ligne.version,
    )


def read_vehicule(ligne: Vehicule) -> VehiculeVue:
    """A row as a value."""
    return VehiculeVue(
        id=ligne.id,
        immatriculation=ligne.immatriculation,
        type=VehiculeType(ligne.type),
        carburant=Carburant(ligne.carburant),
        marque=ligne.marque,
        modele=ligne.modele,
        mise_circulation=read_mise_circulation(ligne.mise_circulation, ligne.annee_seule),
        version=ligne.version,
    )


async def get_client(session: AsyncSession, client_id: UUID) -> ClientVue:
    """A client of the session's tenant. Raises `CLIENT_NOT_FOUND` (404)."""
    ligne = await session.get(Client, client_id)
    if ligne is None:
        raise NotFound(_("Ce client est introuvable."), code="CLIENT_NOT_FOUND")
    return read_client(ligne)


async def get_vehicule(session: AsyncSession, vehicule_id: UUID) -> VehiculeVue:
    """A vehicle of the session's tenant. Raises `VEHICULE_NOT_FOUND` (404)."""
    ligne = await session.get(Vehicule, vehicule_id)
    if ligne is None:
        raise NotFound(_("Ce véhicule est introuvable."), code="VEHICULE_NOT_FOUND")
    return read_vehicule(ligne)


async def find_vehicule(session: AsyncSession, immatriculation: str) -> VehiculeVue | None:
    """The vehicle of a canonical plate, or None."""
    ligne = await session.scalar(select(Vehicule).where(Vehicule.immatriculation == immatriculation))
    return None if ligne is None else read_vehicule(ligne)


async def find_clients(
    session: AsyncSession, *, email: str | None = None, telephone: str | None = None, limite: int = 20
) -> list[ClientVue]:
    """Clients with exactly that normalised address or number, oldest first."""
    memes = []
    if email is not None:
        memes.append(Client.email_index == index_email(email))
    if telephone is not None:
        memes.append(Client.telephone_index == index_telephone(telephone))
    if not memes:
        return []
    lignes = await session.scalars(
        select(Client).where(or_(*memes)).order_by(Client.created_at, Client.id).limit(limite)
    )
    return [read_client(ligne) for ligne in lignes]


async def find_same(session: AsyncSession, client: ClientSaisi) -> Client | None:
    """The stored client this one surely is: the same name, and the same e-mail, else the same telephone."""
    cle = name_key(client.nom, client.prenom)
    for colonne, valeur in (
        (Client.email_index, client.email and index_email(client.email)),
        (Client.telephone_index, client.telephone and index_telephone(client.telephone)),
    ):
        if valeur is None:
            continue
        trouve = await session.scalar(
            select(Client)
            .where(colonne == valeur, Client.cle_nom == cle)
            .order_by(Client.created_at, Client.id)
            .limit(1)
        )
        if trouve is not None:
            return trouve
    return None


async def list_detentions(
    session: AsyncSession, *, client_id: UUID | None = None, vehicule_id: UUID | None = None
) -> list[DetentionVue]:
    """Who was seen with what, oldest first; all of the tenant when nothing is named."""
    requete = select(Detention).order_by(Detention.depuis, Detention.vehicule_id, Detention.client_id)
    if client_id is not None:
        requete = requete.where(Detention.client_id == client_id)
    if vehicule_id is not None:
        requete = requete.where(Detention.vehicule_id == vehicule_id)
    return [
        DetentionVue(client_id=d.client_id, vehicule_id=d.vehicule_id, depuis=d.depuis, jusqua=d.jusqua)
        for d in await session.scalars(requete)
    ]


async def list_clients(session: AsyncSession, client_ids: Sequence[UUID] | None = None) -> list[ClientVue]:
    """Clients by identifier, or all of the tenant, in French order of names."""
    requete = select(Client).order_by(Client.cle_nom, Client.id)
    if client_ids is not None:
        requete = requete.where(Client.id.in_(client_ids))
    return [read_client(ligne) for ligne in await session.scalars(requete)]


async def list_vehicules(session: AsyncSession, vehicule_ids: Sequence[UUID] | None = None) -> list[VehiculeVue]:
    """Vehicles by identifier, or all of the tenant, by plate."""
    requete = select(Vehicule).order_by(Vehicule.immatriculation)
    if vehicule_ids is not None:
        requete = requete.where(Vehicule.id.in_(vehicule_ids))
    return [read_vehicule(ligne) for ligne in await session.scalars(requete)]


async def get_consentements(session: AsyncSession, client_id: UUID) -> dict[Finalite, ConsentementVue]:
    """The standing decision for each purpose the client ever decided on: the latest one."""
    requete = select(Consentement).where(Consentement.client_id == client_id).order_by(Consentement.le, Consentement.id)
    return {
        Finalite(c.finalite): ConsentementVue(
            finalite=Finalite(c.finalite),
            accorde=c.accorde,
            version_texte=c.version_texte,
            source=c.source,
            le=c.le,
        )
        for c in await session.scalars(requete)
    }
