"""The official file is read as it is really published; what is left out has its line and its reason."""

import csv
import json

import pytest

from guichet.reseau.actions.importation import find_fichiers, read_fichiers, write_rapport
from guichet.reseau.metier.importation import FichierIllisible
from guichet.reseau.metier.territoires import Territoire
from guichet.reseau.metier.types import VehiculeType
from guichet.reseau.questions.correspondances import CategorieImport, ImportCentres
from tests.reseau.importation.fichiers import (
    CENTRES,
    JOUR,
    TARIFS,
    centre,
    prices,
    raisons,
    read,
    read_unique_file,
    silence,
    siret,
    tarif,
    unique,
    write,
)


def test_a_centre_is_read_as_published(tmp_path, numeros):
    numero = next(numeros)
    lu = read(tmp_path, [centre(numero)]).centres[numero]
    assert (lu.nom, lu.adresse, lu.code_postal, lu.ville) == ("CONTROLE DU TEST", "1 RUE DES ESSAIS", "35000", "Rennes")
    assert (lu.lat, lu.lon, lu.position_approchee, lu.completes) == (48.11, -1.67, False, frozenset())
    assert (lu.telephone, lu.site_web) == ("+33265710001", "https://www.essai.example")
    assert (lu.territoire, lu.fuseau) == (Territoire.METROPOLE, "Europe/Paris")
    assert (lu.departement, lu.nom_departement) == ("35", "Ille-et-Vilaine")


def test_a_missing_position_and_postal_code_come_from_the_commune(tmp_path, numeros):
    numero = next(numeros)
    lu = read(tmp_path, [centre(numero, cp="", lat="", lon="")]).centres[numero]
    assert lu.code_postal == "35000"
    assert lu.position_approchee
    assert lu.lat == pytest.approx(48.11, abs=0.1)
    assert lu.completes == {"position", "code_postal"}


def test_a_centre_without_commune_is_placed_by_its_postal_code_or_its_position(tmp_path, numeros):
    par_code, par_position = next(numeros), next(numeros)
    lus = read(
        tmp_path,
        [
            centre(par_code, commune="", dep="", lat="", lon=""),
            centre(par_position, commune="Nulle-Part", cp="", dep=""),
        ],
    )
    assert lus.centres[par_code].ville == "Rennes"
    assert lus.centres[par_code].departement == "35"
    assert lus.centres[par_position].code_postal == "35000"
    assert lus.centres[par_position].ville == "Nulle-Part"


def test_arrondissements_and_overseas_centres_find_their_place(tmp_path, numeros):
    paris, reunion = next(numeros), next(numeros)
    lus = read(
        tmp_path,
        [
            centre(paris, commune="Paris 13e", cp="", dep="75", nom_dep="Paris", lat="48.83", lon="2.36"),
            centre(reunion, commune="Saint-Denis", cp="97400", dep="974", lat="", lon="", tel="0262 00 00 01"),
        ],
    )
    assert lus.centres[paris].code_postal == "75013"
    assert lus.centres[reunion].territoire is Territoire.REUNION
    assert lus.centres[reunion].fuseau == "Indian/Reunion"
    assert lus.centres[reunion].telephone == "+262262000001"


def test_zeros_lost_by_a_spreadsheet_are_found_again(tmp_path, numeros):
    numero = next(numeros)
    lu = read(
        tmp_path,
        [
            centre(
                numero, cp="1000", commune="Bourg-en-Bresse", dep="1", tel="465710001", lat="46,2", lon="5,22"
            ).replace("46,2,5,22", '"46,2","5,22"')
        ],
    ).centres[numero]
    assert (lu.code_postal, lu.departement, lu.telephone, lu.lat) == ("01000", "01", "+33465710001", 46.2)


