"""A tenant's own words for the house's templates."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications.actions.modeles import reset_words, write_words
from guichet.notifications.api.commun import ETIQUETTE, PREFIXE, DansUnTenant
from guichet.notifications.gabarits import check_words, list_variables
from guichet.notifications.marque import load_marque
from guichet.notifications.metier import Canal, weigh
from guichet.notifications.modeles import Modele, find_modele, list_modeles, render
from guichet.notifications.mots import Mots
from guichet.notifications.questions.modeles import get_words, list_versions
from guichet.socle.acces import exige
from guichet.socle.errors import Conflict, NotFound
from guichet.socle.i18n import _
from guichet.socle.web import Lecture, Liste, Tx, problemes

router = APIRouter(prefix=PREFIXE, tags=[ETIQUETTE])

Langue = Literal["fr", "en"]
Code = Annotated[str, Path(max_length=80, examples=["rdv.confirmation"])]
LaVoie = Annotated[Canal, Query(description="Le canal dont on parle.")]
LaLangue = Annotated[Langue, Query(description="La langue du lecteur.")]
INCONNU = {404: ["MODELE_NOT_FOUND"]}


class ModeleResume(BaseModel):
    """Un modèle de message et les canaux pour lesquels il a des mots."""

    code: str
    libelle: str
    canaux: list[Canal]
    rappel: bool


class VariableReponse(BaseModel):
    """Ce qu'un texte peut dire : `{{ d.heure }}`, ou une liste à parcourir."""

    model_config = ConfigDict(from_attributes=True)

    nom: str
    exemple: str
    est_liste: bool


class MotsReponse(BaseModel):
    """Une version des mots du réseau ; sans texte, ceux de la maison."""

    version: int
    objet: str | None
    texte: str | None
    auteur_id: UUID | None
    le: datetime | None


class Apercu(BaseModel):
    """Le message rempli avec l'exemple."""

    objet: str
    texte: str
    html: str
    encodage: str | None = Field(None, description="`GSM7` ou `UNICODE`, pour un SMS.")
    segments: int | None = Field(None, description="Parties d'un SMS.")


class ModeleReponse(ModeleResume):
    """Un modèle : les mots en vigueur, leurs versions, ce qu'ils peuvent dire, le message tel qu'il part."""

    canal: Canal
    langue: Langue
    personnalise: bool
    mots: MotsReponse
    versions: list[MotsReponse]
    variables: list[VariableReponse]
    apercu: Apercu | None


class MotsSaisie(BaseModel):
    """Les mots du réseau. Une ligne vide sépare deux paragraphes ; un SMS n'a pas d'objet."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "canal": "email",
                "langue": "fr",
                "objet": "À bientôt au centre {{ d.centre_nom }}",
                "texte": "Bonjour,\n\nNous vous attendons {{ d.jour_court }} à {{ d.heure }}.\n\n{{ d.lien }}",
                "version": 0,
            }
        },
    )

    canal: Canal = Canal.EMAIL
    langue: Langue = "fr"
    objet: str | None = Field(None, max_length=1000)
    texte: str = Field(max_length=20_000)
    version: int | None = Field(None, ge=0, description="Celle qui a été lue ; 0 quand il n'y en avait pas.")


@router.get("/modeles", dependencies=[exige("modele:read")])
async def lister_modeles_de_message(*, appelant: DansUnTenant) -> Liste[ModeleResume]:
    """Les modèles de message de la maison."""
    del appelant
    return Liste(elements=[_summary(modele) for modele in list_modeles()], suivant=None)


@router.get("/modeles/{code}", dependencies=[exige("modele:read")], responses=problemes(INCONNU))
async def lire_modele_de_message(
    *, session: Lecture, appelant: DansUnTenant, code: Code, canal: LaVoie = Canal.EMAIL, langue: LaLangue = "fr"
) -> ModeleReponse:
    """Un modèle, pour un canal et une langue : les mots en vigueur et le message tel qu'il part."""
    del appelant
    return await _described(session, _found(code, canal), canal, langue)


