"""The free starts of one centre in one statement that is its own transaction: the hot reading, and how long it holds.

It gives what `disponibilites_centre` gives; a test compares the two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Final
from uuid import UUID

from guichet.rdv.metier.creneaux import Libre
from guichet.rdv.metier.heures import minuit
from guichet.rdv.metier.types import RaisonVide
from guichet.rdv.metier.vues import Controle, DisponibilitesVue
from guichet.rdv.questions.contexte import Contexte, etiquettes_centre, load_contexte, load_equipe
from guichet.rdv.questions.creneaux import Fenetre, build_jours, open_window, reason_of
from guichet.rdv.questions.disponibilites import check_periode, enter_centre
from guichet.rdv.questions.journee import list_beyond
from guichet.reseau.facade import ControleurVue
from guichet.socle.cache import get_cache
from guichet.socle.database import get_database
from guichet.socle.horloge import now

LIRE: Final = (
    "select jours, debuts, places, au_travail, sans_trou, vides, etats, fins, en_ligne, tenue"
    " from rdv.lire_creneaux(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
DUREE_MAX: Final = timedelta(minutes=10)
DUREE_DU_JOUR: Final = timedelta(minutes=1)
"""An answer that tells why today has nothing left holds for less: the reason changes with the hour."""


@dataclass(frozen=True, kw_only=True)
class Cadre:
    """What has to be known before free starts are read: the centre, and who works there."""

    tenant_id: UUID
    contexte: Contexte
    equipe: Mapping[UUID, ControleurVue]

    def etiquettes(self, jours: Sequence[date]) -> frozenset[str]:
        """What makes the free starts of these days stale.

        The appointments of the centre, and those its inspectors have elsewhere; the eve's may go on past midnight.
        """
        ailleurs = {travail.centre_id for controleur in self.equipe.values() for travail in controleur.centres}
        concernes = [jours[0] - timedelta(days=1), *jours]
        return etiquettes_centre(self.contexte.centre.id) | {
            f"rdv.jour:{centre_id}:{jour.isoformat()}"
            for centre_id in {self.contexte.centre.id, *ailleurs}
            for jour in concernes
        }


@dataclass(frozen=True, kw_only=True)
class Lecture:
    """Free starts in order, or why a day has none; from when to when that is so if nobody writes."""

    contexte: Contexte
    controle: Controle
    jours: Sequence[date]
    libres: Sequence[tuple[date, Libre]]
    raisons: Mapping[date, RaisonVide]
    depuis: datetime
    jusqua: datetime

    @property
    def vue(self) -> DisponibilitesVue:
        """The same as `disponibilites_centre` gives it."""
        centre = self.contexte.centre
        raisons = {(centre.id, jour): raison for jour, raison in self.raisons.items()}
        return DisponibilitesVue(
            centre_id=centre.id,
            fuseau=centre.fuseau,
            controle=self.controle,
            jours=build_jours(self.contexte, self.controle, self.jours, self.libres, raisons),
        )


async def load_cadre(tenant_id: UUID | None, centre_id: UUID) -> Cadre:
    """What is remembered of a centre, for a caller of this tenant (None: of the neutral host).

    Raises `CENTRE_NOT_FOUND` (404), also for another tenant's.
    """
    cache, cle = get_cache(), f"rdv.cadre:{tenant_id}:{centre_id}"
    if cache.suspended:
        return await _read_cadre(tenant_id, centre_id)
    known: Cadre | None = cache.peek(cle)
    if known is not None:
        return known
    return await cache.get_or_compute(
        cle, lambda: _read_cadre(tenant_id, centre_id), ttl=DUREE_MAX, etiquettes=etiquettes_centre(centre_id)
    )


async def _read_cadre(tenant_id: UUID | None, centre_id: UUID) -> Cadre:
    async with get_database().transaction(tenant_id, read_only=True) as session:
        tenant_id = await enter_centre(session, centre_id)
        contexte = await load_contexte(session, centre_id)
        return Cadre(tenant_id=tenant_id, contexte=contexte, equipe=await load_equipe(session, centre_id))


async def read_creneaux(cadre: Cadre, *, du: date, au: date, controle: Controle, a_garder: bool = True) -> Lecture:
    """The free starts of a centre, day by day, with the reason of each empty day. What is not `a_garder` holds for no time.

    Raises `PERIODE_INVALIDE` and `TYPE_CONTROLE_INCOHERENT` (422).
    """
    jours, contexte, instant = check_periode(du, au), cadre.contexte, now()
    contexte.check_controle(controle)
    fenetre = open_window(contexte, du, au, instant)
    parametres = (
        cadre.tenant_id,
        contexte.centre.id,
        fenetre.du if contexte.centre.actif else fenetre.au + timedelta(days=1),
        fenetre.au,
        contexte.duree(controle),
        timedelta(minutes=contexte.grille),
        sorted(contexte.besoins(controle)),
        fenetre.depuis,
        instant,
        instant.astimezone(contexte.zone).date(),
        list(cadre.equipe) if a_garder else None,
        controle.vehicule_type.value,
    )
    async with get_database().hot() as connexion:
        ligne = await (await connexion.execute(LIRE, parametres, binary=True)).fetchone()
    assert ligne is not None
    du_jour, debuts, places, au_travail, sans_trou, vides, etats, fins, en_ligne, tenue = ligne
    libres = [
        (jour, Libre(*reste))
        for jour, *reste in zip(
            du_jour or (), debuts or (), places or (), au_travail or (), sans_trou or (), strict=True
        )
    ]
    journees = {jour: (etat, fin) for jour, etat, fin in zip(vides or (), etats or (), fins or (), strict=True)}
    pleins = set(du_jour or ())
    raisons = {
        jour: reason_of(fenetre, jour, en_ligne, journees.get(jour), controle) for jour in jours if jour not in pleins
    }
    libres += await _read_beyond(cadre, controle, raisons, instant)
    libres.sort(key=itemgetter(0))
    return Lecture(
        contexte=contexte,
        controle=controle,
        jours=jours,
        libres=libres,
        raisons=raisons,
        depuis=instant,
        jusqua=_until(fenetre, [libre.debut for _, libre in libres], tenue) if a_garder else instant,
    )


async def _read_beyond(
    cadre: Cadre, controle: Controle, raisons: Mapping[date, RaisonVide], instant: datetime
) -> list[tuple[date, Libre]]:
    """What full days still offer by moving others, or beyond the capacity: worked out, so worth keeping."""
    complets = [jour for jour, raison in raisons.items() if raison is RaisonVide.COMPLET]
    if not complets:
        return []
    async with get_database().transaction(cadre.tenant_id, read_only=True) as session:
        return await list_beyond(session, cadre.contexte, controle, complets, instant)


def _until(fenetre: Fenetre, debuts: Sequence[datetime], tenue: datetime | None) -> datetime:
    """When the clock alone changes the answer: its first start is over, a hold dies, a day ends at the centre."""
    contexte, instant = fenetre.contexte, fenetre.maintenant
    aujourdhui = instant.astimezone(contexte.zone).date()
    bornes = [instant + DUREE_MAX, minuit(aujourdhui + timedelta(days=1), contexte.zone)]
    if fenetre.du <= aujourdhui:
        bornes.append(instant + DUREE_DU_JOUR)
    if debuts:
        bornes.append(debuts[0] - (fenetre.depuis - instant))
    if tenue is not None:
        bornes.append(tenue)
    return min(bornes)