def test_lines_that_cannot_be_stored_are_rejected_with_line_and_reason(tmp_path, numeros):
    bon = next(numeros)
    lus = read(
        tmp_path,
        [
            centre(bon),
            centre("123"),
            centre(siret(1)[:-1] + "x"),
            centre(f"{int(bon) + 1:014d}"),
            centre(""),
            centre("1.2E+13"),
            centre(bon),
            centre("12002503600035"),
            centre("12008701000068"),
            centre(next(numeros), nom=""),
            centre(next(numeros), commune="Nulle-Part", cp="", lat="", lon=""),
            centre(next(numeros), commune="", cp="", lat="", lon=""),
            "",
            "trop,court",
        ],
    )
    assert list(lus.centres) == [bon]
    assert raisons(lus) == [
        (3, "cct_siret", "un SIRET a 14 chiffres"),
        (4, "cct_siret", "un SIRET a 14 chiffres"),
        (5, "cct_siret", "clé de contrôle du SIRET fausse"),
        (6, "cct_siret", "SIRET absent"),
        (7, "cct_siret", "SIRET abîmé par un tableur (notation scientifique)"),
        (8, "cct_siret", "SIRET en double : déjà lu à la ligne 2"),
        (9, "cct_siret", "ligne de test de l'administration"),
        (10, "cct_siret", "ligne de test de l'administration"),
        (11, "cct_denomination", "dénomination absente"),
        (12, "commune", "commune introuvable, et ni code postal ni position pour la retrouver"),
        (13, "code_postal", "commune introuvable, et ni code postal ni position pour la retrouver"),
        (15, "cct_siret", "un SIRET a 14 chiffres"),
    ]
    assert lus.rejets.count() == {"ligne rejetée": 12}


def test_values_that_cannot_be_read_are_ignored_and_the_centre_is_kept(tmp_path, numeros):
    mauvais = [
        centre(next(numeros), tel="1", url="a@b"),
        centre(next(numeros), cp="99999"),
        centre(next(numeros), lat="nord"),
        centre(next(numeros), lat="", lon="2"),
        centre(next(numeros), lat="78", lon="2"),
        centre(next(numeros), lat="43.3", lon="5.4"),
        centre(next(numeros), lat="0", lon="0"),
    ]
    lus = read(tmp_path, mauvais)
    assert len(lus.centres) == 7
    assert [c.position_approchee for c in lus.centres.values()] == [False, False, True, True, True, True, True]
    assert [r for _ligne, _colonne, r in raisons(lus)] == [
        "numéro de téléphone illisible",
        "adresse de site illisible",
        "code postal inconnu : celui de la commune est pris",
        "ce n'est pas un nombre : la position de la commune est prise",
        "il manque une des deux coordonnées : la position de la commune est prise",
        "position hors de tout territoire français : la position de la commune est prise",
        "position à plus de 100 km de la commune : celle de la commune est prise",
    ]
    assert lus.rejets.count() == {"valeur ignorée": 7}


def test_a_line_break_inside_quotes_does_not_shift_the_line_numbers(tmp_path, numeros):
    lus = read(tmp_path, [centre(next(numeros), nom="DEUX\nLIGNES"), centre("123")])
    assert [c.nom for c in lus.centres.values()] == ["DEUX LIGNES"]
    assert raisons(lus)[0][0] == 4


def test_the_price_of_cars_is_that_of_the_first_category_that_publishes_one(tmp_path, numeros):
    numero = next(numeros)
    lus = read(
        tmp_path,
        [centre(numero)],
        [
            tarif(numero, 2, 1, "90"),
            tarif(numero, 1, 1, "79.5"),
            tarif(numero, 1, 2, "0"),
            tarif(numero, 5, 2, "110"),
            tarif(numero, 3, 2, "95"),
            tarif(numero, 4, 3, "99,90".replace(",", ".")),
            tarif(numero, 1, 4, ""),
        ],
    )
    assert prices(lus, numero) == {
        ("VP", "Essence"): (7950, 2000),
        ("VP", "Diesel"): (9500, 2000),
        ("VU", "Gaz"): (9990, 2000),
    }
    assert lus.non_publies == 2


def test_the_newest_plausible_price_wins(tmp_path, numeros):
    numero = next(numeros)
    lus = read(
        tmp_path,
        [centre(numero)],
        [
            tarif(numero, 1, 1, "70", "2020-01-01"),
            tarif(numero, 1, 1, "80", "2023-05-01"),
            tarif(numero, 1, 1, "10", "2030-01-01"),
            tarif(numero, 1, 1, "11", "06-01-2021"),
            tarif(numero, 1, 1, "12", "2021-13-45"),
            tarif(numero, 1, 2, "60", "203-01-01"),
            tarif(numero, 1, 2, "61", ""),
        ],
    )
    assert prices(lus, numero) == {("VP", "Essence"): (8000, 2000), ("VP", "Diesel"): (6100, 2000)}


