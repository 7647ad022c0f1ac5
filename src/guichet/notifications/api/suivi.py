"""What was sent, for those who answer for it: the list, why a message did not leave, sending it again."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from guichet.annuaire.facade import normalise_telephone
from guichet.notifications.api.commun import ETIQUETTE, PREFIXE, DansUnTenant, start_of
from guichet.notifications.facade import resend_notification
from guichet.notifications.metier import Canal, Statut, clean_address
from guichet.notifications.questions.notifications import (
    Filtre,
    NotificationVue,
    get_notification,
    list_notifications,
    list_tentatives,
)
from guichet.notifications.questions.preferences import address_key
from guichet.socle.acces import exige
from guichet.socle.audit import audit
from guichet.socle.errors import Invalid, NotFound
from guichet.socle.i18n import _
from guichet.socle.web import Lecture, Liste, Pagination, Tx, build_liste, problemes

router = APIRouter(prefix=PREFIXE, tags=[ETIQUETTE])


class NotificationReponse(BaseModel):
    """Un message à une personne : l'adresse est masquée, le texte n'est pas donné."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    modele: str = Field(examples=["rdv.confirmation"])
    canal: Canal
    destinataire: str = Field(examples=["c•••@courriel.example"])
    statut: Statut
    erreur: str | None = Field(description="Pourquoi il attend, a échoué ou a été écarté.")
    transactionnel: bool = Field(description="Vrai pour ce que la personne vient de demander : rien ne le retarde.")
    tentatives: int
    prochaine_tentative: datetime | None
    envoye_a: datetime | None
    distribue_a: datetime | None
    fournisseur: str | None
    segments: int | None = Field(description="Parties d'un SMS, telles que facturées.")
    created_at: datetime


class TentativeReponse(BaseModel):
    """Un essai, et ce que le fournisseur a répondu."""

    model_config = ConfigDict(from_attributes=True)

    numero: int
    debut: datetime
    fin: datetime | None
    issue: str | None
    reponse: str
    fournisseur: str | None


class NotificationDetail(NotificationReponse):
    """Un message et tous ses essais."""

    essais: list[TentativeReponse]


@router.get("", dependencies=[exige("notifications:read")], response_model=Liste[NotificationReponse])
async def lister_notifications(
    *,
    session: Lecture,
    appelant: DansUnTenant,
    page: Pagination,
    statut: Statut | None = None,
    canal: Canal | None = None,
    modele: Annotated[str | None, Query(max_length=80, description="Par exemple `rdv.confirmation`.")] = None,
    destinataire: Annotated[
        str | None, Query(max_length=254, description="Une adresse e-mail ou un numéro, en entier.")
    ] = None,
) -> Liste[NotificationReponse]:
    """Les messages du réseau, du plus récent au plus ancien."""
    del appelant
    filtre = Filtre(
        statut=statut,
        canal=canal,
        modele=modele.replace("\x00", "") if modele else None,
        adresse_cles=_keys(destinataire) if destinataire else None,
    )
    rows = await list_notifications(session, filtre=filtre, apres=start_of(page), limite=page.limite + 1)
    return build_liste(rows, page, vers=NotificationReponse.model_validate, cle_de=lambda n: (n.created_at, n.id))


@router.get(
    "/{notification_id}",
    dependencies=[exige("notifications:read")],
    responses=problemes({404: ["NOTIFICATION_NOT_FOUND"]}),
)
async def lire_notification(*, session: Lecture, appelant: DansUnTenant, notification_id: UUID) -> NotificationDetail:
    """Un message, ses essais et ce qui le retient."""
    del appelant
    return await _detail(session, await _found(session, notification_id))


@router.post(
    "/{notification_id}/renvoyer",
    dependencies=[exige("notifications:resend")],
    responses=problemes(
        {
            404: ["NOTIFICATION_NOT_FOUND"],
            409: ["NOTIFICATION_EN_ROUTE", "NOTIFICATION_ECARTEE", "NOTIFICATION_INTERNE"],
        }
    ),
)
async def renvoyer_notification(*, session: Tx, appelant: DansUnTenant, notification_id: UUID) -> NotificationDetail:
    """Renvoie un message parti, en échec ou au sort inconnu, avec le même identifiant de message."""
    del appelant
    avant = await _found(session, notification_id)
    await resend_notification(session, notification_id=notification_id)
    await audit(
        session,
        action="notification.resend",
        entite="notification",
        entite_id=notification_id,
        avant={"statut": avant.statut},
        apres={"statut": Statut.A_ENVOYER.value},
    )
    return await _detail(session, await _found(session, notification_id))


async def _found(session: Lecture, notification_id: UUID) -> NotificationVue:
    vue = await get_notification(session, notification_id=notification_id)
    if vue is None:
        raise NotFound(_("Message introuvable."), code="NOTIFICATION_NOT_FOUND")
    return vue


async def _detail(session: Lecture, vue: NotificationVue) -> NotificationDetail:
    essais = await list_tentatives(session, notification_id=vue.id)
    return NotificationDetail(
        **NotificationReponse.model_validate(vue).model_dump(),
        essais=[TentativeReponse.model_validate(t) for t in essais],
    )


def _keys(destinataire: str) -> tuple[bytes, ...]:
    """The hashes an address may be found by. Raises Invalid `DESTINATAIRE_INVALIDE` for what is none."""
    if "@" in destinataire:
        adresse = clean_address(destinataire)
        if adresse is not None:
            return (address_key(Canal.EMAIL, adresse),)
    else:
        try:
            return (address_key(Canal.SMS, normalise_telephone(destinataire)),)
        except Invalid:
            pass
    raise Invalid(
        _("Ce destinataire n'est pas valable."),
        code="DESTINATAIRE_INVALIDE",
        champs={"destinataire": _("Écrivez une adresse e-mail ou un numéro de téléphone complets.")},
    )
