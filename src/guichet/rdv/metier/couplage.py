"""Who may go with whom, one each: bipartite matching on small sets written as bit masks."""

from collections.abc import Iterator, Sequence


def bits(masque: int) -> Iterator[int]:
    """The positions set in a mask, from the lowest."""
    while masque:
        bas = masque & -masque
        yield bas.bit_length() - 1
        masque ^= bas


def find_couplage(masques: Sequence[int]) -> list[int] | None:
    """One position for each mask, all different (augmenting paths), or None when that cannot be."""
    pris: dict[int, int] = {}
    vus = 0

    def place(i: int) -> bool:
        nonlocal vus
        for position in bits(masques[i]):
            if vus >> position & 1:
                continue
            vus |= 1 << position
            if position not in pris or place(pris[position]):
                pris[position] = i
                return True
        return False

    for i in range(len(masques)):
        vus = 0
        if not place(i):
            return None
    choisis = [0] * len(masques)
    for position, i in pris.items():
        choisis[i] = position
    return choisis


def prune(masques: Sequence[int]) -> list[int] | None:
    """The same masks without the positions that no complete matching uses; None when there is no complete matching.

    An unused choice belongs to some complete matching when an alternating path leads from its position to a free one,
    or back to where it started (Régin's filter for "all different").
    """
    choisis = find_couplage(masques)
    if choisis is None:
        return None
    titulaire = {position: i for i, position in enumerate(choisis)}
    pris = sum(1 << position for position in choisis)
    atteint = [sum(1 << titulaire[p] for p in bits(m & pris)) | 1 << i for i, m in enumerate(masques)]
    for k, _ in enumerate(masques):
        for i, deja in enumerate(atteint):
            if deja >> k & 1:
                atteint[i] = deja | atteint[k]
    libres = sum(1 << i for i, m in enumerate(masques) if m & ~pris)
    sortie = []
    for i, masque in enumerate(masques):
        gardes = masque & ~pris
        for position in bits(masque & pris):
            autre = titulaire[position]
            if autre == i or atteint[autre] & libres or atteint[autre] >> i & 1:
                gardes |= 1 << position
        sortie.append(gardes)
    return sortie
