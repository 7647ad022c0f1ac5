"""Where the demonstration's centres stand: real towns and positions, addresses that could be."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Emplacement:
    """A centre's place; `agence` is the town of its agence."""

    agence: str
    quartier: str
    adresse: str
    code_postal: str
    ville: str
    lat: float
    lon: float


def _lieux(texte: str) -> tuple[Emplacement, ...]:
    lignes = [[mot.strip() for mot in ligne.split("|")] for ligne in texte.strip().splitlines()]
    return tuple(
        Emplacement(agence, quartier, adresse, code_postal, ville, float(lat), float(lon))
        for agence, quartier, adresse, code_postal, ville, lat, lon in lignes
    )


# The first five of each network belong to five agences, so that a small demonstration keeps them all.
EMPLACEMENTS: Final = {
    "controle-auto-france": _lieux("""
        Lyon|Lyon Gerland|14 rue de Gerland|69007|Lyon|45.7275|4.8330
        Paris|Paris Vaugirard|210 rue de Vaugirard|75015|Paris|48.8412|2.3003
        Marseille|Marseille Capelette|64 boulevard Romain-Rolland|13010|Marseille|43.2797|5.4243
        Toulouse|Toulouse Sud|57 route d'Espagne|31100|Toulouse|43.5786|1.4210
        Strasbourg|Strasbourg Neudorf|75 route du Polygone|67100|Strasbourg|48.5650|7.7570
        Lyon|Villeurbanne|87 cours Émile-Zola|69100|Villeurbanne|45.7713|4.8901
        Paris|Montreuil|46 rue de Paris|93100|Montreuil|48.8638|2.4485
        Marseille|Aubagne|12 avenue Jean-Moulin|13400|Aubagne|43.2927|5.5708
        Strasbourg|Illkirch|11 route de Lyon|67400|Illkirch-Graffenstaden|48.5292|7.7149
        Lyon|Vénissieux|22 avenue Jean-Jaurès|69200|Vénissieux|45.6975|4.8869
        Paris|Boulogne|118 route de la Reine|92100|Boulogne-Billancourt|48.8397|2.2399
        Toulouse|Colomiers|15 allée de Naurouze|31770|Colomiers|43.6112|1.3367
        Strasbourg|Schiltigheim|54 route de Bischwiller|67300|Schiltigheim|48.6078|7.7500
        Marseille|Aix|25 avenue de l'Europe|13090|Aix-en-Provence|43.5263|5.4198
        Lyon|Caluire|5 montée des Soldats|69300|Caluire-et-Cuire|45.7953|4.8469
        Paris|Créteil|7 rue de Mesly|94000|Créteil|48.7904|2.4556
    """),
    "auto-securite-pro": _lieux("""
        Lyon|Bron|120 avenue Franklin-Roosevelt|69500|Bron|45.7339|4.9117
        Rennes|Rennes Sud|132 rue de Nantes|35200|Rennes|48.0957|-1.6743
        Nice|Nice Est|92 route de Turin|06300|Nice|43.7135|7.2883
        La Réunion|Saint-Denis|26 rue Maréchal-Leclerc|97400|Saint-Denis|-20.8823|55.4504
        Toulouse|Blagnac|21 route de Grenade|31700|Blagnac|43.6361|1.3906
        Lyon|Écully|9 chemin du Moulin-Carron|69130|Écully|45.7744|4.7775
        Rennes|Cesson|9 rue de la Rigourdière|35510|Cesson-Sévigné|48.1213|-1.6036
        Nice|Cagnes|17 avenue de Nice|06800|Cagnes-sur-Mer|43.6637|7.1486
        La Réunion|Saint-Pierre|14 rue François-de-Mahy|97410|Saint-Pierre|-21.3393|55.4781
    """),
    "ct-express": _lieux("""
        Lyon|Part-Dieu|31 rue de la Villette|69003|Lyon|45.7606|4.8594
        Paris|Saint-Denis|33 rue Gabriel-Péri|93200|Saint-Denis|48.9362|2.3574
        Marseille|Saint-Jérôme|18 avenue Corot|13013|Marseille|43.3340|5.3980
        Nice|Saint-Laurent|6 avenue Léon-Bérenger|06700|Saint-Laurent-du-Var|43.6735|7.1907
        Rennes|Saint-Grégoire|28 rue de l'Étang-au-Diable|35760|Saint-Grégoire|48.1513|-1.6871
    """),
}

RUES: Final = (
    "rue de la République", "avenue Jean-Jaurès", "route de Paris", "rue du Commerce", "avenue de la Gare",
    "boulevard Victor-Hugo", "rue des Artisans", "zone artisanale du Moulin", "route Nationale", "rue de l'Industrie",
    "avenue du Général-de-Gaulle", "rue Pasteur", "chemin des Vignes", "rue du Stade", "avenue de l'Europe",
)  # fmt: skip