def test_the_price_of_a_reinspection_is_the_highest_published(tmp_path, numeros):
    numero = next(numeros)
    lus = read(
        tmp_path,
        [centre(numero)],
        [
            tarif(numero, 1, 1, "70", cv="10,25.50"),
            tarif(numero, 1, 2, "70", cv="15,0"),
            tarif(numero, 1, 3, "70", cv=","),
            tarif(numero, 1, 4, "70", cv="12,beaucoup"),
        ],
    )
    assert [cv for _montant, cv in prices(lus, numero).values()] == [2550, 1500, None, 1200]
    assert raisons(lus) == [(5, "prix_contre_visite_max", "ce n'est pas un nombre")]


def test_prices_without_meaning_are_rejected_or_counted(tmp_path, numeros):
    numero, inconnu = next(numeros), next(numeros)
    lus = read(
        tmp_path,
        [centre(numero), centre("12002503600035")],
        [
            tarif(numero, 1, 1, "-5"),
            tarif(numero, 1, 1, "99999"),
            tarif(numero, 1, 1, "cher"),
            tarif(numero, 9, 1, "70"),
            tarif(numero, 1, 9, "70"),
            tarif(inconnu, 1, 1, "70"),
            tarif("123", 1, 1, "70"),
            tarif("12002503600035", 1, 1, "70"),
        ],
    )
    assert lus.tarifs == {}
    assert lus.inconnus == {"catégorie « 9 »": 1, "énergie « 9 »": 1}
    assert [r for _l, _c, r in raisons(lus)] == [
        "ligne de test de l'administration",
        "prix invraisemblable",
        "prix invraisemblable",
        "ce n'est pas un nombre",
        "aucun centre de ce SIRET dans les fichiers",
        "un SIRET a 14 chiffres",
    ]


def test_labels_of_numbers_come_from_the_json_file(tmp_path, numeros):
    numero = next(numeros)
    libelles = tmp_path / "libelles.json"
    libelles.write_text(json.dumps({"cat_vehicule": {"7": "Cyclomoteur"}, "cat_energie": {"7": "ÉLECTRIQUE"}}))
    write(tmp_path, "centres.csv", CENTRES, centre(numero))
    write(tmp_path, "tarifs.csv", TARIFS, tarif(numero, 7, 7, "50"), tarif(numero, 1, 1, "70"))
    lus = read_fichiers(find_fichiers([tmp_path]), ImportCentres(), JOUR, silence)
    assert prices(lus, numero) == {("Cyclo", "Electrique"): (5000, 2000)}
    assert lus.inconnus == {"catégorie « 1 »": 1}


def test_a_tenant_says_what_a_label_means(tmp_path, numeros):
    numero = next(numeros)
    reglages = ImportCentres(
        categories=[CategorieImport(libelle="VOITURE particuliere", vehicule_type=VehiculeType.VU)]
    )
    lus = read(tmp_path, [centre(numero)], [tarif(numero, 1, 1, "70"), tarif(numero, 4, 1, "90")], reglages)
    assert prices(lus, numero) == {("VU", "Essence"): (7000, 2000)}
    assert lus.inconnus == {"catégorie « Camionnette »": 1}


