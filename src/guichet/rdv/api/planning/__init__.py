"""Plannings over HTTP: entries, and what the days look like."""

from guichet.rdv.api.planning.entrees import router as entrees
from guichet.rdv.api.planning.vues import router as vues

ROUTERS = (vues, entrees)  # the fixed addresses before `/planning/{id}`
