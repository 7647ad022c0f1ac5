"""The week of hours of a centre: days, levels in words and bars, suggested hours with their reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from guichet.rdv.facade import Niveau
from guichet.rdv.pages.criteres import Vehicule
from guichet.rdv.pages.presentation import Libre, capitalize, hour_view, slots_address
from guichet.rdv.pages.vues import HeureVue, JourVue, LienVue, MoitieVue, PropositionVue, SemaineVue
from guichet.socle.i18n import _, format_date, format_duree, format_relatif, lazy, ngettext

MIDI = 13
DIMANCHE = 6
SEPT = timedelta(days=7)
HEURES_VUES = 6
ETATS = {"complet": lazy("Complet"), "passe": lazy("Terminé"), "ferme": lazy("Fermé"), "ferie": lazy("Férié")}
RAISONS = {
    "ferme": lazy("Le centre est fermé."),
    "ferie": lazy("Jour férié."),
    "complet": lazy("Aucune heure libre."),
    "passe": lazy("Plus d'heure ce jour-là."),
    "hors_horizon": lazy("Pas encore ouvert à la réservation."),
    "aucun_agrement": lazy("Aucun contrôleur habilité ce jour-là."),
    "pas_en_ligne": lazy("Pas de réservation en ligne."),
}
NIVEAUX = {Niveau.LARGE: "libre", Niveau.MOYEN: "moyen", Niveau.FAIBLE: "presque"}


def level(niveau: Niveau | None) -> str:
    """The level of the engine as the bars name it."""
    return NIVEAUX[niveau] if niveau else "complet"


@dataclass(frozen=True, kw_only=True)
class JourLibre:
    """A local day of a centre: its free hours, how full it is, why it has none."""

    jour: date
    libres: tuple[Libre, ...]
    niveau: str
    raison: str = ""


@dataclass(frozen=True, kw_only=True)
class Lieu:
    """The centre a week is shown for."""

    code: str
    nom: str
    ville: str
    zone: ZoneInfo


def week_view(
    jours: Sequence[JourLibre],
    *,
    lieu: Lieu,
    vehicule: Vehicule,
    duree: int | None,
    maintenant: datetime,
    fermee: bool,
    choisi: datetime | None,
    jour_demande: date | None,
    prochaine: date | None = None,
) -> SemaineVue:
    """Seven days. `fermee`: nothing after them may be booked; `prochaine`: the next free day when they are empty."""
    du, aujourdhui = jours[0].jour, maintenant.astimezone(lieu.zone).date()
    montres = [j for j in jours if j.jour.weekday() < DIMANCHE or j.libres]
    vues = tuple(
        day_view(j, lieu=lieu, vehicule=vehicule, choisi=choisi, rang=n) for n, j in enumerate(montres, start=1)
    )
    libres = [h for j in jours for h in j.libres]
    avant, apres = max(aujourdhui, du - SEPT), du + SEPT
    return SemaineVue(
        titre=_span(montres[0].jour, montres[-1].jour),
        jours=vues,
        jour_choisi=_shown_day(vues, choisi, jour_demande, lieu.zone),
        precedente=_week_link(_("Jours précédents"), avant, lieu, vehicule) if du > aujourdhui else None,
        suivante=_week_link(_("Jours suivants"), apres, lieu, vehicule) if not fermee else None,
        propositions=_proposals(libres, lieu=lieu, vehicule=vehicule, choisi=choisi, maintenant=maintenant),
        note=_note(lieu, duree),
        prochaine=None
        if libres or prochaine is None
        else LienVue(
            texte=_("Prochaine heure libre : {jour}", jour=format_date(prochaine, "jour")),
            href=slots_address(lieu.code, vehicule, jour=prochaine.isoformat()),
        ),
    )


def day_view(
    jour: JourLibre, *, lieu: Lieu, vehicule: Vehicule, rang: int, choisi: datetime | None = None, nom: str = ""
) -> JourVue:
    """A day with its hours in two halves. `nom` replaces the weekday's."""
    heures = [
        hour_view(h, code=lieu.code, nom=lieu.nom, vehicule=vehicule, zone=lieu.zone, choisi=choisi)
        for h in jour.libres
    ]
    n = len(heures)
    texte = _("Une seule heure") if n == 1 else ngettext("{n} heure", "{n} heures", n)
    return JourVue(
        cle=f"j{rang}",
        jour=jour.jour,
        nom=nom or capitalize(format_date(jour.jour, "long").split(" ")[0]),
        court=format_date(jour.jour, "abrege").split("\N{NO-BREAK SPACE}")[0],
        date_courte=_short_date(jour.jour),
        numero=str(jour.jour.day),
        niveau=jour.niveau if n else "complet",
        niveau_texte=texte if n else str(ETATS.get(jour.raison, ETATS["ferme"])),
        compte=str(n) if n else str(ETATS.get(jour.raison, ETATS["ferme"])).lower(),
        moities=(
            half_view(_("Matin"), [h for h in heures if h.debut.hour < MIDI]),
            half_view(_("Après-midi"), [h for h in heures if h.debut.hour >= MIDI]),
        )
        if n
        else (),
        vide="" if n else str(RAISONS.get(jour.raison, RAISONS["complet"])),
    )


