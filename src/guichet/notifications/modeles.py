"""Templates of messages: what a context declares, how one is filled.

A context declares its templates in its manifest, `extensions={"modeles": (Modele(...), ...)}`. The files of template
`rdv.confirmation` are `confirmation.objet.txt`, `confirmation.txt` and `confirmation.html` in its folder. They are
rendered in a sandbox with `d` (the data), `marque` (the tenant) and the words in the reader's language.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ValidationError

from guichet.notifications.metier import Canal, simplify
from guichet.notifications.mots import Mots
from guichet.socle import i18n
from guichet.socle.couleurs import Palette, palette, palette_sombre
from guichet.socle.registre import get_registre

# Line ends and plain spaces; the no-break ones of French typography stay.
ESPACES = re.compile(r"[ \t\r\n\v\f]+")
PARAGRAPHES = re.compile(r"\n[ \t\r]*\n\s*")
ESPACES_SEULS = re.compile(r"[ \t\r]+")
LIGNES = re.compile(r"[ ]*\n[ \n]*")
FUSEAU = "Europe/Paris"
DOSSIER = Path(__file__).parent / "templates" / "notifications" / "courriels"


class Donnees(BaseModel, frozen=True, extra="forbid"):
    """Base of the data of a template: JSON values, checked when the message is queued, not when it is sent."""


@dataclass(frozen=True, kw_only=True)
class PieceJointe:
    """A file that travels with a message. With a `cid` it is shown inside the HTML (`<img src="cid:...">`)."""

    nom: str
    type_mime: str
    contenu: bytes
    cid: str | None = None
    parametres: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Marque:
    """Who writes: the tenant's name, colours and addresses."""

    nom: str
    palette: Palette = field(default_factory=palette)
    sombre: Palette = field(default_factory=palette_sombre)
    url: str = ""
    expediteur: str = ""
    reponse_a: str = ""
    telephone: str = ""
    expediteur_sms: str = ""


Pieces = Callable[[Any, Marque, str], Awaitable[Sequence[PieceJointe]]]


@dataclass(frozen=True, kw_only=True)
class Modele:
    """A template: its name (`context.name`), its label for people, its data, its folder, the files made with it.

    `pieces(donnees, marque, locale)` makes the attached files at sending, from the data alone: nothing is stored twice.
    `canaux` are those it has words for: `x.sms.txt` for a text message, `x.objet.txt` and `x.interne.txt` in the
    product. `rappel` says that it is a reminder, which people refuse or accept apart. `exemple` is data to show it with,
    `lien(donnees)` the page of ours an in-app message leads to.
    """

    nom: str
    libelle: str
    donnees: type[Donnees]
    dossier: Path
    pieces: Pieces | None = None
    canaux: frozenset[Canal] = frozenset({Canal.EMAIL})
    rappel: bool = False
    exemple: Donnees | None = None
    lien: Callable[[Any], str] | None = None

    @property
    def contexte(self) -> str:
        """The context that declares it."""
        return self.nom.partition(".")[0]

    @property
    def fichier(self) -> str:
        """The stem of its files."""
        return self.nom.partition(".")[2]

    def check(self, donnees: dict[str, Any]) -> Donnees:
        """The data as the template's own type. Raises ValueError naming the template when a field is missing or wrong."""
        try:
            return self.donnees.model_validate(donnees)
        except ValidationError as error:
            raise ValueError(f"data of template {self.nom}: {error}") from error


@dataclass(frozen=True, kw_only=True)
class Rendu:
    """A filled template."""

    objet: str
    texte: str
    html: str


def list_modeles() -> list[Modele]:
    """Every declared template, by name."""
    declares = [modele for groupe in get_registre().extensions("modeles") for modele in groupe]
    return sorted(declares, key=lambda modele: modele.nom)


def find_modele(nom: str) -> Modele:
    """A declared template. Raises KeyError with the known names when nobody declares it."""
    connus = {modele.nom: modele for modele in list_modeles()}
    if nom not in connus:
        raise KeyError(f"no template {nom!r}; declared: {', '.join(sorted(connus)) or 'none'}")
    return connus[nom]


@lru_cache(maxsize=64)
def _environment(contexte: str, dossier: Path) -> ImmutableSandboxedEnvironment:
    loaders: dict[str, BaseLoader] = {"notifications": FileSystemLoader(DOSSIER), contexte: FileSystemLoader(dossier)}
    environment = ImmutableSandboxedEnvironment(
        loader=PrefixLoader(loaders),
        autoescape=select_autoescape(["html"], default_for_string=False, default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = i18n._
    environment.globals["ngettext"] = i18n.ngettext
    environment.filters["date"] = i18n.format_date
    environment.filters["heure"] = i18n.format_heure
    environment.filters["montant"] = i18n.format_montant
    return environment


def render(
    modele: Modele,
    donnees: Donnees,
    marque: Marque,
    *,
    locale: str,
    canal: Canal = Canal.EMAIL,
    mots: Mots | None = None,
    choix: str = "",
) -> Rendu:
    """Fill a template for a reader of `locale`, in the tenant's own words when it has some.

    The subject is one line, whatever the data holds. A text message has a text alone, in the cheap alphabet; an in-app
    one no HTML. `choix` is the address where the reader says what they accept, shown at the foot of a mail.
    """
    environment = _environment(modele.contexte, modele.dossier)
    base = f"{modele.contexte}/{modele.fichier}"
    with i18n.use_locale(locale):
        valeurs: dict[str, Any] = {"d": donnees, "marque": marque, "langue": locale, "choix": choix}
        propres = mots if mots is not None and mots.texte is not None else None

        def fill(suffixe: str, source: str | None) -> str:
            gabarit = environment.get_template(base + suffixe) if source is None else environment.from_string(source)
            return gabarit.render(valeurs)

        if canal is Canal.SMS:
            texte = simplify(fill(".sms.txt", propres.texte if propres else None))
            return Rendu(objet="", texte=LIGNES.sub("\n", ESPACES_SEULS.sub(" ", texte)), html="")
        objet = ESPACES.sub(" ", fill(".objet.txt", propres.objet if propres else None)).strip()
        if canal is Canal.INTERNE:
            return Rendu(objet=objet, texte=fill(".interne.txt", propres.texte if propres else None).strip(), html="")
        if propres is None:
            texte = fill(".txt", None).strip() + "\n"
            html = environment.get_template(f"{base}.html").render({**valeurs, "objet": objet})
            return Rendu(objet=objet, texte=texte, html=html)
        corps = fill("", propres.texte).strip()
        valeurs |= {"objet": objet, "paragraphes": split_paragraphs(corps), "corps_texte": corps}
        valeurs["base"] = f"{base}.html"
        texte = environment.get_template("notifications/libre.txt").render(valeurs).strip() + "\n"
        return Rendu(
            objet=objet, texte=texte, html=environment.get_template("notifications/libre.html").render(valeurs)
        )


def split_paragraphs(texte: str) -> list[list[str]]:
    """The paragraphs of a text, separated by empty lines, each as its lines."""
    return [bloc.strip().split("\n") for bloc in PARAGRAPHES.split(texte) if bloc.strip()]
