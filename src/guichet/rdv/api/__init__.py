"""Booking over HTTP: free starts, appointments, their changes, their day."""

from guichet.rdv.api import accueil, disponibilites, modifier, rendez_vous

ROUTERS = (disponibilites.router, rendez_vous.router, modifier.router, accueil.router)
