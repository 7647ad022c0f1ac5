"""Booking over HTTP: free starts, appointments, their changes, their day, plannings, better days, what is paid."""

from guichet.rdv.api import accueil, disponibilites, modifier, optimisation, paiement, planning, rendez_vous

ROUTERS = (
    disponibilites.router,
    rendez_vous.router,
    modifier.router,
    paiement.router,
    accueil.router,
    optimisation.router,
    *planning.ROUTERS,
)
