"""The adapter of the sandbox: JSON over HTTP, a bearer key, signed notifications."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

from guichet.paiements.fournisseurs.cles_bac import api_key, control_key, is_signed, notification_secret
from guichet.paiements.metier.constats import Constat, EtatSession, RemboursementConstate, TentativeConstatee
from guichet.paiements.metier.types import Issue, StatutRemboursement
from guichet.paiements.port import (
    DemandeRemboursement,
    DemandeSession,
    EvenementFournisseur,
    Fournisseur,
    FournisseurIndisponible,
    FournisseurRefuse,
    Releve,
    SessionInconnue,
    SessionPaiement,
    SignatureInvalide,
)
from guichet.paiements.reglages import BAC_A_SABLE, sandbox_url
from guichet.socle.errors import Unavailable
from guichet.socle.horloge import now
from guichet.socle.http_client import HttpClient
from guichet.socle.settings import get_settings

DELAI = timedelta(seconds=8)
SIGNATURE = "bac-signature"
HORLOGE = "bac-horloge"


class BacASable:
    """One tenant's way to the sandbox."""

    nom = BAC_A_SABLE

    def __init__(self, tenant_id: UUID) -> None:
        settings = get_settings()
        self._secret = notification_secret(settings, tenant_id)
        self._client = HttpClient(
            "bac à sable",
            base_url=sandbox_url(settings),
            delai=DELAI,
            headers={"Authorization": f"Bearer {api_key(settings, tenant_id)}"},
        )

    async def create_session(self, demande: DemandeSession) -> SessionPaiement:
        """Open a payment page; the same `cle` gives the same page."""
        corps = {
            "montant_cents": demande.montant_cents,
            "devise": "EUR",
            "lignes": [asdict(ligne) for ligne in demande.lignes],
            "reference": demande.reference,
            "email": demande.email,
            "langue": demande.langue,
            "retour_url": demande.retour_url,
            "abandon_url": demande.abandon_url,
            "notification_url": demande.notification_url,
            "origine": demande.origine,
            "expire_a": demande.expire_a.isoformat(),
            "tentatives_max": demande.tentatives_max,
        }
        recu = await self._call("POST", "/v1/sessions", cle=demande.cle, json=corps)
        return SessionPaiement(id=recu["id"], url=recu["url"], champs_url=recu["champs_url"])

    async def fetch(self, session_id: str) -> Constat:
        """What the sandbox knows now. Raises SessionInconnue."""
        return _constat(await self._call("GET", f"/v1/sessions/{session_id}"))

    async def close_session(self, session_id: str) -> Constat:
        """Nobody may pay there any more."""
        return _constat(await self._call("POST", f"/v1/sessions/{session_id}/expire", idempotent=True))

    async def refund(self, demande: DemandeRemboursement) -> RemboursementConstate:
        """Give money back; the same `cle` is done once."""
        corps = {"montant_cents": demande.montant_cents, "reference": str(demande.cle), "motif": demande.motif}
        chemin = f"/v1/sessions/{demande.session_id}/remboursements"
        return _rendu(await self._call("POST", chemin, cle=demande.cle, json=corps))

    async def list_events(self, curseur: str) -> Releve:
        """The events after a cursor, oldest first."""
        recu = await self._call("GET", "/v1/evenements", params={"apres": curseur, "limite": 100})
        evenements = tuple(_evenement(each) for each in recu["elements"])
        return Releve(evenements=evenements, curseur=recu["curseur"], is_last=not recu["suite"])

    def read_notification(self, corps: bytes, en_tetes: Mapping[str, str]) -> EvenementFournisseur:
        """What a notification says, once its signature is checked. Raises SignatureInvalide."""
        if not is_signed(self._secret, corps, en_tetes.get(SIGNATURE, ""), int(now().timestamp())):
            raise SignatureInvalide
        try:
            return _evenement(json.loads(corps))
        except (ValueError, KeyError, TypeError) as error:
            raise SignatureInvalide from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def _call(
        self, methode: str, chemin: str, *, cle: UUID | str | None = None, **options: Any
    ) -> dict[str, Any]:
        headers = {HORLOGE: now().isoformat()}  # only a sandbox in test mode believes it
        if cle is not None:
            headers["Idempotency-Key"] = str(cle)
        try:
            reponse = await self._client.request(methode, chemin, headers=headers, **options)
        except Unavailable as error:
            raise FournisseurIndisponible(str(error)) from error
        return _read(reponse)


class Controle:
    """The controls of the sandbox, for tests."""

    def __init__(self) -> None:
        settings = get_settings()
        self._client = HttpClient(
            "bac à sable",
            base_url=sandbox_url(settings),
            headers={"Authorization": f"Bearer {control_key(settings)}"},
        )

    async def order(self, session_id: str, demande: dict[str, Any]) -> list[dict[str, Any]]:
        """Ask for notifications. Returns those of the session. Raises Unavailable."""
        return self._read(await self._client.post(self._path(session_id), json=demande, headers=self._clock()))

    async def list_orders(self, session_id: str) -> list[dict[str, Any]]:
        """The notifications of a session. Raises Unavailable."""
        return self._read(await self._client.get(self._path(session_id), headers=self._clock()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    def _path(self, session_id: str) -> str:
        return f"/controle/sessions/{session_id}/notifications"

    def _clock(self) -> dict[str, str]:
        return {HORLOGE: now().isoformat()}

    def _read(self, reponse: httpx.Response) -> list[dict[str, Any]]:
        reponse.raise_for_status()
        lues: list[dict[str, Any]] = reponse.json()
        return lues


def build_bac_a_sable(tenant_id: UUID, secrets: Mapping[str, str]) -> Fournisseur:
    """The sandbox for a tenant; its keys are derived, none is given."""
    del secrets
    return BacASable(tenant_id)


def _read(reponse: httpx.Response) -> dict[str, Any]:
    if reponse.status_code >= 500 or reponse.status_code == 429:
        raise FournisseurIndisponible(f"HTTP {reponse.status_code}")
    try:
        corps = reponse.json()
    except ValueError as error:
        raise FournisseurIndisponible("unreadable answer") from error
    if reponse.status_code == 404:
        raise SessionInconnue(str(corps.get("erreur", "")))
    if reponse.status_code >= 400 or not isinstance(corps, dict):
        raise FournisseurRefuse(f"{reponse.status_code} {corps.get('erreur', '')}")
    return corps


def _constat(recu: dict[str, Any]) -> Constat:
    return Constat(
        session_id=recu["id"],
        etat=EtatSession(recu["etat"]),
        encaisse_cents=recu["encaisse_cents"],
        transaction=recu["transaction"],
        tentatives=tuple(
            TentativeConstatee(ref=t["id"], issue=Issue(t["issue"]), motif=t["motif"]) for t in recu["tentatives"]
        ),
        remboursements=tuple(_rendu(r) for r in recu["remboursements"]),
    )


def _rendu(recu: dict[str, Any]) -> RemboursementConstate:
    return RemboursementConstate(
        ref=recu["id"],
        reference=recu["reference"],
        montant_cents=recu["montant_cents"],
        statut=StatutRemboursement(recu["statut"]),
        motif=recu["motif"],
    )


def _evenement(recu: dict[str, Any]) -> EvenementFournisseur:
    return EvenementFournisseur(
        ref=recu["id"],
        genre=recu["genre"],
        session_id=recu["session_id"],
        corps=json.dumps(recu, ensure_ascii=False, sort_keys=True),
    )
