"""The one statement that decides who has a place (`rdv.reserver`), and what to answer when it says no."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.creneaux import choose_alternatives
from guichet.rdv.metier.heures import jour_local
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.types import Indisponible
from guichet.rdv.metier.vues import Controle, CreneauVue
from guichet.rdv.questions.contexte import Contexte
from guichet.rdv.questions.creneaux import build_creneaux, fetch_libres, open_window
from guichet.rdv.questions.planning.evenements import is_blocked
from guichet.socle.database import raw
from guichet.socle.errors import Conflict, GuichetError, Invalid, TooMany
from guichet.socle.i18n import _, lazy

RESERVER: Final = """
select issue, controleur, client, vehicule, liberes, remplaces
  from rdv.reserver(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
JOURS_ALTERNATIVES: Final = 14
"""Days after the wanted one in which alternatives are looked for."""

_INDISPONIBLE: Final = {
    Indisponible.PRIS: lazy("Ce créneau vient d'être pris. En voici d'autres."),
    Indisponible.TENU: lazy("Quelqu'un est en train de réserver ce créneau. En voici d'autres."),
    Indisponible.BLOQUE: lazy("Ce créneau vient d'être fermé par le centre. En voici d'autres."),
    Indisponible.COMPLET: lazy("Ce centre est complet ce jour-là. Voici d'autres créneaux."),
    Indisponible.LIGNES: lazy("Toutes les lignes de ce centre sont occupées à cette heure. Voici d'autres créneaux."),
}


@dataclass(frozen=True)
class Plafonds:
    """What an anonymous caller may book lately: blind indexes with their caps, over a period."""

    cles: tuple[bytes, ...] = ()
    maxima: tuple[int, ...] = ()
    fenetre: timedelta = timedelta()


@dataclass(frozen=True)
class Place:
    """What the statement decided. `liberes` are dead holds it let go on the way, `remplaces` the living holds it replaced.

    `au_dela`: in surnombre beyond what anybody may book.
    """

    issue: str
    controleur_id: UUID | None = None
    client_id: UUID | None = None
    vehicule_id: UUID | None = None
    liberes: tuple[UUID, ...] = ()
    remplaces: tuple[UUID, ...] = ()
    surnombre: bool = False
    au_dela: bool = False

    @property
    def ok(self) -> bool:
        """Was a place given?"""
        return self.issue == "ok"


async def take_place(
    session: AsyncSession,
    *,
    rdv: dict[str, Any],
    client: dict[str, Any],
    vehicule: dict[str, Any],
    besoins: frozenset[str],
    choisi: UUID | None,
    maintenant: datetime,
    plafonds: Plafonds,
    tolerance: int | None = None,
    garder: bool = False,
) -> Place:
    """Run the booking statement. A `rdv` in surnombre is counted against `tolerance` per cent (None: without limit).

    A place that is given keeps its advisory locks until the end of the transaction. A refusal gives them back, unless
    `garder`: the caller then looks further (another assignment of the day) before anybody else may book there.
    """
    cursor = await (await raw(session)).execute(
        RESERVER,
        (
            json.dumps(rdv),
            json.dumps(client),
            json.dumps(vehicule),
            sorted(besoins),
            choisi,
            maintenant,
            list(plafonds.cles),
            list(plafonds.maxima),
            plafonds.fenetre,
            garder,
            tolerance,
        ),
    )
    ligne = await cursor.fetchone()
    assert ligne is not None
    issue, controleur, trouve, voiture, liberes, remplaces = ligne
    return Place(
        issue, controleur, trouve, voiture, tuple(liberes or ()), tuple(remplaces or ()), bool(rdv.get("surnombre"))
    )


async def find_alternatives(
    session: AsyncSession, contexte: Contexte, controle: Controle, voulu: datetime, maintenant: datetime
) -> list[CreneauVue]:
    """Up to three free starts near the one that was wanted."""
    jour = jour_local(voulu, contexte.zone)
    fenetre = open_window(contexte, jour, jour + timedelta(days=JOURS_ALTERNATIVES), maintenant)
    libres = (await fetch_libres(session, [fenetre], controle))[contexte.centre.id]
    choisis = set(choose_alternatives([libre.debut for _jour, libre in libres], voulu))
    return build_creneaux(contexte, controle, [libre for _jour, libre in libres if libre.debut in choisis])


def write_alternatives(creneaux: Sequence[CreneauVue]) -> list[dict[str, Any]]:
    """Alternatives as an error carries them."""
    return [
        {
            "id": c.id,
            "date": c.jour.isoformat(),
            "heure_debut": c.heure_debut,
            "heure_fin": c.heure_fin,
            "debut": c.debut_local.isoformat(),
            "fin": c.fin_local.isoformat(),
        }
        for c in creneaux
    ]


async def refuse(
    session: AsyncSession,
    issue: str,
    *,
    contexte: Contexte,
    controle: Controle,
    debut: datetime,
    choisi: UUID | None,
    maintenant: datetime,
    plafonds: Plafonds,
) -> GuichetError:
    """The error of an issue, with alternatives where they make sense."""
    if issue == "plafond":
        return TooMany(
            _(
                "Vous avez fait plusieurs réservations en peu de temps. Réessayez un peu plus tard, ou appelez le centre."
            ),
            code="TROP_DE_RESERVATIONS",
            retry_after=int(plafonds.fenetre.total_seconds()),
        )
    if issue == "hors_horaires" and await is_blocked(
        session,
        contexte,
        besoins=contexte.besoins(controle),
        voulu=Intervalle(debut, debut + contexte.duree(controle)),
        choisi=choisi,
    ):
        issue = Indisponible.BLOQUE
    if issue == "hors_horaires" and not await is_accredited(session, contexte, controle, maintenant, choisi=choisi):
        message = _("Aucun contrôleur de ce centre n'est agréé pour ce véhicule. Choisissez un autre centre.")
        return Invalid(message, code="AGREMENT_ABSENT", champs={"vehicule.type": message})
    alternatives = write_alternatives(await find_alternatives(session, contexte, controle, debut, maintenant))
    if issue == "hors_horaires":
        message = _("Ce centre ne reçoit pas à cette heure-là.")
        return Invalid(
            message,
            code="CRENEAU_HORS_HORAIRES",
            champs={"creneau.heure_debut": message},
            alternatives=alternatives,
        )
    raison = Indisponible.PRIS if issue == "numero" else Indisponible(issue)
    message = str(_INDISPONIBLE[raison]) if alternatives else _("Ce créneau n'est plus libre.")
    return Conflict(message, code="CRENEAU_INDISPONIBLE", raison=raison.value, alternatives=alternatives)


async def is_accredited(
    session: AsyncSession, contexte: Contexte, controle: Controle, maintenant: datetime, *, choisi: UUID | None = None
) -> bool:
    """Does anybody of the centre (or the one chosen) work from today on who may inspect that?"""
    cursor = await (await raw(session)).execute(
        "select exists (select from rdv.ouverture where centre_id = %s and jour >= %s and capacites @> %s::text[]"
        " and (%s::uuid is null or controleur_id = %s))",
        (
            contexte.centre.id,
            jour_local(maintenant, contexte.zone),
            sorted(contexte.besoins(controle)),
            choisi,
            choisi,
        ),
    )
    ligne = await cursor.fetchone()
    assert ligne is not None
    return bool(ligne[0])
