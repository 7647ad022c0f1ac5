"""Booking over HTTP: free starts, appointments, their changes, their day, the waiting list, plannings, better days, what is paid."""

from guichet.rdv.api import accueil, attente, disponibilites, modifier, optimisation, paiement, planning, rendez_vous

ROUTERS = (
    disponibilites.router,
    rendez_vous.router,
    modifier.router,
    paiement.router,
    accueil.router,
    attente.router,
    optimisation.router,
    *planning.ROUTERS,
)
