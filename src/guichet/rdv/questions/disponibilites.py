"""The two public questions: when is this centre free, and which centres near me are free soon."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.types import RaisonVide
from guichet.rdv.metier.vues import CentreTrouve, Controle, DisponibilitesVue, RechercheVue
from guichet.rdv.questions.contexte import load_contexte, load_contextes, load_tenant_of
from guichet.rdv.questions.creneaux import build_creneaux, build_jours, explain, fetch_libres, open_window
from guichet.rdv.questions.journee import list_beyond
from guichet.reseau.facade import VitrineCentre, find_lieu, search_vitrine
from guichet.socle.database import enter_tenant, get_database
from guichet.socle.errors import Invalid, NotFound
from guichet.socle.horloge import now
from guichet.socle.i18n import _

JOURS_MAX: Final = 62
RAYON_MAX_KM: Final = 100.0
RAYON_PAR_DEFAUT_KM: Final = 30.0
PROCHAINS: Final = 3
CENTRES_MAX: Final = 50
FENETRE_RECHERCHE: Final = 14
"""Days searched from the wanted date when no last day is given."""


async def enter_centre(session: AsyncSession, centre_id: UUID) -> UUID:
    """Give a session without tenant the one of a centre. Raises `CENTRE_NOT_FOUND` (404), also for another tenant's."""
    tenant_id = await load_tenant_of(session, centre_id)
    courant = session.info.get("tenant_id")
    if tenant_id is None or courant not in {None, tenant_id}:
        raise NotFound(_("Ce centre est introuvable."), code="CENTRE_NOT_FOUND")
    await enter_tenant(session, tenant_id)
    return tenant_id


def check_periode(du: date, au: date, *, champ: str = "fin") -> list[date]:
    """The days from `du` to `au`, both included. Raises `PERIODE_INVALIDE` (422) on the field `champ`."""
    if au < du:
        message = _("La fin de la période vient avant son début.")
    elif (au - du).days >= JOURS_MAX:
        message = _("Demandez au plus {n} jours à la fois.", n=JOURS_MAX)
    else:
        return [du + timedelta(days=n) for n in range((au - du).days + 1)]
    raise Invalid(message, code="PERIODE_INVALIDE", champs={champ: message})


async def disponibilites_centre(
    session: AsyncSession, *, centre_id: UUID, du: date, au: date | None = None, controle: Controle | None = None
) -> DisponibilitesVue:
    """The free starts of a centre for an inspection, day by day, with the reason of each empty day.

    Enters the centre's tenant when the session has none. Raises `CENTRE_NOT_FOUND` (404), `PERIODE_INVALIDE` and
    `TYPE_CONTROLE_INCOHERENT` (422).
    """
    controle = controle or Controle()
    jours = check_periode(du, au or du)
    await enter_centre(session, centre_id)
    contexte = await load_contexte(session, centre_id)
    contexte.check_controle(controle)
    fenetre = open_window(contexte, jours[0], jours[-1], now())
    libres = (await fetch_libres(session, [fenetre], controle))[centre_id] if contexte.centre.actif else []
    vides = sorted(set(jours) - {jour for jour, _libre in libres})
    raisons = await explain(session, [fenetre], controle, vides) if vides else {}
    complets = [jour for jour in vides if raisons[centre_id, jour] is RaisonVide.COMPLET]
    libres += await list_beyond(session, contexte, controle, complets, fenetre.maintenant)
    return DisponibilitesVue(
        centre_id=centre_id,
        fuseau=contexte.centre.fuseau,
        controle=controle,
        jours=build_jours(contexte, controle, jours, sorted(libres, key=lambda paire: paire[0]), raisons),
    )


@dataclass(frozen=True, kw_only=True)
class Endroit:
    """Where to search: a position and, when it was found by name, its name."""

    lat: float
    lon: float
    nom: str | None = None


def find_endroit(
    *, lat: float | None = None, lon: float | None = None, lieu: str | None = None, code_postal: str | None = None
) -> Endroit:
    """The place meant by a position, a name or a postal code, in that order.

    Raises `LIEU_REQUIS` or `LIEU_INTROUVABLE` (422) on the field concerned.
    """
    if lat is not None and lon is not None:
        return Endroit(lat=lat, lon=lon, nom=lieu)
    champ, texte = ("lieu", lieu) if (lieu or "").strip() else ("code_postal", code_postal)
    if not (texte or "").strip():
        message = _("Indiquez une ville ou un code postal.")
        raise Invalid(message, code="LIEU_REQUIS", champs={"lieu": message})
    trouve = find_lieu(texte or "").lieu
    if trouve is None:
        message = _("Nous ne trouvons pas ce lieu. Essayez une ville voisine ou un code postal.")
        raise Invalid(message, code="LIEU_INTROUVABLE", champs={champ: message})
    return Endroit(lat=trouve.lat, lon=trouve.lon, nom=trouve.libelle)


