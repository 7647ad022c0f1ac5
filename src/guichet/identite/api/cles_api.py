"""Keys of programs."""

from uuid import UUID

from fastapi import APIRouter

from guichet.identite.actions.cles_api import create_cle_api, revoke_cle_api
from guichet.identite.api.commun import AppelantTenant, not_null
from guichet.identite.api.modeles import CleApiCreee, CleApiIn, CleApiOut
from guichet.identite.metier.roles import Role, holds
from guichet.identite.questions.cles_api import list_cles_api
from guichet.identite.questions.droits import permissions_of
from guichet.socle.acces import exige
from guichet.socle.web import Lecture, Liste, Pagination, Tx, build_liste
from guichet.socle.web.problemes import problemes

router = APIRouter(prefix="/api/v1/cles-api", tags=["Comptes et accès"])


@router.get("", dependencies=[exige("cle_api:read")])
async def list_keys(session: Lecture, appelant: AppelantTenant, page: Pagination) -> Liste[CleApiOut]:
    """Les clés du réseau, la plus récente d'abord."""
    del appelant
    last = page.apres[-1] if page.apres else None
    rows = await list_cles_api(session, apres=last if isinstance(last, UUID) else None, limite=page.limite + 1)
    return build_liste(rows, page, vers=CleApiOut.model_validate, cle_de=lambda row: (row.id,))


@router.post(
    "",
    dependencies=[exige("cle_api:create")],
    status_code=201,
    responses=problemes(
        {403: ["PERMISSION_NON_DETENUE"], 422: ["PERMISSION_INCONNUE", "ADRESSE_INVALIDE", "EXPIRATION_PASSEE"]}
    ),
)
async def create_key(session: Tx, appelant: AppelantTenant, body: CleApiIn) -> CleApiCreee:
    """Créer une clé. Elle n'est montrée qu'une fois, dans cette réponse."""
    fields = not_null(body, nullable=["permissions", "limite_minute", "expire_le"])
    wanted = fields.pop("permissions", None)
    if wanted is None:
        wanted = [code for code in permissions_of(Role.API_KEY) if holds(appelant.permissions, code)]
    vue, secret = await create_cle_api(
        session, permissions=wanted, detenues=appelant.permissions, cree_par=appelant.user_id, **fields
    )
    return CleApiCreee(**CleApiOut.model_validate(vue).model_dump(), cle=secret)


@router.delete("/{cle_id}", dependencies=[exige("cle_api:delete")], responses=problemes({404: ["CLE_API_NOT_FOUND"]}))
async def revoke_key(session: Tx, appelant: AppelantTenant, cle_id: UUID) -> CleApiOut:
    """Révoquer une clé : elle n'ouvre plus rien aussitôt."""
    del appelant
    return CleApiOut.model_validate(await revoke_cle_api(session, cle_id=cle_id))
