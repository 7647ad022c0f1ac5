"""What anonymous callers may enter on the waiting list lately, counted apart from what they book."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.demande import Verifiee
from guichet.rdv.permissions import is_anonymous
from guichet.rdv.questions.contexte import Contexte
from guichet.socle.acces import Appelant
from guichet.socle.crypto import blind_index
from guichet.socle.database import raw
from guichet.socle.errors import TooMany
from guichet.socle.i18n import _

VERROUS: Final = """
select pg_advisory_xact_lock(k) from (
  select hashtextextended(%(tenant)s::text || %(plaque)s, 4) as k
  union all select hashtextextended(encode(c, 'hex'), 1) from unnest(%(cles)s::bytea[]) c order by 1) t
"""
COMPTER: Final = """
select exists (
  select from unnest(%(cles)s::bytea[], %(maxima)s::integer[]) as k(cle, plafond)
   where (select count(*) from rdv.cadence n where n.tenant_id = %(tenant)s and n.cle = k.cle and n.le > %(depuis)s)
         >= k.plafond)
"""
NOTER: Final = """
insert into rdv.cadence (tenant_id, cle, le, rdv_id) select %(tenant)s, c, %(le)s, %(id)s from unnest(%(cles)s::bytea[]) c
"""


class PlafondsListe:
    """The counts of a caller; none for those who are known."""

    def __init__(self, contexte: Contexte, verifiee: Verifiee, appelant: Appelant) -> None:
        reglages = contexte.reglages
        self._cles: list[bytes] = []
        self._maxima: list[int] = []
        self._fenetre = timedelta(minutes=reglages.plafond_minutes)
        if not is_anonymous(appelant):
            return
        for texte, usage, maximum in (
            (verifiee.client.telephone, "telephone.attente", reglages.plafond_telephone),
            (appelant.ip, "adresse.attente", reglages.plafond_adresse),
        ):
            if texte:
                self._cles.append(blind_index(texte, usage))
                self._maxima.append(maximum)

    async def lock(self, session: AsyncSession, plaque: str) -> None:
        """One entry of a plate at a time, and one of a caller."""
        await (await raw(session)).execute(
            VERROUS, {"tenant": session.info["tenant_id"], "plaque": plaque, "cles": self._cles}
        )

    async def count(self, session: AsyncSession, inscription_id: UUID, maintenant: datetime) -> None:
        """Count one more. Raises `TROP_DE_RESERVATIONS` (429)."""
        parametres = {
            "tenant": session.info["tenant_id"],
            "cles": self._cles,
            "maxima": self._maxima,
            "depuis": maintenant - self._fenetre,
            "le": maintenant,
            "id": inscription_id,
        }
        connexion = await raw(session)
        (atteint,) = await (await connexion.execute(COMPTER, parametres)).fetchone() or (False,)
        if atteint:
            raise TooMany(
                _(
                    "Vous avez fait plusieurs inscriptions en peu de temps. Réessayez un peu plus tard, ou appelez le centre."
                ),
                code="TROP_DE_RESERVATIONS",
                retry_after=int(self._fenetre.total_seconds()),
            )
        await connexion.execute(NOTER, parametres)
