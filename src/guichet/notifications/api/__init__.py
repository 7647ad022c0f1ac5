"""JSON routes of messages, under `/api/v1`. The order matters: fixed paths come before `/notifications/{id}`."""

from guichet.notifications.api.fournisseurs import router as fournisseurs
from guichet.notifications.api.interne import router as interne
from guichet.notifications.api.modeles import router as modeles
from guichet.notifications.api.preferences import router as preferences
from guichet.notifications.api.suivi import router as suivi

ROUTERS = (interne, preferences, modeles, fournisseurs, suivi)
