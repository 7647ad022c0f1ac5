"""Booking over HTTP: free starts, appointments, plannings."""

from guichet.rdv.api import disponibilites, planning, rendez_vous

ROUTERS = (disponibilites.router, rendez_vous.router, *planning.ROUTERS)
