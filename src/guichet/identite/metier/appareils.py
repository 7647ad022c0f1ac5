"""A browser's own description, as a person would say it: `Firefox sur Windows`."""

from guichet.socle.i18n import _

NAVIGATEURS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMES = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def describe(agent: str, canal: str) -> str:
    """What the sign-in came from, from its user agent; a program of the API is said to be one."""
    browser = next((name for mark, name in NAVIGATEURS if mark in agent), "")
    system = next((name for mark, name in SYSTEMES if mark in agent), "")
    if canal == "api" and not browser:
        return _("Programme (API)")
    if browser and system:
        return _("{navigateur} sur {systeme}", navigateur=browser, systeme=system)
    return browser or system or _("Navigateur inconnu")
