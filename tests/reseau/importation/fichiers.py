"""Small official files, and how to read them."""

from datetime import date
from pathlib import Path

from guichet.reseau.actions.importation import Lus, read_fichiers
from guichet.reseau.questions.correspondances import ImportCentres

JOUR = date(2025, 11, 20)
CENTRES = (
    "cct_siret,cct_denomination,cct_adresse,code_postal,code_postal_origine,commune,code_departement,nom_departement,"
    "cct_tel,cct_url,latitude,longitude,nb_tarifs,derniere_date_tarif"
)
TARIFS = (
    "cct_siret,cat_vehicule_id,cat_energie_id,prix_visite,date_application_visite,prix_contre_visite_min,"
    "prix_contre_visite_max,date_application_contre_visite"
)
UNIQUE = (
    "cct_siret;cct_denomination;cct_adresse;cct_code_postal;cct_commune;code_departement;nom_departement;nom_region;"
    "cct_tel;cct_url;cct_update_date_time;longitude;latitude;cat_vehicule_libelle;cat_energie_libelle;prix_visite;"
    "date_application_visite;prix_contre_visite_mini;prix_contre_visite_maxi"
)


def siret(n: int) -> str:
    """A valid SIRET, different for each number and each test run."""
    base = f"{n:013d}"
    total = sum(sum(divmod(int(c) * (2 - i % 2), 10)) for i, c in enumerate(reversed(base)))
    return f"{base}{-total % 10}"


def centre(numero: str, **autres: str) -> str:
    valeurs = {
        "nom": "CONTROLE DU TEST", "adresse": "1 RUE DES ESSAIS", "cp": "35000", "commune": "Rennes", "dep": "35",
        "nom_dep": "Ille-et-Vilaine", "tel": "0265710001", "url": "www.essai.example", "lat": "48.11", "lon": "-1.67",
    } | autres  # fmt: skip
    nom, adresse, cp, commune, dep, nom_dep, tel, url, lat, lon = valeurs.values()
    return f'{numero},"{nom}",{adresse},{cp},source,{commune},{dep},{nom_dep},{tel},{url},{lat},{lon},1,2023-01-01'


def tarif(numero: str, categorie: int, energie: int, prix: str, jour: str = "2023-01-01", cv: str = "10,20") -> str:
    return f"{numero},{categorie},{energie},{prix},{jour},{cv},2023-01-01"


def write(dossier: Path, nom: str, *lignes: str, encodage: str = "utf-8") -> Path:
    chemin = dossier / nom
    chemin.write_bytes("\n".join([*lignes, ""]).encode(encodage))
    return chemin


def silence(_libelle: str, _total: int, _faits: int) -> None:
    """Nobody watches."""


def read(
    dossier: Path, centres: list[str], tarifs: list[str] | None = None, reglages: ImportCentres | None = None
) -> Lus:
    """Read a pair of files."""
    fichiers = [write(dossier, "centres.csv", CENTRES, *centres)]
    if tarifs is not None:
        fichiers.insert(0, write(dossier, "tarifs.csv", TARIFS, *tarifs))
    return read_fichiers(fichiers, reglages or ImportCentres(), JOUR, silence)


def read_unique_file(dossier: Path, *lignes: str, encodage: str = "utf-8") -> Lus:
    return read_fichiers(
        [write(dossier, "unique.csv", UNIQUE, *lignes, encodage=encodage)], ImportCentres(), JOUR, silence
    )


def raisons(lus: Lus) -> list[tuple[int, str, str]]:
    return [(r.ligne, r.colonne, r.raison) for r in lus.rejets.lignes]


def prices(lus: Lus, numero: str) -> dict[tuple[str, str], tuple[int, int | None]]:
    return {(t.vehicule_type.value, str(t.carburant)): (t.montant, t.contre_visite) for t in lus.tarifs[numero]}


def unique(numero: str, categorie: str, energie: str, prix: str, commune: str = "Rennes", nom: str = "CENTRE") -> str:
    lieu = f"35000;{commune};35;Ille-et-Vilaine;Bretagne" if commune else ";;;;"
    position = "-1.67;48.11" if commune else ";"
    return f"{numero};{nom};1 RUE;{lieu};;;2025-01-01T00:00:00+00:00;{position};{categorie};{energie};{prix};2025-01-01;10;20"
