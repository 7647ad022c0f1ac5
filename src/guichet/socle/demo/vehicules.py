"""Frequent makes and models, and plausible vehicles with valid plates.

The table is ours: models common on French roads, the years they were first registered in, the energies they run on.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random

# make model|category|energies by decreasing share (E petrol, D diesel, H hybrid, L electric, G gas)|years|weight
_TABLE = """
Renault;Clio|VP|EDHG|1990-2025|60
Renault;Mégane|VP|DE|1995-2024|30
Renault;Twingo|VP|EL|1993-2024|28
Renault;Scénic|VP|DE|1996-2023|24
Renault;Captur|VP|EDH|2013-2025|22
Renault;Zoé|VP|L|2012-2024|10
Renault;Kadjar|VP|DE|2015-2022|10
Renault;Laguna|VP|DE|1994-2015|9
Renault;Espace|VP|DEH|1990-2025|6
Renault;Modus|VP|ED|2004-2012|6
Renault;Talisman|VP|DE|2015-2022|3
Renault;Koleos|VP|DE|2008-2023|3
Renault;Arkana|VP|HE|2021-2025|5
Renault;Austral|VP|H|2022-2025|3
Renault;Twizy|Cyclo|L|2012-2023|2
Peugeot;208|VP|EDL|2012-2025|45
Peugeot;308|VP|DEH|2007-2025|30
Peugeot;207|VP|DE|2006-2014|24
Peugeot;206|VP|ED|1998-2012|22
Peugeot;3008|VP|DEH|2009-2025|26
Peugeot;2008|VP|EDL|2013-2025|24
Peugeot;5008|VP|DE|2009-2025|13
Peugeot;107|VP|E|2005-2014|7
Peugeot;108|VP|E|2014-2021|7
Peugeot;307|VP|DE|2001-2008|10
Peugeot;508|VP|DEH|2011-2025|7
Peugeot;407|VP|DE|2004-2011|4
Peugeot;106|VP|ED|1991-2003|3
Peugeot;Rifter|VP|DEL|2018-2025|4
Citroën;C3|VP|EDG|2002-2025|38
Citroën;C4|VP|DEL|2004-2025|16
Citroën;C4 Picasso|VP|DE|2006-2018|16
Citroën;Xsara Picasso|VP|DE|1999-2012|9
Citroën;C1|VP|E|2005-2022|11
Citroën;C3 Aircross|VP|ED|2017-2025|8
Citroën;C5|VP|DE|2001-2017|8
Citroën;C5 Aircross|VP|DEH|2018-2025|7
Citroën;C2|VP|ED|2003-2010|4
Citroën;DS3|VP|ED|2010-2019|6
Citroën;C3 Picasso|VP|DE|2009-2017|7
Citroën;Saxo|VP|ED|1996-2004|3
Citroën;2 CV|VP|E|1960-1990|1
Citroën;Ami|Cyclo|L|2020-2025|5
DS;DS 3 Crossback|VP|EDL|2019-2025|3
DS;DS 4|VP|DEH|2015-2025|3
DS;DS 7|VP|DH|2018-2025|3
Dacia;Sandero|VP|EGD|2008-2025|34
Dacia;Duster|VP|DEG|2010-2025|28
Dacia;Logan|VP|DEG|2005-2021|10
Dacia;Lodgy|VP|DEG|2012-2022|5
Dacia;Spring|VP|L|2021-2025|6
Dacia;Jogger|VP|EGH|2022-2025|4
Volkswagen;Golf|VP|DEH|1990-2025|28
Volkswagen;Polo|VP|ED|1994-2025|24
Volkswagen;Tiguan|VP|DEH|2007-2025|11
Volkswagen;Passat|VP|DEH|1993-2024|7
Volkswagen;Touran|VP|DE|2003-2024|7
Volkswagen;T-Roc|VP|ED|2017-2025|7
Volkswagen;Up|VP|EL|2011-2023|5
Volkswagen;ID.3|VP|L|2020-2025|3
Toyota;Yaris|VP|HED|1999-2025|22
Toyota;Corolla|VP|HE|2002-2025|6
Toyota;Auris|VP|HDE|2007-2019|6
Toyota;Aygo|VP|E|2005-2022|8
Toyota;C-HR|VP|HE|2016-2025|7
Toyota;RAV4|VP|HD|1996-2025|4
Toyota;Prius|VP|H|2004-2023|2
Opel;Corsa|VP|EDL|1993-2025|17
Opel;Astra|VP|DE|1994-2025|10
Opel;Mokka|VP|DEL|2012-2025|6
Opel;Meriva|VP|DE|2003-2017|5
Opel;Zafira|VP|DE|1999-2019|4
Opel;Crossland|VP|ED|2017-2024|4
Ford;Fiesta|VP|ED|1990-2023|20
Ford;Focus|VP|DE|1998-2025|13
Ford;Puma|VP|HE|2020-2025|7
Ford;Kuga|VP|DH|2008-2025|7
Ford;C-Max|VP|DE|2003-2019|6
Ford;Ka|VP|E|1996-2020|5
Ford;EcoSport|VP|ED|2014-2022|3
Ford;Mondeo|VP|DH|1993-2022|3
Fiat;500|VP|EL|2007-2025|17
Fiat;Panda|VP|EDG|2003-2025|9
Fiat;Punto|VP|ED|1994-2018|8
Fiat;Tipo|VP|DE|2016-2025|4
Fiat;500X|VP|ED|2014-2024|4
Nissan;Qashqai|VP|DEH|2007-2025|15
Nissan;Juke|VP|ED|2010-2025|10
Nissan;Micra|VP|ED|1993-2023|9
Nissan;Leaf|VP|L|2011-2024|4
Nissan;Note|VP|DE|2006-2017|4
Nissan;X-Trail|VP|DE|2001-2025|3
Hyundai;i10|VP|E|2008-2025|6
Hyundai;i20|VP|ED|2009-2025|6
Hyundai;Tucson|VP|HD|2004-2025|8
Hyundai;Kona|VP|EL|2017-2025|5
Hyundai;i30|VP|DE|2007-2025|4
Kia;Picanto|VP|E|2004-2025|6
Kia;Sportage|VP|DH|2005-2025|7
Kia;Rio|VP|ED|2005-2023|4
Kia;Niro|VP|HL|2016-2025|4
Kia;Ceed|VP|DE|2007-2025|4
BMW;Série 1|VP|DE|2004-2025|10
BMW;Série 3|VP|DEH|1990-2025|11
BMW;X1|VP|DE|2009-2025|6
BMW;Série 5|VP|DH|1990-2025|4
BMW;X3|VP|DH|2004-2025|3
Mercedes-Benz;Classe A|VP|DEH|1998-2025|12
Mercedes-Benz;Classe C|VP|DEH|1993-2025|9
Mercedes-Benz;Classe B|VP|DE|2005-2024|5
Mercedes-Benz;GLA|VP|DE|2014-2025|5
Mercedes-Benz;Classe E|VP|DH|1993-2025|3
Audi;A3|VP|DE|1996-2025|12
Audi;A4|VP|DE|1995-2024|8
Audi;A1|VP|ED|2010-2025|8
Audi;Q3|VP|DE|2011-2025|5
Audi;Q5|VP|DH|2009-2025|3
Seat;Ibiza|VP|ED|1993-2024|11
Seat;Leon|VP|DE|2000-2025|8
Seat;Arona|VP|E|2017-2025|4
Skoda;Fabia|VP|ED|2000-2025|7
Skoda;Octavia|VP|DE|1998-2025|5
Skoda;Kodiaq|VP|D|2017-2025|2
Mini;Mini|VP|ED|2001-2025|11
Suzuki;Swift|VP|EH|2005-2025|6
Suzuki;Vitara|VP|ED|1990-2025|4
Suzuki;Ignis|VP|EH|2017-2024|3
Volvo;XC60|VP|DH|2009-2025|3
Volvo;V40|VP|D|2012-2019|3
Volvo;XC40|VP|EH|2018-2025|3
Tesla;Model 3|VP|L|2019-2025|6
Tesla;Model Y|VP|L|2021-2025|6
Tesla;Model S|VP|L|2014-2023|1
MG;MG4|VP|L|2022-2025|3
MG;ZS|VP|EL|2020-2025|3
Jeep;Renegade|VP|DEH|2014-2024|4
Jeep;Compass|VP|DEH|2017-2025|2
Land Rover;Range Rover Evoque|VP|DE|2011-2025|3
Mazda;CX-5|VP|DE|2012-2025|3
Mazda;Mazda2|VP|E|2003-2025|3
Honda;Jazz|VP|EH|2002-2025|3
Honda;CR-V|VP|DH|1997-2025|3
Mitsubishi;Space Star|VP|E|2013-2023|2
Alfa Romeo;Giulietta|VP|DE|2010-2021|4
Lancia;Ypsilon|VP|E|2003-2017|2
Smart;Fortwo|VP|EL|1998-2024|6
Porsche;Cayenne|VP|EDH|2003-2025|1
Renault;Kangoo Express|VU|DEL|1997-2021|30
Renault;Trafic|VU|D|1990-2025|26
Renault;Master|VU|DL|1990-2025|22
Renault;Clio Société|VU|D|1998-2025|14
Peugeot;Partner|VU|DEL|1996-2025|28
Peugeot;Expert|VU|DL|1995-2025|16
Peugeot;Boxer|VU|D|1994-2025|14
Peugeot;Bipper|VU|D|2008-2017|5
Citroën;Berlingo|VU|DEL|1996-2025|28
Citroën;Jumpy|VU|DL|1995-2025|14
Citroën;Jumper|VU|D|1994-2025|13
Citroën;Nemo|VU|D|2008-2017|4
Fiat;Ducato|VU|D|1990-2025|11
Fiat;Fiorino|VU|D|2007-2024|5
Fiat;Doblo|VU|DG|2001-2025|5
Ford;Transit|VU|D|1990-2025|13
Ford;Transit Connect|VU|D|2002-2025|6
Volkswagen;Transporter|VU|D|1990-2025|9
Volkswagen;Caddy|VU|DG|1996-2025|6
Volkswagen;Crafter|VU|D|2006-2025|4
Mercedes-Benz;Vito|VU|DL|1996-2025|8
Mercedes-Benz;Sprinter|VU|D|1995-2025|8
Mercedes-Benz;Citan|VU|D|2012-2025|3
Iveco;Daily|VU|D|1990-2025|8
Opel;Vivaro|VU|D|2001-2025|6
Opel;Movano|VU|D|1999-2025|3
Nissan;NV200|VU|DL|2009-2021|3
Dacia;Dokker Van|VU|D|2013-2021|4
Yamaha;MT-07|Moto|E|2014-2025|12
Yamaha;TMAX|Moto|E|2001-2025|10
Yamaha;XMAX 125|Moto|E|2006-2025|8
Yamaha;MT-09|Moto|E|2013-2025|6
Yamaha;Tracer 7|Moto|E|2016-2025|4
Honda;Forza 125|Moto|E|2015-2025|8
Honda;CB500|Moto|E|1994-2025|7
Honda;NC750|Moto|E|2012-2025|6
Honda;PCX 125|Moto|E|2010-2025|7
Honda;Africa Twin|Moto|E|1990-2025|4
Kawasaki;Z900|Moto|E|2017-2025|7
Kawasaki;Z650|Moto|E|2017-2025|5
Kawasaki;ER-6n|Moto|E|2005-2016|5
Suzuki;V-Strom 650|Moto|E|2004-2025|4
Suzuki;Bandit 600|Moto|E|1995-2005|4
BMW;R 1250 GS|Moto|E|2018-2024|6
BMW;C 400 X|Moto|E|2018-2025|2
BMW;CE 04|Moto|L|2022-2025|1
Triumph;Street Triple|Moto|E|2007-2025|4
Harley-Davidson;Sportster|Moto|E|1990-2022|4
Ducati;Monster|Moto|E|1993-2025|3
KTM;Duke 390|Moto|E|2013-2025|3
Piaggio;MP3|Moto|E|2006-2025|9
Vespa;Primavera 125|Moto|E|2013-2025|4
Peugeot;Metropolis|Moto|E|2013-2025|3
Peugeot;Kisbee 50|Cyclo|E|2010-2025|10
Peugeot;Ludix|Cyclo|E|2004-2018|7
Peugeot;103|Cyclo|E|1990-2012|4
MBK;Booster|Cyclo|E|1990-2019|9
MBK;Ovetto|Cyclo|E|1997-2019|5
Yamaha;Aerox 50|Cyclo|E|1997-2020|5
Piaggio;Zip 50|Cyclo|E|1993-2020|5
Vespa;Primavera 50|Cyclo|E|2013-2025|3
Derbi;Senda 50|Cyclo|E|1996-2019|4
Aprilia;RS4 50|Cyclo|E|2011-2019|2
Aixam;City|Cyclo|DL|1998-2025|6
Ligier;JS50|Cyclo|DL|2013-2025|5
Microcar;M.Go|Cyclo|D|2009-2024|3
NIU;NQi|Cyclo|L|2017-2025|3
"""
_ENERGIES = {"E": "Essence", "D": "Diesel", "H": "Hybride", "L": "Electrique", "G": "Gaz"}
# The first energy of a model is its usual one.
_POIDS_ENERGIES = (12, 7, 3, 1)
# Electric and hybrid drives did not exist before these years on any model.
_DEBUT_ENERGIE = {"Electrique": 2011, "Hybride": 2010}
# Shares of the vehicles a centre sees.
_CATEGORIES = ("VP", "VU", "Moto", "Cyclo")
_POIDS_CATEGORIES = (80, 14, 5, 1)

LETTRES = "ABCDEFGHJKLMNPQRSTVWXYZ"
_SIV_DEBUT = date(2009, 4, 15)
# GQ-860-SD was issued in September 2023: left blocks advance by about 10.5 a year.
_BLOCS_PAR_JOUR = 152 / (date(2023, 9, 15) - _SIV_DEBUT).days
_DEPARTEMENTS_FNI = ("75", "59", "69", "13", "33", "31", "44", "35", "92", "77", "2A", "67", "34", "38", "62")


@dataclass(frozen=True)
class ModeleVehicule:
    """A make and model, its category (VP, VU, Moto, Cyclo), energies by decreasing share and years of sale."""

    marque: str
    modele: str
    categorie: str
    energies: tuple[str, ...]
    debut: int
    fin: int
    poids: int


@dataclass(frozen=True)
class VehiculeDemo:
    """A vehicle of the demonstration; `immatriculation` in its usual written form."""

    immatriculation: str
    marque: str
    modele: str
    categorie: str
    carburant: str
    date_mise_circulation: date


def _parse(ligne: str) -> ModeleVehicule:
    noms, categorie, energies, annees, poids = ligne.split("|")
    marque, modele = noms.split(";")
    debut, fin = annees.split("-")
    return ModeleVehicule(
        marque, modele, categorie, tuple(_ENERGIES[e] for e in energies), int(debut), int(fin), int(poids)
    )


MODELES: tuple[ModeleVehicule, ...] = tuple(_parse(ligne) for ligne in _TABLE.strip().splitlines())
_PAR_CATEGORIE = {c: [m for m in MODELES if m.categorie == c] for c in _CATEGORIES}
_CUMULS = {c: list(accumulate(m.poids for m in modeles)) for c, modeles in _PAR_CATEGORIE.items()}


def draw_vehicule(rng: Random, today: date, *, categorie: str | None = None) -> VehiculeDemo:
    """Draw a vehicle old enough to be inspected (mostly 4 to 20 years), its energy and a plate that fits its age."""
    choisie = categorie or rng.choices(_CATEGORIES, _POIDS_CATEGORIES)[0]
    modele = rng.choices(_PAR_CATEGORIE[choisie], cum_weights=_CUMULS[choisie])[0]
    annee = today.year - 4 - min(int(rng.expovariate(1 / 7)), 26)
    annee = max(modele.debut, min(modele.fin, annee))
    possibles = [e for e in modele.energies if _DEBUT_ENERGIE.get(e, 0) <= annee] or list(modele.energies)
    carburant = rng.choices(possibles, _POIDS_ENERGIES[: len(possibles)])[0]
    mise_en_circulation = min(date(annee, 1, 1) + timedelta(days=rng.randrange(365)), today - timedelta(days=1))
    return VehiculeDemo(
        immatriculation=draw_immatriculation(rng, mise_en_circulation, today),
        marque=modele.marque,
        modele=modele.modele,
        categorie=choisie,
        carburant=carburant,
        date_mise_circulation=mise_en_circulation,
    )


def draw_immatriculation(rng: Random, mise_en_circulation: date, today: date) -> str:
    """Draw a plate: AA-123-AA in the order of time, or for some old vehicles the former 123 AB 69."""
    if mise_en_circulation < _SIV_DEBUT:
        if rng.random() < 0.08:
            lettres = rng.choice(LETTRES) + rng.choice("ABCDEFGHJKLMNPQR")
            return f"{rng.randrange(10, 10_000)} {lettres} {rng.choice(_DEPARTEMENTS_FNI)}"
        # Numbered anew when it changed hands.
        delai = max(1, (today - _SIV_DEBUT).days)
        mise_en_circulation = _SIV_DEBUT + timedelta(days=rng.randrange(delai))
    gauche = int((mise_en_circulation - _SIV_DEBUT).days * _BLOCS_PAR_JOUR) % 384
    droite = "SS"
    while droite == "SS":
        droite = rng.choice(LETTRES) + rng.choice(LETTRES)
    return f"{LETTRES[gauche // 23]}{LETTRES[gauche % 23]}-{rng.randrange(1, 1000):03d}-{droite}"
