"""Writes of clients, vehicles, links and consents."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.metier.vues import ClientSaisi, ClientVue, Finalite, Origine, VehiculeSaisi, VehiculeVue
from guichet.annuaire.questions import (
    find_same,
    get_client,
    get_vehicule,
    index_email,
    index_telephone,
    name_key,
    read_client,
    read_vehicule,
)
from guichet.annuaire.tables import CLIENT, Client, Consentement, Detention, Vehicule
from guichet.socle.crypto import aad, encrypt
from guichet.socle.horloge import now
from guichet.socle.ids import new_id


def _client_values(client: ClientSaisi) -> dict[str, Any]:
    return {
        "type": client.type.value,
        "nom": client.nom,
        "prenom": client.prenom,
        "raison_sociale": client.raison_sociale,
        "siret": client.siret,
        "cle_nom": name_key(client.nom, client.prenom),
        "email": client.email,
        "email_index": client.email and index_email(client.email),
        "telephone": client.telephone,
        "telephone_index": client.telephone and index_telephone(client.telephone),
    }


def _vehicule_values(vehicule: VehiculeSaisi) -> dict[str, Any]:
    mise = vehicule.mise_circulation
    return {
        "immatriculation": vehicule.immatriculation.valeur,
        "forme": vehicule.immatriculation.forme.value,
        "type": vehicule.type.value,
        "carburant": vehicule.carburant.value,
        "marque": vehicule.marque,
        "modele": vehicule.modele,
        "mise_circulation": mise and mise.jour,
        "annee_seule": bool(mise and mise.annee_seule),
    }


async def upsert_client(
    session: AsyncSession,
    *,
    client: ClientSaisi,
    client_id: UUID | None = None,
    origine: Origine = Origine.PERSONNEL,
    langue: str = "fr",
    user_id: UUID | None = None,
) -> ClientVue:
    """Write a client for somebody who may: the named one, else the one this surely is, else a new one.

    Never called for a passer-by's booking. Raises `CLIENT_NOT_FOUND` (404) for an unknown `client_id`.
    """
    tenant_id = session.info["tenant_id"]
    if client_id is not None:
        await get_client(session, client_id)
        ligne = await session.get_one(Client, client_id)
    else:
        ligne = await find_same(session, client) or Client(
            id=new_id(), tenant_id=tenant_id, origine=origine.value, langue=langue, version=0
        )
    for nom, valeur in _client_values(client).items():
        setattr(ligne, nom, valeur)
    ligne.user_id = user_id or ligne.user_id
    ligne.version += 1
    session.add(ligne)
    await session.flush()
    return read_client(ligne)


async def upsert_vehicule(
    session: AsyncSession, *, vehicule: VehiculeSaisi, client_id: UUID | None = None
) -> VehiculeVue:
    """Write the vehicle of a plate for somebody who may, linked to a client when one is named.

    What is not given (make, model, date) is kept as it was.
    """
    valeurs = _vehicule_values(vehicule)
    ajout = insert(Vehicule).values(id=new_id(), tenant_id=session.info["tenant_id"], version=1, **valeurs)
    connues = {n: v for n, v in valeurs.items() if v not in {None, ""} and n not in {"immatriculation", "forme"}}
    if vehicule.mise_circulation is None:
        del connues["annee_seule"]
    vehicule_id = await session.scalar(
        ajout.on_conflict_do_update(
            constraint="uq_vehicule_immatriculation",
            set_={**connues, "version": Vehicule.version + 1, "updated_at": now()},
        ).returning(Vehicule.id)
    )
    assert vehicule_id is not None
    if client_id is not None:
        await link_vehicule(session, client_id=client_id, vehicule_id=vehicule_id)
    ligne = await session.get_one(Vehicule, vehicule_id, populate_existing=True)
    return read_vehicule(ligne)


async def link_vehicule(session: AsyncSession, *, client_id: UUID, vehicule_id: UUID) -> None:
    """Note that a client holds a vehicle from now on; a link that had ended lives again."""
    await session.execute(
        insert(Detention)
        .values(
            tenant_id=session.info["tenant_id"], client_id=client_id, vehicule_id=vehicule_id, depuis=now(), jusqua=None
        )
        .on_conflict_do_update(constraint="pk_detention", set_={"jusqua": None})
    )


async def end_detention(session: AsyncSession, *, client_id: UUID, vehicule_id: UUID) -> None:
    """Note that a client no longer holds a vehicle (sold, given back). Raises `VEHICULE_NOT_FOUND` (404)."""
    await get_vehicule(session, vehicule_id)
    await session.execute(
        update(Detention)
        .where(Detention.client_id == client_id, Detention.vehicule_id == vehicule_id, Detention.jusqua.is_(None))
        .values(jusqua=now())
    )


async def record_consentement(
    session: AsyncSession, *, client_id: UUID, finalite: Finalite, accorde: bool, version_texte: str, source: str
) -> None:
    """Add a client's decision. Nothing is overwritten: the latest one counts. Raises `CLIENT_NOT_FOUND` (404)."""
    await get_client(session, client_id)
    session.add(
        Consentement(
            id=new_id(),
            tenant_id=session.info["tenant_id"],
            client_id=client_id,
            finalite=finalite.value,
            accorde=accorde,
            version_texte=version_texte,
            source=source,
            le=now(),
        )
    )
    await session.flush()


def prepare_passage(
    session: AsyncSession, *, client: ClientSaisi, vehicule: VehiculeSaisi, le: datetime, langue: str = "fr"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two rows `annuaire.noter_passage` takes, as JSON values: what a booking adds when the directory has neither.

    Bytes are written the way PostgreSQL reads them (`\\x...`).
    """
    tenant_id = session.info["tenant_id"]
    commun = {"tenant_id": str(tenant_id), "version": 1, "created_at": le.isoformat(), "updated_at": le.isoformat()}
    fiche = {
        **_client_values(client),
        **commun,
        "id": str(new_id()),
        "origine": Origine.RESERVATION.value,
        "langue": langue,
    }
    for champ in ("email", "telephone"):
        if fiche[champ] is not None:
            fiche[champ] = "\\x" + encrypt(fiche[champ], aad(tenant_id, CLIENT, champ)).hex()
            fiche[f"{champ}_index"] = "\\x" + fiche[f"{champ}_index"].hex()
    voiture = {**_vehicule_values(vehicule), **commun, "id": str(new_id())}
    if voiture["mise_circulation"] is not None:
        voiture["mise_circulation"] = voiture["mise_circulation"].isoformat()
    return fiche, voiture
