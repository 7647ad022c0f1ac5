"""The solver's own process: `python -m guichet.ia.ouvrier` reads questions, one JSON line each, and answers in kind.

The only module that imports the library. It says `{"pret": true}` once warm, and ends when its input ends.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

from ortools.sat.python import cp_model

OPTIMALE: Final = cp_model.OPTIMAL
TROUVEE: Final = (cp_model.OPTIMAL, cp_model.FEASIBLE)


def solve(question: dict[str, Any]) -> dict[str, Any]:
    """Answer one question of `metier.write_question`: `places` (who has each task, -1 nobody) or None, and `optimale`."""
    modele = _Modele(question)
    solveur = cp_model.CpSolver()
    solveur.parameters.max_time_in_seconds = question["secondes"]
    solveur.parameters.num_workers = 1
    solveur.parameters.random_seed = 0
    statut = solveur.solve(modele.modele)
    if statut not in TROUVEE:
        return {"places": None, "optimale": statut == cp_model.INFEASIBLE}
    places = [next((r for r, x in choix.items() if solveur.boolean_value(x)), -1) for choix in modele.choix]
    return {"places": places, "optimale": statut == OPTIMALE}


class _Modele:
    """One Boolean per task and possible inspector; times never move."""

    def __init__(self, question: dict[str, Any]) -> None:
        self.modele = cp_model.CpModel()
        self._taches = question["taches"]
        self._ressources = question["ressources"]
        self._seuil = question["seuil"]
        self.choix: list[dict[int, Any]] = [
            {r: self.modele.new_bool_var(f"t{i}r{r}") for r in possibles}
            for i, (_d, _f, possibles, _a, _o) in enumerate(self._taches)
        ]
        for choix, tache in zip(self.choix, self._taches, strict=True):
            (self.modele.add_at_most_one if tache[4] else self.modele.add_exactly_one)(choix.values())
            for r, x in choix.items():
                self.modele.add_hint(x, int(r == tache[3]))
        for r in range(len(self._ressources)):
            self._at_most_one_at_a_time(r)
        poids = question["poids"] or [1, 0, 0, 0, 1]
        self.modele.minimize(self._cost(*poids))

    def _at_most_one_at_a_time(self, r: int) -> None:
        for i, choix in enumerate(self.choix):
            if r in choix:
                debut = self._taches[i][0]
                ensemble = [self.choix[j][r] for j in self._on(r) if self._taches[j][0] <= debut < self._taches[j][1]]
                if len(ensemble) > 1:
                    self.modele.add_at_most_one(ensemble)

    def _on(self, r: int) -> Iterable[int]:
        return (i for i, choix in enumerate(self.choix) if r in choix)

    def _cost(self, place: int, trou: int, ecart: int, titre: int, deplacement: int) -> Any:
        termes: list[Any] = []
        for choix, (debut, fin, _p, actuel, facultative) in zip(self.choix, self._taches, strict=True):
            for r, x in choix.items():
                cout = titre * (fin - debut) * self._ressources[r][0] - (place if facultative else 0)
                if actuel not in {-1, r}:
                    cout += deplacement
                termes.append(cout * x)
        if trou:
            for r in range(len(self._ressources)):
                termes += [trou * minutes * vide for minutes, vide in self._gaps(r)]
        if ecart:
            termes.append(ecart * self._spread())
        return sum(termes)

    def _gaps(self, r: int) -> Iterator[tuple[int, Any]]:
        """For each stretch too short to be of use that could open beside the tasks of an inspector: minutes, and whether it does."""
        siennes = list(self._on(r))
        for debut, fin in self._ressources[r][1]:
            dedans = [i for i in siennes if debut <= self._taches[i][0] and self._taches[i][1] <= fin]
            for i in dedans:
                avant, apres = self._taches[i][0] - debut, fin - self._taches[i][1]
                if 0 < avant < self._seuil:
                    yield avant, self._empty(r, dedans, (i,), debut, self._taches[i][0])
                if 0 < apres < self._seuil:
                    yield apres, self._empty(r, dedans, (i,), self._taches[i][1], fin)
                for j in dedans:
                    entre = self._taches[j][0] - self._taches[i][1]
                    if 0 < entre < self._seuil:
                        yield entre, self._empty(r, dedans, (i, j), self._taches[i][1], self._taches[j][0])

    def _empty(self, r: int, dedans: list[int], bords: tuple[int, ...], debut: int, fin: int) -> Any:
        vide = self.modele.new_bool_var("")
        comble = [self.choix[k][r] for k in dedans if debut <= self._taches[k][0] and self._taches[k][1] <= fin]
        self.modele.add(vide >= sum(self.choix[i][r] for i in bords) - (len(bords) - 1) - sum(comble))
        return vide

    def _spread(self) -> Any:
        total = sum(fin - debut for debut, fin, _p, _a, _o in self._taches)
        haut, bas = self.modele.new_int_var(0, total, "haut"), self.modele.new_int_var(0, total, "bas")
        for r in range(len(self._ressources)):
            charge = sum((self._taches[i][1] - self._taches[i][0]) * self.choix[i][r] for i in self._on(r))
            self.modele.add(haut >= charge)
            self.modele.add(bas <= charge)
        return haut - bas


def main() -> None:
    """Answer until the input ends."""
    sys.stdout.write('{"pret": true}\n')
    sys.stdout.flush()
    for ligne in sys.stdin:
        sys.stdout.write(json.dumps(solve(json.loads(ligne))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
