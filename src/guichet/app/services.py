"""The services of the founding documents, mapped to contexts in this one place.

Every process holds the whole house, since an immediate reaction runs where its message is published; a service is what
a process *serves*: its routes, its queues, its routines. Same image, same database, scaled apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Service:
    """A part of the house that can run alone. `autres_noms` are accepted too."""

    nom: str
    libelle: str
    contextes: frozenset[str]
    autres_noms: frozenset[str] = frozenset()


def _service(nom: str, libelle: str, contextes: str, autres: str = "") -> Service:
    return Service(
        nom=nom, libelle=libelle, contextes=frozenset(contextes.split()), autres_noms=frozenset(autres.split())
    )


SERVICES: tuple[Service, ...] = (
    _service("planning", "Planning et rendez-vous", "rdv", "rdv planning-rdv"),
    _service("paiement", "Paiements", "paiements", "paiements"),
    _service("notifications", "Notifications", "notifications"),
    _service("utilisateurs", "Utilisateurs et rôles", "identite", "identite"),
    _service("centres", "Centres et ressources", "reseau annuaire", "reseau annuaire"),
    _service("connecteurs", "Connecteurs", "connecteurs"),
    _service("reporting", "Tableaux de bord et statistiques", "pilotage", "pilotage"),
    _service("administration", "Administration", "administration"),
    _service("ia", "Intelligence artificielle", "ia"),
    _service("courrier", "Courrier", "courrier"),
    _service("commerce", "Commerce", "commerce"),
)
# Served everywhere: the plumbing, the look, and signing in.
PARTOUT = frozenset({"socle", "ui", "app", "identite"})


class UnknownService(ValueError):
    """A name that is no service; the sentence lists those there are."""


def contexts_of(noms: Iterable[str]) -> frozenset[str]:
    """The contexts the named services serve, with those served everywhere. No name: all of them.

    Raises UnknownService.
    """
    wanted = [nom.strip().lower() for nom in noms if nom.strip()]
    if not wanted:
        return PARTOUT.union(*(s.contextes for s in SERVICES))
    chosen: set[str] = set(PARTOUT)
    for nom in wanted:
        service = next((s for s in SERVICES if nom == s.nom or nom in s.autres_noms), None)
        if service is None:
            names = ", ".join(s.nom for s in SERVICES)
            raise UnknownService(f"« {nom} » n'est pas un service. Services : {names}.")
        chosen |= service.contextes
    return frozenset(chosen)