def half_view(nom: str, heures: Sequence[HeureVue]) -> MoitieVue:
    """Half a day. Beyond `HEURES_VUES` hours, only those on the half-hour show; the others unfold, without script too."""
    if len(heures) <= HEURES_VUES:
        return MoitieVue(nom=nom, heures=tuple(heures))
    rondes = tuple(h for h in heures if h.debut.minute % 30 == 0)
    autres = tuple(h for h in heures if h.debut.minute % 30)
    if not rondes:
        return MoitieVue(nom=nom, heures=tuple(heures))
    return MoitieVue(nom=nom, heures=rondes, autres=autres, ouverte=any(h.choisie for h in autres))


def _shown_day(vues: Sequence[JourVue], choisi: datetime | None, demande: date | None, zone: ZoneInfo) -> str:
    """The day a phone shows first: the chosen hour's, else the one asked for, else the first with a free hour."""
    vise = choisi.astimezone(zone).date() if choisi else demande
    exact = next((v.cle for v in vues if v.jour == vise), None)
    return exact or next((v.cle for v in vues if v.heures), vues[0].cle)


def _proposals(
    libres: Sequence[Libre], *, lieu: Lieu, vehicule: Vehicule, choisi: datetime | None, maintenant: datetime
) -> tuple[PropositionVue, ...]:
    """Up to three hours worth pointing at, each with its reason: the first, then those the centre suggests."""
    if not libres:
        return ()
    retenus: list[tuple[Libre, str, str, str]] = [
        (libres[0], _("La plus tôt"), "zap", capitalize(format_relatif(libres[0].debut, maintenant)))
    ]
    for libre in libres[1:]:
        if len(retenus) == 3:
            break
        if libre.suggere and all(r[0].debut.date() != libre.debut.date() for r in retenus):
            retenus.append((libre, _("Conseillée"), "star", _("Bien placée pour l'équipe du centre")))
    vues: list[PropositionVue] = []
    for libre, titre, icone, raison in retenus:
        heure: HeureVue = hour_view(
            libre, code=lieu.code, nom=lieu.nom, vehicule=vehicule, zone=lieu.zone, choisi=choisi
        )
        vues.append(
            PropositionVue(
                titre=titre,
                icone=icone,
                jour=capitalize(format_date(heure.debut, "abrege")),
                heure=heure,
                raison=raison,
            )
        )
    return tuple(vues)


def _week_link(texte: str, du: date, lieu: Lieu, vehicule: Vehicule) -> LienVue:
    au = du + SEPT - timedelta(days=1)
    return LienVue(
        texte=_("{jours}, du {du} au {au}", jours=texte, du=_short_date(du), au=_short_date(au)),
        href=slots_address(lieu.code, vehicule, semaine=du.isoformat()),
    )


def _span(du: date, au: date) -> str:
    """`23 – 28 nov.`, or both months when they differ."""
    if du.month == au.month:
        return f"{du.day} – {_short_date(au)}"
    return f"{_short_date(du)} – {_short_date(au)}"


def _short_date(jour: date) -> str:
    """`24 nov.`."""
    return "\N{NO-BREAK SPACE}".join(format_date(jour, "abrege").split("\N{NO-BREAK SPACE}")[1:])


def _note(lieu: Lieu, duree: int | None) -> str:
    heure = _("Heure de {ville}.", ville=lieu.ville)
    if duree is None:
        return heure
    return heure + " " + _("Le contrôle dure environ {duree} ; arrivez 5 min avant.", duree=format_duree(duree))
