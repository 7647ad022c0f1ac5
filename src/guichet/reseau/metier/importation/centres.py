"""Centres of the official file: what is taken, completed, refused."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from guichet.reseau.metier.coordonnees import CoordonneeInvalide, normalise_site, normalise_telephone
from guichet.reseau.metier.distances import distance_km
from guichet.reseau.metier.importation.lecture import Ligne
from guichet.reseau.metier.importation.rejets import Rejets
from guichet.reseau.metier.importation.valeurs import ValeurRefusee, read_position, read_siret
from guichet.reseau.metier.territoires import CodePostalInconnu, Territoire, locate_code_postal

# The administration's own test lines (DGCCRF and DGEC): they are published with the others.
SIRETS_DE_TEST: Final = frozenset({"12002503600035", "12008701000068"})
NOM_MAX: Final = 120
ADRESSE_MAX: Final = 200
VILLE_MAX: Final = 100
# A published position this far from its commune belongs to a homonym.
_LOIN_KM: Final = 100.0


class Commune(Protocol):
    """What an import needs of a place."""

    @property
    def nom(self) -> str: ...
    @property
    def code_postal(self) -> str: ...
    @property
    def departement(self) -> str: ...
    @property
    def nom_departement(self) -> str: ...
    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...


class Communes(Protocol):
    """Where communes are looked up: by name in a department, by postal code, by position."""

    def named(self, nom: str, departement: str) -> Commune | None: ...
    def coded(self, code_postal: str, nom: str) -> Commune | None: ...
    def nearest(self, lat: float, lon: float) -> Commune | None: ...
    def department_name(self, code: str) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreImporte:
    """A centre ready to be stored; `departement` names its agence, `completes` what came from the commune.

    `fichier` and `ligne` say where it was read.
    """

    siret: str
    nom: str
    adresse: str
    code_postal: str
    ville: str
    departement: str
    nom_departement: str
    lat: float
    lon: float
    position_approchee: bool
    telephone: str | None
    site_web: str | None
    territoire: Territoire
    fuseau: str
    completes: frozenset[str] = frozenset()
    fichier: str = ""
    ligne: int = 0


@dataclass(slots=True)
class LecteurCentres:
    """Centres by SIRET, in the order of reading; `ecartes` are known but not wanted (test lines, rejected)."""

    communes: Communes
    rejets: Rejets
    centres: dict[str, CentreImporte] = field(default_factory=dict)
    ecartes: set[str] = field(default_factory=set)

    def read_all(self, lignes: Iterable[Ligne]) -> None:
        """Read a file that has one line per centre."""
        vus: dict[str, int] = {}
        for ligne in lignes:
            siret = self.siret(ligne)
            if siret is None:
                continue
            if siret in vus:
                self.rejets.reject(ligne, "siret", f"SIRET en double : déjà lu à la ligne {vus[siret]}")
                continue
            vus[siret] = ligne.numero
            self.take(ligne, siret)

    def siret(self, ligne: Ligne) -> str | None:
        """SIRET of a line, or None with a reject."""
        try:
            return read_siret(ligne.cell("siret"))
        except ValeurRefusee as erreur:
            self.rejets.reject(ligne, "siret", str(erreur))
            return None

    def take(self, ligne: Ligne, siret: str) -> None:
        """Read the centre of a line, or set it aside with its reason."""
        if siret in SIRETS_DE_TEST:
            self.rejets.reject(ligne, "siret", "ligne de test de l'administration")
        elif centre := _Lecture(ligne, self.communes, self.rejets).read(siret):
            self.centres[siret] = centre
            self.ecartes.discard(siret)
            return
        self.ecartes.add(siret)


@dataclass(slots=True)
class _Lecture:
    """One line being read."""

    ligne: Ligne
    communes: Communes
    rejets: Rejets
    completes: set[str] = field(default_factory=set)

    def cell(self, colonne: str) -> str:
        return self.ligne.cell(colonne)

    def reject(self, colonne: str, raison: str) -> None:
        self.rejets.reject(self.ligne, colonne, raison)

    def ignore(self, colonne: str, raison: str) -> None:
        self.rejets.ignore(self.ligne, colonne, raison)

    def read(self, siret: str) -> CentreImporte | None:
        nom = " ".join(self.cell("denomination").split())
        if not nom:
            self.reject("denomination", "dénomination absente")
            return None
        position = self.position()
        code_postal = self.code_postal()
        commune = self.commune(code_postal, position)
        if commune is None:
            colonne = "commune" if self.cell("commune") else "code_postal"
            self.reject(colonne, "commune introuvable, et ni code postal ni position pour la retrouver")
            return None
        if code_postal is None:
            code_postal = commune.code_postal
            self.completes.add("code_postal")
        if position is not None and distance_km(*position, commune.lat, commune.lon) > _LOIN_KM:
            self.ignore("latitude", "position à plus de 100 km de la commune : celle de la commune est prise")
            position = None
        if position is None:
            self.completes.add("position")
        territoire, fuseau = locate_code_postal(code_postal)
        departement, nom_departement = self.departement(commune)
        return CentreImporte(
            siret=siret,
            nom=nom[:NOM_MAX],
            adresse=" ".join(self.cell("adresse").split())[:ADRESSE_MAX] or commune.nom,
            code_postal=code_postal,
            ville=(self.cell("commune") or commune.nom)[:VILLE_MAX],
            departement=departement,
            nom_departement=nom_departement,
            lat=position[0] if position else commune.lat,
            lon=position[1] if position else commune.lon,
            position_approchee=position is None,
            telephone=self.telephone(territoire),
            site_web=self.site_web(),
            territoire=territoire,
            fuseau=fuseau,
            completes=frozenset(self.completes),
            fichier=self.ligne.table.nom,
            ligne=self.ligne.numero,
        )

    def position(self) -> tuple[float, float] | None:
        try:
            return read_position(self.cell("latitude"), self.cell("longitude"), self.cell("position"))
        except ValeurRefusee as erreur:
            self.ignore("latitude", f"{erreur} : la position de la commune est prise")
            return None

    def code_postal(self) -> str | None:
        texte = self.cell("code_postal").replace(" ", "")
        if not texte:
            return None
        # A spreadsheet drops the leading zero of the first nine departments.
        code = texte.zfill(5) if len(texte) == 4 else texte
        try:
            locate_code_postal(code)
        except CodePostalInconnu:
            self.ignore("code_postal", "code postal inconnu : celui de la commune est pris")
            return None
        return code

    def commune(self, code_postal: str | None, position: tuple[float, float] | None) -> Commune | None:
        nom = self.cell("commune")
        departement = self.cell("code_departement").upper()
        departement = departement.zfill(2) if departement.isdigit() else departement
        trouvee = self.communes.named(nom, departement) if nom and departement else None
        if trouvee is None and code_postal is not None:
            trouvee = self.communes.coded(code_postal, nom)
        if trouvee is None and position is not None:
            trouvee = self.communes.nearest(*position)
        return trouvee

    def departement(self, commune: Commune) -> tuple[str, str]:
        code = self.cell("code_departement").upper()
        code = code.zfill(2) if code.isdigit() else code
        nom = self.communes.department_name(code)
        return (code, nom) if nom else (commune.departement, commune.nom_departement)

    def telephone(self, territoire: Territoire) -> str | None:
        texte = self.cell("telephone")
        if not texte:
            return None
        try:
            return normalise_telephone(texte.zfill(10) if len(texte) == 9 and texte.isdigit() else texte, territoire)
        except CoordonneeInvalide:
            self.ignore("telephone", "numéro de téléphone illisible")
            return None

    def site_web(self) -> str | None:
        texte = self.cell("site_web")
        if not texte:
            return None
        try:
            return normalise_site(texte)
        except CoordonneeInvalide:
            self.ignore("site_web", "adresse de site illisible")
            return None
