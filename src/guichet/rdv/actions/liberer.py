"""A freed place: who is served first."""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.annonces import Avant, tell_expired, tell_updated
from guichet.rdv.actions.attente.servir import serve_list
from guichet.rdv.actions.deplacer import move_place
from guichet.rdv.actions.verrous import lock_days
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions.contexte import load_contexte
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType
from guichet.socle.database import raw
from guichet.socle.horloge import now

EN_SURNOMBRE: Final = """
select r.id from rdv.rdv r
 where r.centre_id = %(centre)s and r.jour = %(jour)s and r.surnombre and r.debut > %(maintenant)s
   and rdv.occupe(r.statut, r.expire_a, %(maintenant)s)
 order by r.created_at, r.id
"""
EXPIRER_DU_JOUR: Final = """
update rdv.rdv r
   set statut = 'annule', annule_motif = 'expiration', annule_le = r.expire_a, updated_at = %(maintenant)s,
       version = r.version + 1
  from rdv.journee j
 where j.centre_id = %(centre)s and j.jour = %(jour)s and r.statut = 'en_attente_paiement'
   and r.expire_a <= %(maintenant)s and r.debut > j.minuit - interval '12 hours' and r.debut < j.lendemain
   and r.controleur_id in (select o.controleur_id from rdv.ouverture o where o.centre_id = j.centre_id and o.jour = j.jour)
returning r.id, r.centre_id, r.jour
"""


async def release_place(session: AsyncSession, *, centre_id: UUID, jour: date) -> None:
    """Give what has just been freed on a centre's local day to those who wait for it. Under `lock_days`.

    First the appointments in surnombre, the oldest first: one that an inspector can take, while the nominal capacity of
    the day allows it, becomes nominal. Then the waiting list, with what is still free.
    """
    await _promote(session, centre_id, jour)
    await serve_list(session, centre_id=centre_id, jour=jour)


async def free_dead_holds(session: AsyncSession, *, centre_id: UUID, jour: date) -> None:
    """Let go the dead holds of those who work in a centre on a local day, and serve those who wait. Takes the locks."""
    connexion = await raw(session)
    await lock_days(session, jours=[(centre_id, jour)])
    cursor = await connexion.execute(EXPIRER_DU_JOUR, {"centre": centre_id, "jour": jour, "maintenant": now()})
    mortes = await cursor.fetchall()
    await tell_expired(session, [rdv_id for rdv_id, _centre, _jour in mortes])
    for place in sorted({(centre_id, jour), *((centre, quand) for _id, centre, quand in mortes)}):
        await release_place(session, centre_id=place[0], jour=place[1])


async def _promote(session: AsyncSession, centre_id: UUID, jour: date) -> None:
    maintenant = now()
    cursor = await (await raw(session)).execute(
        EN_SURNOMBRE, {"centre": centre_id, "jour": jour, "maintenant": maintenant}
    )
    attendent = [rdv_id for (rdv_id,) in await cursor.fetchall()]
    if not attendent:
        return
    contexte = await load_contexte(session, centre_id)
    lignes = await session.scalars(select(Rdv).where(Rdv.id.in_(attendent)).execution_options(populate_existing=True))
    for ligne in sorted(lignes.all(), key=lambda r: attendent.index(r.id)):
        avant = Avant.of(ligne)
        place = await move_place(
            session,
            rdv_id=ligne.id,
            centre_id=centre_id,
            jour=jour,
            debut=ligne.debut,
            fin=ligne.fin,
            besoins=contexte.besoins(controle_of(ligne)),
            choisi=None,
            maintenant=maintenant,
        )
        await tell_expired(session, place.liberes)
        if place.issue == "ok":
            await session.refresh(ligne)
            await tell_updated(session, ligne, champs=("controleur", "surnombre"), avant=avant, raison="liberation")


def controle_of(rdv: Rdv) -> Controle:
    """What an appointment is for."""
    return Controle(
        vehicule_type=VehiculeType(rdv.vehicule_type),
        carburant=Carburant(rdv.carburant),
        type_controle=TypeControle(rdv.type_controle),
    )
