"""Assignment and re-optimisation over HTTP, for those who run a centre."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from guichet.rdv.actions.optimiser import PropositionVue, apply_day, propose_day
from guichet.rdv.api.modeles_rdv import Saisie
from guichet.rdv.metier.affectation import RaisonAffectation
from guichet.rdv.metier.faisabilite import Verdict
from guichet.rdv.metier.optimisation import Bilan
from guichet.rdv.metier.vues import Controle
from guichet.rdv.permissions import PLANNING_LECTURE, PLANNING_MODIFICATION
from guichet.rdv.questions.affectations import AffectationVue, RangVue, rank_rdv, rank_start
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType
from guichet.socle.acces import CurrentAppelant, exige
from guichet.socle.i18n import _
from guichet.socle.web import Lecture, Tx, problemes

router = APIRouter(prefix="/api/v1", tags=["Plannings"])

Jour = date
MINUTE = 60
CENTRE = "0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10"


class AffectationSaisie(Saisie):
    """An appointment (`rdv_id`), or a start in a centre and the inspection it is for."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"centre_id": CENTRE, "debut": "2026-11-23T09:00:00+01:00"}]}
    )

    rdv_id: UUID | None = None
    centre_id: UUID | None = None
    debut: AwareDatetime | None = None
    vehicule_type: VehiculeType = VehiculeType.VP
    carburant: Carburant = Carburant.ESSENCE
    type_controle: TypeControle = TypeControle.CTP

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "AffectationSaisie":
        if (self.rdv_id is None) == (self.centre_id is None or self.debut is None):
            raise ValueError(_("Indiquez un rendez-vous, ou un centre et une heure de début."))
        return self


class RangReponse(BaseModel):
    """A free inspector: how many accreditations, minutes given that day, minutes that would be lost, and reasons."""

    controleur_id: UUID
    rang: int
    nb_agrements: int
    charge_minutes: int
    trou_minutes: int
    raisons: list[RaisonAffectation]

    @classmethod
    def of(cls, rang: int, vue: RangVue) -> "RangReponse":
        """From the view."""
        return cls(
            controleur_id=vue.controleur_id,
            rang=rang,
            nb_agrements=vue.nb_titres,
            charge_minutes=int(vue.charge.total_seconds()) // MINUTE,
            trou_minutes=int(vue.trou.total_seconds()) // MINUTE,
            raisons=list(vue.raisons),
        )


class DeplacementReponse(BaseModel):
    """An appointment and the inspector who would have it. `de`: who has it now (null: nobody)."""

    rdv_id: UUID
    de: UUID | None = None
    vers: UUID


class AffectationReponse(BaseModel):
    """Free inspectors, the best first. `verdict`: `direct`, `deplace` (with `deplacements`), `impossible`, `indecis`."""

    centre_id: UUID
    date: Jour
    debut: datetime
    fin: datetime
    verdict: Verdict
    controleur_id: UUID | None
    candidats: list[RangReponse]
    deplacements: list[DeplacementReponse]

    @classmethod
    def of(cls, vue: AffectationVue) -> "AffectationReponse":
        """From the view."""
        return cls(
            centre_id=vue.centre_id,
            date=vue.jour,
            debut=vue.debut,
            fin=vue.fin,
            verdict=vue.plan.verdict,
            controleur_id=vue.plan.affectations.get(vue.voulu),
            candidats=[RangReponse.of(n, rang) for n, rang in enumerate(vue.rangs, start=1)],
            deplacements=[
                DeplacementReponse(rdv_id=rdv, de=vue.de.get(rdv), vers=qui)
                for rdv, qui in sorted(vue.plan.affectations.items())
                if rdv != vue.voulu
            ],
        )


