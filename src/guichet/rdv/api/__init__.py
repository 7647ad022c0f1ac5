"""Booking over HTTP: free starts, appointments, their changes, their day, plannings."""

from guichet.rdv.api import accueil, disponibilites, modifier, planning, rendez_vous

ROUTERS = (disponibilites.router, rendez_vous.router, modifier.router, accueil.router, *planning.ROUTERS)
