"""A person's in-app messages."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from guichet.notifications.actions.interne import mark_all_read, mark_read
from guichet.notifications.affichage import to_words
from guichet.notifications.api.commun import ETIQUETTE, PREFIXE, Moi, start_of
from guichet.notifications.questions.interne import count_unread, list_mine
from guichet.socle.acces import CONNECTE
from guichet.socle.web import Lecture, Pagination, Tx, build_liste, problemes

router = APIRouter(prefix=PREFIXE, tags=[ETIQUETTE])


class MessageInterne(BaseModel):
    """Un message reçu dans l'application, dans la langue du lecteur."""

    id: UUID
    modele: str = Field(examples=["notifications.incident"])
    titre: str
    texte: str
    lien: str | None = Field(description="La page où il mène, ou null.")
    lue: bool
    created_at: datetime


class MesMessages(BaseModel):
    """Une page de mes messages, et combien je n'ai pas lus."""

    non_lues: int
    elements: list[MessageInterne]
    suivant: str | None = Field(None, description="À renvoyer dans `curseur` pour la suite ; null à la fin.")


class Lus(BaseModel):
    """Combien de messages viennent d'être marqués lus, et combien restent."""

    marques: int
    non_lues: int


@router.get("/me", dependencies=[CONNECTE])
async def lister_mes_messages(
    *,
    session: Lecture,
    moi: Moi,
    page: Pagination,
    non_lues: Annotated[bool, Query(description="Seulement ceux que je n'ai pas lus.")] = False,
) -> MesMessages:
    """Mes messages dans l'application, du plus récent au plus ancien."""
    rows = await list_mine(session, user_id=moi, non_lues=non_lues, apres=start_of(page), limite=page.limite + 1)
    liste = build_liste(rows, page, vers=lambda n: n, cle_de=lambda n: (n.created_at, n.id))
    mots = await to_words(session, liste.elements)
    return MesMessages(
        non_lues=await count_unread(session, user_id=moi),
        elements=[
            MessageInterne(
                id=n.id,
                modele=n.modele,
                titre=m.titre,
                texte=m.texte,
                lien=m.lien,
                lue=n.lu_a is not None,
                created_at=n.created_at,
            )
            for n, m in zip(liste.elements, mots, strict=True)
        ],
        suivant=liste.suivant,
    )


@router.post("/lire-tout", dependencies=[CONNECTE])
async def lire_tous_mes_messages(*, session: Tx, moi: Moi) -> Lus:
    """Marque lus tous mes messages."""
    marques = await mark_all_read(session, user_id=moi)
    return Lus(marques=marques, non_lues=await count_unread(session, user_id=moi))


@router.post("/{notification_id}/lire", dependencies=[CONNECTE], responses=problemes({404: ["NOTIFICATION_NOT_FOUND"]}))
async def lire_mon_message(*, session: Tx, moi: Moi, notification_id: UUID) -> Lus:
    """Marque lu l'un de mes messages ; le refaire ne change rien."""
    avant = await count_unread(session, user_id=moi)
    await mark_read(session, user_id=moi, notification_id=notification_id)
    await session.flush()
    apres = await count_unread(session, user_id=moi)
    return Lus(marques=avant - apres, non_lues=apres)
