"""SMSMode, REST v1 (`POST /sms/v1/messages`, key in `X-Api-Key`).

`refClient` is not an idempotency key there: a request whose answer is lost may have been taken, and is never repeated
by itself. Its delivery receipt, whose address carries the attempt, may still settle it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from guichet.notifications.metier import Encodage, Issue, weigh
from guichet.notifications.sms.valeurs import Sms
from guichet.notifications.transport import Resultat
from guichet.socle.errors import Unavailable
from guichet.socle.http_client import HttpClient
from guichet.socle.i18n import _

# Surely not taken: too many, no credit, a key that is not ours; a provider that says it is away.
A_REPRENDRE = frozenset({401, 402, 403, 429, 503})
LONGUEUR_REPONSE = 300


@dataclass(frozen=True, kw_only=True)
class SmsMode:
    """One account at SMSMode."""

    nom: str
    url: str
    cle: str
    delai: timedelta = timedelta(seconds=10)

    async def send(self, sms: Sms) -> Resultat:
        """One attempt; see `FournisseurSms`."""
        poids = weigh(sms.texte)
        corps: dict[str, Any] = {
            "recipient": {"to": sms.numero.removeprefix("+")},
            "body": {"text": sms.texte, "encoding": "GSM7" if poids.encodage is Encodage.GSM7 else "UNICODE"},
            "refClient": sms.reference,
            "callbackUrlStatus": sms.accuse_url,
            "callbackUrlMo": sms.reponse_url,
        }
        if sms.expediteur:
            corps["from"] = sms.expediteur
        try:
            async with HttpClient("smsmode", base_url=self.url, delai=self.delai, essais=1) as client:
                reponse = await client.post("/sms/v1/messages", json=corps, headers={"X-Api-Key": self.cle})
        except Unavailable as error:
            return _without_answer(error.__cause__)
        return _read(reponse, segments=poids.segments)


def _without_answer(cause: BaseException | None) -> Resultat:
    """No answer: nothing was taken when no connection was made; otherwise nobody knows."""
    jamais_parti = isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    return Resultat(
        issue=Issue.A_REPRENDRE if jamais_parti else Issue.INCERTAINE,
        reponse=_("Le fournisseur ne répond pas.") if jamais_parti else _("Le fournisseur n'a pas répondu à temps."),
    )


def _read(reponse: httpx.Response, *, segments: int) -> Resultat:
    contenu = _json(reponse)
    if reponse.is_success:
        corps = contenu.get("body")
        factures = corps.get("messagePartCount") if isinstance(corps, dict) else None
        return Resultat(
            issue=Issue.ACCEPTEE,
            reponse=str(reponse.status_code),
            reference=str(contenu.get("messageId", ""))[:100],
            segments=factures if isinstance(factures, int) and 0 < factures < 256 else segments,
        )
    mots = " ".join(str(contenu[nom]) for nom in ("errorCode", "message", "detail") if contenu.get(nom))
    dit = " ".join(f"{reponse.status_code} {mots}".split())[:LONGUEUR_REPONSE]
    if reponse.status_code in A_REPRENDRE:
        return Resultat(issue=Issue.A_REPRENDRE, reponse=dit)
    return Resultat(issue=Issue.REFUSEE if reponse.status_code < 500 else Issue.INCERTAINE, reponse=dit)


def _json(reponse: httpx.Response) -> dict[str, Any]:
    try:
        contenu = reponse.json()
    except ValueError:
        return {}
    return contenu if isinstance(contenu, dict) else {}
