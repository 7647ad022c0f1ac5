"""The public booking pages: find a centre, choose an hour, book, keep one's appointments.

Every page works without a script; what htmx replaces is cut out of the same page.
"""

from fastapi import APIRouter

from guichet.rdv.pages import accueil, attente, centre, creneaux, inscription, mes_rdv, recherche, reservation
from guichet.socle.i18n import lazy
from guichet.socle.registre import NavEntry

router = APIRouter(include_in_schema=False)
for page in (accueil, recherche, centre, creneaux, inscription, reservation, attente, mes_rdv):
    router.include_router(page.router)

NAVIGATION = (
    NavEntry(portail="public", libelle=lazy("Prendre rendez-vous"), url="/", icone="calendar-plus", ordre=10),
    NavEntry(
        portail="public",
        libelle=lazy("Mes rendez-vous"),
        url="/mes-rdv",
        icone="calendar",
        court=lazy("Mes RDV"),
        ordre=20,
    ),
)
