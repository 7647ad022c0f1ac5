"""Appointments of an ordinary demonstration tenant: some hundreds, each one possible in its centre on its day."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import (
    ClientSaisi,
    ClientVue,
    VehiculeSaisi,
    VehiculeVue,
    list_clients,
    list_detentions,
    list_vehicules,
    normalise_immatriculation,
)
from guichet.identite.facade import set_reglages
from guichet.rdv.actions.lignes import typed_values
from guichet.rdv.actions.projeter import project_centre
from guichet.rdv.demo.masse import fill_grand
from guichet.rdv.demo.tirages import (
    PART_RETOUR,
    Issue,
    draw_issue,
    draw_notes,
    draw_numero,
    draw_source,
    draw_type,
)
from guichet.rdv.metier.creneaux import starts
from guichet.rdv.metier.intervalles import Intervalle, subtract
from guichet.rdv.metier.rappels import reminder_at
from guichet.rdv.metier.reglages import Reservation
from guichet.rdv.metier.types import ECHECS, PaiementMode, PaiementStatut, Resultat, Statut
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions.contexte import Contexte, capacites_of, load_contextes
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import TitresControleur, TypeControle, list_centres, list_titres, opening_ranges
from guichet.socle.database import raw
from guichet.socle.demo import Monde
from guichet.socle.i18n import _

PASSE, AVENIR, PLANNING = 60, 30, 90
ESSAIS: Final = 40
_COMPTE_CRENEAUX: Final = """
select count(*) from rdv.journee j
  cross join lateral rdv.creneaux(j.centre_id, j.jour, j.jour, interval '30 minutes', interval '30 minutes', '{}',
                                  %(depuis)s, %(depuis)s, 1000) k
 where j.jour between %(du)s and %(au)s
"""


async def fill(session: AsyncSession, monde: Monde) -> dict[str, int]:
    """Make the tenant's appointments; its opening ranges are projected first. Returns how many of each kind."""
    await set_reglages(session, Reservation(paiement_en_ligne=True))
    if monde.tenant.grand:
        return await fill_grand(session, monde)
    centres = await list_centres(session)
    for centre in centres:
        await project_centre(session, centre_id=centre.id)
    chantier = await _open(session, monde)
    while len(chantier.lignes) < monde.tenant.rdv and chantier.add():
        monde.progression(_("Rendez-vous"), monde.tenant.rdv, 1)
    if chantier.lignes:
        await session.execute(insert(Rdv).on_conflict_do_nothing(), chantier.lignes)
    return {"rendez-vous": len(chantier.lignes), "créneaux sur 90 jours": await _count_creneaux(session, monde)}


async def _count_creneaux(session: AsyncSession, monde: Monde) -> int:
    depuis = datetime.combine(monde.today, time(), UTC)
    cursor = await (await raw(session)).execute(
        _COMPTE_CRENEAUX, {"depuis": depuis, "du": monde.today, "au": monde.jour(PLANNING)}
    )
    ligne = await cursor.fetchone()
    assert ligne is not None
    return int(ligne[0])


