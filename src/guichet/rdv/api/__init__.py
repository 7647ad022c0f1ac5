"""Booking over HTTP: free starts, appointments."""

from guichet.rdv.api import disponibilites, optimisation, rendez_vous

ROUTERS = (disponibilites.router, rendez_vous.router, optimisation.router)
