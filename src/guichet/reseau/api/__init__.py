"""JSON routes of the network, under `/api/v1`."""

from guichet.reseau.api.agences import router as agences
from guichet.reseau.api.centres import router as centres
from guichet.reseau.api.controleurs import router as controleurs
from guichet.reseau.api.recherche import router as recherche

ROUTERS = (agences, centres, controleurs, recherche)
