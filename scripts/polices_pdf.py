"""Make the fonts of PDF documents from those of the screens.

Typst reads neither woff2 nor variable fonts. This instantiates the two weights that documents use and joins the
Latin and extended Latin subsets. Run by hand after a change of the screens' fonts:

    uv run --no-project --with fonttools --with brotli scripts/polices_pdf.py SOURCE_FOLDER src/guichet/socle/documents/polices
"""

import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

GRAISSES = {"Regular": 400, "Bold": 700}
NOMS_GARDES = {0, 5, 13, 14}


def convertir(source: Path, cible: Path) -> None:
    cible.mkdir(parents=True, exist_ok=True)
    for nom, graisse in GRAISSES.items():
        with tempfile.TemporaryDirectory() as dossier:
            parties = []
            for partie in ("figtree-latin", "figtree-latin-ext"):
                police = TTFont(source / f"{partie}.woff2")
                police.flavor = None
                instancer.instantiateVariableFont(police, {"wght": graisse}, inplace=True)
                chemin = Path(dossier) / f"{partie}.ttf"
                police.save(chemin)
                parties.append(str(chemin))
            police = Merger().merge(parties)
        nommer(police, nom, graisse)
        police.save(cible / f"Figtree-{nom}.ttf")


def nommer(police: TTFont, nom: str, graisse: int) -> None:
    """Give the instance the names and flags by which a font engine finds its weight."""
    table = police["name"]
    table.names = [n for n in table.names if n.nameID in NOMS_GARDES]
    for identifiant, texte in {
        1: "Figtree",
        2: nom,
        3: f"Figtree-{nom}",
        4: f"Figtree {nom}",
        6: f"Figtree-{nom}",
    }.items():
        table.setName(texte, identifiant, 3, 1, 0x409)
    gras = nom == "Bold"
    police["OS/2"].usWeightClass = graisse
    police["OS/2"].fsSelection = police["OS/2"].fsSelection & ~0b110_0001 | (0b10_0000 if gras else 0b100_0000)
    police["head"].macStyle = 1 if gras else 0
    if "STAT" in police:
        del police["STAT"]


if __name__ == "__main__":
    convertir(Path(sys.argv[1]), Path(sys.argv[2]))