@router.put(
    "/modeles/{code}",
    dependencies=[exige("modele:update")],
    responses=problemes(INCONNU | {409: ["VERSION_PERIMEE"], 422: ["MODELE_INVALIDE"]}),
)
async def ecrire_modele_de_message(
    *, session: Tx, appelant: DansUnTenant, code: Code, saisie: MotsSaisie
) -> ModeleReponse:
    """Remplace les mots de la maison par ceux du réseau ; l'ancienne version reste dans l'historique."""
    del appelant
    modele = _found(code, saisie.canal)
    await write_words(
        session,
        modele=modele,
        canal=saisie.canal,
        locale=saisie.langue,
        objet=saisie.objet,
        texte=saisie.texte,
        version=saisie.version,
    )
    return await _described(session, modele, saisie.canal, saisie.langue)


@router.delete("/modeles/{code}", dependencies=[exige("modele:update")], responses=problemes(INCONNU))
async def retablir_modele_de_message(
    *, session: Tx, appelant: DansUnTenant, code: Code, canal: LaVoie = Canal.EMAIL, langue: LaLangue = "fr"
) -> ModeleReponse:
    """Rend au modèle les mots de la maison."""
    del appelant
    modele = _found(code, canal)
    await reset_words(session, modele=modele, canal=canal, locale=langue)
    return await _described(session, modele, canal, langue)


@router.post(
    "/modeles/{code}/apercu",
    dependencies=[exige("modele:read")],
    responses=problemes(INCONNU | {409: ["MODELE_SANS_EXEMPLE"], 422: ["MODELE_INVALIDE"]}),
)
async def voir_modele_de_message(*, session: Lecture, appelant: DansUnTenant, code: Code, saisie: MotsSaisie) -> Apercu:
    """Montre ce que donneraient ces mots, remplis avec l'exemple ; rien n'est enregistré."""
    del appelant
    modele = _found(code, saisie.canal)
    check_words(modele, saisie.canal, objet=saisie.objet, texte=saisie.texte)
    mots = Mots(objet=saisie.objet, texte=saisie.texte)
    apercu = await _preview(session, modele, saisie.canal, saisie.langue, mots)
    if apercu is None:
        raise Conflict(_("Ce modèle n'a pas d'exemple à montrer."), code="MODELE_SANS_EXEMPLE")
    return apercu


def _found(code: str, canal: Canal) -> Modele:
    try:
        modele = find_modele(code)
    except KeyError:
        modele = None
    if modele is None or canal not in modele.canaux:
        raise NotFound(_("Ce modèle n'existe pas, ou pas pour ce canal."), code="MODELE_NOT_FOUND")
    return modele


def _summary(modele: Modele) -> ModeleResume:
    return ModeleResume(
        code=modele.nom, libelle=str(modele.libelle), canaux=sorted(modele.canaux), rappel=modele.rappel
    )


async def _described(session: AsyncSession, modele: Modele, canal: Canal, langue: Langue) -> ModeleReponse:
    mots = await get_words(session, modele=modele.nom, canal=canal, locale=langue)
    versions = await list_versions(session, modele=modele.nom, canal=canal, locale=langue)
    return ModeleReponse(
        **_summary(modele).model_dump(),
        canal=canal,
        langue=langue,
        personnalise=mots.texte is not None,
        mots=_words(mots),
        versions=[_words(version) for version in versions],
        variables=[VariableReponse.model_validate(v) for v in list_variables(modele)],
        apercu=await _preview(session, modele, canal, langue, mots),
    )


async def _preview(session: AsyncSession, modele: Modele, canal: Canal, langue: Langue, mots: Mots) -> Apercu | None:
    if modele.exemple is None:
        return None
    marque = await load_marque(session, tenant_id=session.info["tenant_id"])
    rendu = render(modele, modele.exemple, marque, locale=langue, canal=canal, mots=mots)
    poids = weigh(rendu.texte) if canal is Canal.SMS else None
    return Apercu(
        objet=rendu.objet,
        texte=rendu.texte,
        html=rendu.html,
        encodage=poids.encodage.value if poids else None,
        segments=poids.segments if poids else None,
    )


def _words(mots: Mots) -> MotsReponse:
    return MotsReponse(version=mots.version, objet=mots.objet, texte=mots.texte, auteur_id=mots.auteur_id, le=mots.le)
