"""What ui contributes: the gallery and preferences, the built files, errors as pages."""

from guichet.socle.registre import Module
from guichet.ui.erreurs import error_page
from guichet.ui.pages import router

MODULE = Module(nom="ui", routers=(router,), error_page=error_page)