async def search_disponibilites(
    session: AsyncSession,
    *,
    endroit: Endroit,
    du: date,
    au: date | None = None,
    rayon_km: float | None = None,
    controle: Controle | None = None,
    tri: str = "distance",
    limite: int = CENTRES_MAX,
    prochains: int = PROCHAINS,
) -> RechercheVue:
    """Centres near a place with their next `prochains` free starts from `du` (to `au`, else two weeks on).

    On the neutral host the centres of every tenant, each read in a transaction of its own tenant; else those of the
    session's. `tri`: `distance`, `prix`, `note` or `date` (who is free first). A centre without a free start says why.
    """
    controle = controle or Controle()
    au = au or du + timedelta(days=FENETRE_RECHERCHE - 1)
    check_periode(du, au, champ="date_fin")
    rayon = min(rayon_km or RAYON_PAR_DEFAUT_KM, RAYON_MAX_KM)
    vitrines = await search_vitrine(
        session,
        lat=endroit.lat,
        lon=endroit.lon,
        rayon_km=rayon,
        limite=limite,
        tenant_id=session.info.get("tenant_id"),
        vehicule_type=controle.vehicule_type,
        type_controle=controle.type_controle,
    )
    groupes: dict[UUID, list[VitrineCentre]] = defaultdict(list)
    for vitrine in vitrines:
        groupes[vitrine.tenant_id].append(vitrine)
    trouves: list[CentreTrouve] = []
    for tenant_id, siennes in groupes.items():
        async with _reading(session, tenant_id) as lecture:
            trouves += await _next_starts(lecture, siennes, _Voulu(controle, du, au, prochains))
    return RechercheVue(
        lat=endroit.lat,
        lon=endroit.lon,
        lieu=endroit.nom,
        rayon_km=rayon,
        du=du,
        au=au,
        controle=controle,
        centres=tuple(sorted(trouves, key=TRIS.get(tri, TRIS["distance"]))),
    )


@asynccontextmanager
async def _reading(session: AsyncSession, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
    if session.info.get("tenant_id") == tenant_id:
        yield session
        return
    async with get_database().transaction(tenant_id, read_only=True) as lecture:
        yield lecture


@dataclass(frozen=True)
class _Voulu:
    controle: Controle
    du: date
    au: date
    prochains: int


async def _next_starts(
    session: AsyncSession,
    vitrines: Sequence[VitrineCentre],
    voulu: _Voulu,
) -> list[CentreTrouve]:
    maintenant, controle = now(), voulu.controle
    contextes = await load_contextes(session, [v.centre_id for v in vitrines if v.reservable])
    fenetres = {id_: open_window(c, voulu.du, voulu.au, maintenant) for id_, c in contextes.items() if c.centre.actif}
    libres = await fetch_libres(session, list(fenetres.values()), controle, limite=voulu.prochains)
    vides = [fenetres[id_] for id_, trouves in libres.items() if not trouves]
    raisons = await explain(session, vides, controle, check_periode(voulu.du, voulu.au)) if vides else {}
    sortie = []
    for vitrine in vitrines:
        siens = [libre for _jour, libre in libres.get(vitrine.centre_id, ())]
        sortie.append(
            CentreTrouve(
                vitrine=vitrine,
                creneaux=tuple(build_creneaux(contextes[vitrine.centre_id], controle, siens)) if siens else (),
                raison_vide=None
                if siens
                else _summary([r for (c, _j), r in raisons.items() if c == vitrine.centre_id]),
                montant_cents=vitrine.prix(controle.vehicule_type, controle.carburant, controle.type_controle),
            )
        )
    return sortie


_PARLANTES: Final = (
    RaisonVide.COMPLET,
    RaisonVide.AUCUN_AGREMENT,
    RaisonVide.HORS_HORIZON,
    RaisonVide.FERIE,
    RaisonVide.FERME,
    RaisonVide.PASSE,
)


def _summary(raisons: Sequence[RaisonVide]) -> RaisonVide:
    """The reason that says most about several days."""
    return next((r for r in _PARLANTES if r in raisons), RaisonVide.PAS_EN_LIGNE)


_LOIN: Final = float("inf")


def _distance(trouve: CentreTrouve) -> float:
    return _LOIN if trouve.vitrine.distance_km is None else trouve.vitrine.distance_km


def _premier(trouve: CentreTrouve) -> tuple[bool, float]:
    return not trouve.creneaux, trouve.creneaux[0].debut.timestamp() if trouve.creneaux else 0.0


TRIS: Final[dict[str, Callable[[CentreTrouve], Any]]] = {
    "distance": lambda t: (_distance(t), t.vitrine.centre_id),
    "prix": lambda t: (t.montant_cents is None, t.montant_cents or 0, _distance(t), t.vitrine.centre_id),
    "note": lambda t: (-(t.vitrine.note or 0.0), _distance(t), t.vitrine.centre_id),
    "date": lambda t: (*_premier(t), _distance(t), t.vitrine.centre_id),
}