class OptimisationSaisie(Saisie):
    """The local day to look at."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"date": "2026-11-23"}]})

    date: Jour


class BilanReponse(BaseModel):
    """A day in figures: minutes too short to be sold, difference in load, minutes of accreditations used beyond need,
    appointments in surnombre that have an inspector."""

    trous_minutes: int
    ecart_charge_minutes: int
    agrements_minutes: int
    surnombre_places: int

    @classmethod
    def of(cls, b: Bilan) -> "BilanReponse":
        """From the rule."""
        return cls(
            trous_minutes=b.trous_minutes,
            ecart_charge_minutes=b.ecart_minutes,
            agrements_minutes=b.titres_minutes,
            surnombre_places=b.places,
        )


class PropositionReponse(BaseModel):
    """A proposal. `jeton` applies it, null when nothing is gained; `methode`: `solveur`, or `regle` where there is none."""

    centre_id: UUID
    date: Jour
    methode: str
    avant: BilanReponse
    apres: BilanReponse
    deplacements: list[DeplacementReponse]
    jeton: str | None

    @classmethod
    def of(cls, vue: PropositionVue) -> "PropositionReponse":
        """From the view."""
        p = vue.proposition
        return cls(
            centre_id=vue.centre_id,
            date=vue.jour,
            methode=vue.methode,
            avant=BilanReponse.of(p.avant),
            apres=BilanReponse.of(p.apres),
            deplacements=[
                DeplacementReponse(rdv_id=rdv, de=vue.de.get(rdv), vers=qui) for rdv, qui in p.affectations.items()
            ],
            jeton=vue.jeton,
        )


class ApplicationSaisie(Saisie):
    """The token of a proposal."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"jeton": "k1.0.eyJjIjoiMDE5M2ExZjIifQ.c2lnbmF0dXJl"}]})

    jeton: Annotated[str, Field(max_length=100_000)]


class ApplicationReponse(BaseModel):
    """How many appointments have another inspector."""

    deplacements: int


@router.post(
    "/affectation",
    dependencies=[exige(PLANNING_LECTURE)],
    response_model=AffectationReponse,
    summary="Quel contrôleur affecter",
    responses=problemes(
        {403: ["HORS_PERIMETRE"], 404: ["CENTRE_NOT_FOUND", "RDV_NOT_FOUND"], 422: ["TYPE_CONTROLE_INCOHERENT"]}
    ),
)
async def classer_controleurs(
    *, session: Lecture, appelant: CurrentAppelant, saisie: AffectationSaisie
) -> AffectationReponse:
    """Les contrôleurs libres, du meilleur au moins bon, avec les raisons ; sinon ce qu'il faudrait déplacer. N'écrit rien."""
    if saisie.rdv_id is not None:
        vue = await rank_rdv(session, appelant=appelant, rdv_id=saisie.rdv_id)
    else:
        controle = Controle(
            vehicule_type=saisie.vehicule_type, carburant=saisie.carburant, type_controle=saisie.type_controle
        )
        assert saisie.centre_id is not None
        assert saisie.debut is not None
        vue = await rank_start(
            session, appelant=appelant, centre_id=saisie.centre_id, debut=saisie.debut, controle=controle
        )
    return AffectationReponse.of(vue)


@router.post(
    "/planning/ct/{ct_id}/optimiser",
    dependencies=[exige(PLANNING_MODIFICATION)],
    response_model=PropositionReponse,
    summary="Proposer une meilleure journée",
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["CENTRE_NOT_FOUND"], 422: ["JOUR_FERME"]}),
)
async def proposer_journee(*, appelant: CurrentAppelant, ct_id: UUID, saisie: OptimisationSaisie) -> PropositionReponse:
    """Change les contrôleurs, jamais les heures ; montre le gain. Rien n'est écrit avant l'application."""
    assert appelant.tenant_id is not None
    return PropositionReponse.of(
        await propose_day(tenant_id=appelant.tenant_id, appelant=appelant, centre_id=ct_id, jour=saisie.date)
    )


@router.post(
    "/planning/ct/{ct_id}/optimiser/appliquer",
    dependencies=[exige(PLANNING_MODIFICATION)],
    response_model=ApplicationReponse,
    summary="Appliquer une proposition",
    responses=problemes(
        {
            403: ["HORS_PERIMETRE"],
            404: ["CENTRE_NOT_FOUND"],
            409: ["PROPOSITION_PERIMEE"],
            422: ["JETON_INVALIDE", "JOUR_FERME"],
        }
    ),
)
async def appliquer_proposition(
    *, session: Tx, appelant: CurrentAppelant, ct_id: UUID, saisie: ApplicationSaisie
) -> ApplicationReponse:
    """Tout ou rien : si la journée a changé depuis la proposition, rien n'est appliqué (`PROPOSITION_PERIMEE`)."""
    return ApplicationReponse(
        deplacements=await apply_day(session, appelant=appelant, centre_id=ct_id, jeton=saisie.jeton)
    )