@dataclass
class _Chantier:
    """What is drawn from, and what has been drawn."""

    monde: Monde
    rng: Random
    contextes: dict[UUID, Contexte]
    titres: dict[UUID, TitresControleur]
    ouvertures: dict[tuple[UUID, date], list[tuple[UUID, tuple[Intervalle, ...]]]]
    visiteurs: Sequence[tuple[ClientVue, VehiculeVue]]
    occupes: dict[UUID, list[Intervalle]] = field(default_factory=lambda: defaultdict(list))
    suites: list[dict[str, Any]] = field(default_factory=list)
    lignes: list[dict[str, Any]] = field(default_factory=list)

    def add(self) -> bool:
        """One more appointment; False when no place can be found any more."""
        return any(self._follow_up() or self._first() for _essai in range(ESSAIS))

    def _first(self) -> bool:
        client, vehicule = self.rng.choice(self.visiteurs)
        centre_id, jour = self.rng.choice(list(self.contextes)), self._draw_jour()
        contexte = self.contextes[centre_id]
        controle = Controle(
            vehicule_type=vehicule.type,
            carburant=vehicule.carburant,
            type_controle=draw_type(
                self.rng, vehicule.type, vehicule.carburant, frozenset(contexte.centre.types_controle)
            ),
        )
        place = self._find_place(contexte, jour, controle)
        if place is None:
            return False
        ligne = self._write(contexte, place, controle, (client, vehicule), draw_issue(
            self.rng, jour, self.monde.today, vehicule.type
        ))  # fmt: skip
        if ligne["resultat"] in ECHECS and controle.type_controle in {TypeControle.CTP, TypeControle.CTC}:
            self.suites.append(
                {"ligne": ligne, "contexte": contexte, "controle": controle, "visiteur": (client, vehicule)}
            )
        return True

    def _follow_up(self) -> bool:
        if not self.suites:
            return False
        suite = self.suites.pop()
        if self.rng.random() > PART_RETOUR:
            return False
        initial, contexte = suite["ligne"], suite["contexte"]
        jour = initial["jour"] + timedelta(days=self.rng.randint(2, 45))
        pollution = suite["controle"].type_controle is TypeControle.CTC
        controle = Controle(
            vehicule_type=suite["controle"].vehicule_type,
            carburant=suite["controle"].carburant,
            type_controle=TypeControle.CVC if pollution else TypeControle.CVP,
        )
        place = self._find_place(contexte, jour, controle)
        if place is None:
            return False
        passee = jour < self.monde.today
        issue = Issue(Statut.TERMINE, Resultat.FAVORABLE) if passee else Issue(Statut.CONFIRME)
        self._write(contexte, place, controle, suite["visiteur"], issue, initial=initial)
        return True

    def _draw_jour(self) -> date:
        """Any past day of two months, more of this week and the next, some later."""
        sort = self.rng.random()
        if sort < 0.5:
            return self.monde.jour(-self.rng.randint(1, PASSE))
        if sort < 0.85:
            return self.monde.jour(self.rng.randint(0, 13))
        return self.monde.jour(self.rng.randint(14, AVENIR))

    def _find_place(self, contexte: Contexte, jour: date, controle: Controle) -> tuple[UUID, Intervalle] | None:
        duree, besoins = contexte.duree(controle), contexte.besoins(controle)
        equipe = [
            (qui, plages)
            for qui, plages in self.ouvertures.get((contexte.centre.id, jour), [])
            if besoins <= capacites_of(self.titres[qui].agrements, self.titres[qui].habilitations, jour)
        ]
        self.rng.shuffle(equipe)
        for qui, plages in equipe:
            libres = [
                debut
                for libre in subtract(plages, self.occupes[qui])
                for debut in starts(libre, duree, contexte.zone, contexte.grille)
            ]
            if libres:
                debut = self.rng.choice(libres)
                return qui, Intervalle(debut, debut + duree)
        return None

    def _write(
        self,
        contexte: Contexte,
        place: tuple[UUID, Intervalle],
        controle: Controle,
        visiteur: tuple[ClientVue, VehiculeVue],
        issue: Issue,
        *,
        initial: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        qui, quand = place
        client, vehicule = visiteur
        if issue.statut not in {Statut.ANNULE, Statut.ABSENT}:
            self.occupes[qui].append(quand)
        cree = quand.debut - timedelta(days=self.rng.randint(1, 20), minutes=self.rng.randint(0, 600))
        montant = 0 if initial else contexte.prix(controle)
        fini = issue.statut is Statut.TERMINE and bool(montant)
        ligne = {
            "id": self.monde.uuid(self.rng),
            "tenant_id": self.monde.tenant.id,
            "numero": draw_numero(self.rng),
            "centre_id": contexte.centre.id,
            "controleur_id": qui,
            "client_id": client.id,
            "vehicule_id": vehicule.id,
            "initial_id": initial and initial["id"],
            "type_controle": controle.type_controle.value,
            "debut": quand.debut,
            "fin": quand.fin,
            "jour": quand.debut.astimezone(contexte.zone).date(),
            "statut": issue.statut.value,
            "resultat": issue.resultat and issue.resultat.value,
            "montant_cents": montant,
            "paiement_mode": PaiementMode.SUR_PLACE.value,
            "paiement_statut": PaiementStatut.PAYE.value if fini else None,
            "source": draw_source(self.rng).value,
            **typed_values(as_typed(client), as_vehicule(vehicule)),
            "date_controle_initial": initial and initial["jour"],
            "notes": draw_notes(self.rng),
            "annule_le": quand.debut - timedelta(hours=30) if issue.statut is Statut.ANNULE else None,
            "annule_motif": issue.motif and issue.motif.value,
            "created_at": cree,
            "updated_at": cree,
            "rappel_le": self._reminder(contexte, quand.debut, cree),
        }
        self.lignes.append(ligne)
        return ligne

    def _reminder(self, contexte: Contexte, debut: datetime, cree: datetime) -> datetime | None:
        """Of what is to come only: a demonstration does not begin with the reminders of last year."""
        rappel = reminder_at(debut, cree, contexte.zone)
        return rappel if rappel is not None and debut.date() > self.monde.today else None


def as_typed(client: ClientVue) -> ClientSaisi:
    """A known client as one would type it."""
    return ClientSaisi(
        type=client.type,
        nom=client.nom,
        prenom=client.prenom,
        email=client.email,
        telephone=client.telephone,
        raison_sociale=client.raison_sociale,
        siret=client.siret,
    )


def as_vehicule(vehicule: VehiculeVue) -> VehiculeSaisi:
    """A known vehicle as one would type it."""
    return VehiculeSaisi(
        immatriculation=normalise_immatriculation(vehicule.immatriculation),
        type=vehicule.type,
        carburant=vehicule.carburant,
        marque=vehicule.marque,
        modele=vehicule.modele,
        mise_circulation=vehicule.mise_circulation,
    )


async def list_visiteurs(session: AsyncSession) -> list[tuple[ClientVue, VehiculeVue]]:
    """Every client of the tenant with each of their vehicles, in a stable order."""
    clients = {c.id: c for c in await list_clients(session)}
    vehicules = {v.id: v for v in await list_vehicules(session)}
    liens = sorted((vehicules[d.vehicule_id].immatriculation, d) for d in await list_detentions(session))
    return [(clients[d.client_id], vehicules[d.vehicule_id]) for _plaque, d in liens]


async def _open(session: AsyncSession, monde: Monde) -> _Chantier:
    contextes = await load_contextes(session, [c.id for c in await list_centres(session, actif=True)])
    ouvertures: dict[tuple[UUID, date], list[tuple[UUID, tuple[Intervalle, ...]]]] = defaultdict(list)
    for o in await opening_ranges(session, du=monde.jour(-PASSE), au=monde.jour(AVENIR + 60)):
        ouvertures[o.centre_id, o.jour].append((o.controleur_id, tuple(Intervalle(*p) for p in o.plages)))
    return _Chantier(
        monde=monde,
        rng=monde.rng("rdv"),
        contextes=contextes,
        titres={t.controleur_id: t for t in await list_titres(session)},
        ouvertures=ouvertures,
        visiteurs=await list_visiteurs(session),
    )