@pytest.mark.parametrize("encodage", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_single_file_is_read_by_labels_whatever_its_encoding(tmp_path, numeros, encodage):
    numero = next(numeros)
    lus = read_unique_file(
        tmp_path,
        unique(numero, "Voiture Particulière", "Essence", "79,90", nom="CONTRÔLE DÉCHIFFRÉ"),
        unique(numero, "Camionnette", "Electrique", "99"),
        unique(numero, "Tricycle à moteur", "Essence", "60"),
        unique(numero, "Camionnette", "Hydrogène", "60"),
        unique("123", "Camionnette", "Essence", "60"),
        encodage=encodage,
    )
    assert lus.centres[numero].nom == "CONTRÔLE DÉCHIFFRÉ"
    assert prices(lus, numero) == {("VP", "Essence"): (7990, 2000), ("VU", "Electrique"): (9900, 2000)}
    assert lus.inconnus == {"catégorie « Tricycle à moteur »": 1, "énergie « Hydrogène »": 1}
    assert lus.lignes == 5
    assert raisons(lus) == [(6, "cct_siret", "un SIRET a 14 chiffres")]


def test_one_valid_line_is_enough_for_a_centre_of_the_single_file(tmp_path, numeros):
    sauve, perdu = next(numeros), next(numeros)
    lus = read_unique_file(
        tmp_path,
        unique(sauve, "Camionnette", "Gaz", "80", commune=""),
        unique(sauve, "Camionnette", "Diesel", "81"),
        unique(perdu, "Camionnette", "Gaz", "80", commune=""),
        unique(perdu, "Camionnette", "Diesel", "81", commune=""),
        unique("12002503600035", "Camionnette", "Diesel", "81"),
        unique("12002503600035", "Camionnette", "Gaz", "81"),
    )
    assert list(lus.centres) == [sauve]
    assert list(prices(lus, sauve)) == [("VU", "Diesel"), ("VU", "Gaz")]
    assert [(ligne, raison[:21]) for ligne, _c, raison in raisons(lus)] == [
        (4, "commune introuvable, "),
        (6, "ligne de test de l'ad"),
    ]


@pytest.mark.parametrize(
    ("contenu", "message"),
    [
        ("", "fichier vide"),
        ("a,b,c\n1,2,3\n", "aucune colonne cct_siret"),
        ("cct_siret,autre\n1,2\n", "ni cct_denomination"),
        ("cct_siret,cct_denomination\n1,2\n", "il manque la commune"),
        (f'{CENTRES}\n1,"' + "x" * 25_000 + "\n", "guillemet non refermé"),
        (f'{CENTRES}\n1,"' + "x" * 140_000 + "\n", "n'est pas du CSV"),
    ],
)
def test_a_file_that_is_not_ours_says_what_is_missing(tmp_path, contenu, message):
    fichier = tmp_path / "f.csv"
    fichier.write_text(contenu)
    with pytest.raises(FichierIllisible, match=message):
        read_fichiers([fichier], ImportCentres(), JOUR, silence)


def test_paths_and_labels_that_cannot_be_read_say_so(tmp_path):
    with pytest.raises(FichierIllisible, match="introuvable"):
        find_fichiers([tmp_path / "absent.csv"])
    (tmp_path / "libelles.json").write_text("[]")
    with pytest.raises(FichierIllisible, match="Aucun fichier CSV"):
        find_fichiers([tmp_path])
    (tmp_path / "centres.csv").write_text(f"{CENTRES}\n")
    with pytest.raises(FichierIllisible, match="cat_vehicule"):
        read_fichiers(find_fichiers([tmp_path]), ImportCentres(), JOUR, silence)


def test_a_file_that_turns_western_late_is_read_whole(tmp_path, numeros):
    lignes = [unique(next(numeros), "Camionnette", "Gaz", "80") for _ in range(12_000)]
    dernier = next(numeros)
    lus = read_unique_file(
        tmp_path, *lignes, unique(dernier, "Camionnette", "Gaz", "80", nom="À LA FIN"), encodage="cp1252"
    )
    assert lus.centres[dernier].nom == "À LA FIN"
    assert lus.lignes == 12_001
    tot = read_unique_file(tmp_path, lignes[0].replace("CENTRE", "TÔT"), *lignes[1:], encodage="cp1252")
    assert tot.lignes == 12_000


def test_the_report_opens_in_a_spreadsheet_and_runs_nothing(tmp_path, numeros):
    lus = read(tmp_path, [centre(next(numeros), url='=HYPERLINK("x")'.replace('"', "'"))])
    write_rapport(tmp_path / "rejets.csv", lus.rejets)
    texte = (tmp_path / "rejets.csv").read_text(encoding="utf-8-sig")
    entete, ligne = csv.reader(texte.splitlines(), delimiter=";")
    assert entete == ["fichier", "ligne", "colonne", "valeur", "effet", "raison"]
    assert ligne == ["centres.csv", "2", "cct_url", "'=HYPERLINK('x')", "valeur ignorée", "adresse de site illisible"]


def test_progress_counts_every_line(tmp_path, numeros):
    faits: dict[str, list[int]] = {}

    def suivi(libelle: str, total: int, pas: int) -> None:
        vu = faits.setdefault(libelle, [total, 0])
        vu[1] += pas

    fichier = write(tmp_path, "centres.csv", CENTRES, *(centre(next(numeros)) for _ in range(2500)))
    read_fichiers([fichier], ImportCentres(), JOUR, suivi)
    assert faits == {"Lecture de centres.csv": [2500, 2500]}


def test_a_position_in_one_column_is_read(tmp_path, numeros):
    numero = next(numeros)
    fichier = write(
        tmp_path,
        "c.csv",
        "siret|denomination|commune|code_departement|geo_point_2d",
        f"{numero}|C|Rennes|35|48.2, -1.5",
    )
    lu = read_fichiers([fichier], ImportCentres(), JOUR, silence).centres[numero]
    assert (lu.lat, lu.lon, lu.position_approchee) == (48.2, -1.5, False)
    assert lu.adresse == "Rennes"
