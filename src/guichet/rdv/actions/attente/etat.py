"""What becomes of an entry of the waiting list and of the offer it has. Under the locks of the offer's day."""

from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.messages import InscriptionWithdrawn, OffreEnded
from guichet.rdv.metier.attente import APRES_ISSUE, VIVANTES, IssueOffre, StatutInscription, issue_of_dead
from guichet.rdv.metier.types import MotifAnnulation, Statut
from guichet.rdv.tables import Inscription, InscriptionCentre, Offre, Rdv
from guichet.socle.audit import audit
from guichet.socle.horloge import now
from guichet.socle.messages import publish
from guichet.socle.telemetrie.metriques import compteur

OFFRES: Final = compteur("attente_offres", "Offers of the waiting list, by what became of them", ("issue",))
"""`faite` counts those that were made."""


async def set_statut(session: AsyncSession, inscription: Inscription, statut: StatutInscription) -> None:
    """Bring an entry to a state; it waits somewhere only while it is alive."""
    avant = StatutInscription(inscription.statut)
    inscription.statut = statut.value
    inscription.version += 1
    await session.flush()
    if avant in VIVANTES and statut not in VIVANTES:
        await session.execute(delete(InscriptionCentre).where(InscriptionCentre.inscription_id == inscription.id))
    elif avant not in VIVANTES and statut in VIVANTES:
        await wait_in_centres(session, inscription)


async def wait_in_centres(session: AsyncSession, inscription: Inscription) -> None:
    """Write where an entry that has become alive waits."""
    await session.execute(
        insert(InscriptionCentre),
        [
            {
                "tenant_id": inscription.tenant_id,
                "inscription_id": inscription.id,
                "centre_id": centre_id,
                "immatriculation": inscription.immatriculation,
                "personne": inscription.personne,
                "du": inscription.du,
                "au": inscription.au,
            }
            for centre_id in inscription.centres
        ],
    )


async def pending_offre(session: AsyncSession, inscription: Inscription) -> Offre | None:
    """The offer an entry has now, dead or not; None: it has none."""
    return await session.scalar(
        select(Offre)
        .where(Offre.inscription_id == inscription.id, Offre.issue.is_(None))
        .execution_options(populate_existing=True)
    )


async def end_offre(
    session: AsyncSession, offre: Offre, inscription: Inscription, issue: IssueOffre, *, apres: StatutInscription | None
) -> None:
    """An offer is over: its entry goes where the issue leads (or to `apres`), and it is told. Its row is the caller's."""
    offre.issue = issue.value
    offre.finie_a = now()
    await set_statut(session, inscription, apres or APRES_ISSUE[issue])
    OFFRES.labels(issue.value).inc()
    await publish(
        session,
        OffreEnded(
            inscription_id=inscription.id,
            offre_id=offre.id,
            centre_id=offre.centre_id,
            jour=offre.jour,
            debut=offre.debut,
            issue=issue.value,
        ),
    )
    await audit(
        session,
        action="attente.answer",
        entite="inscription",
        entite_id=inscription.id,
        apres={"offre_id": str(offre.id), "issue": issue.value, "statut": inscription.statut},
    )


async def end_dead_offre(session: AsyncSession, ligne: Rdv) -> None:
    """The hold of an offer died and has been let go: whoever said nothing leaves the list. Again: nothing more."""
    offre = await session.get(Offre, ligne.offre_id, populate_existing=True)
    if offre is None or offre.issue is not None:
        return
    inscription = await session.get_one(Inscription, offre.inscription_id, populate_existing=True)
    assert ligne.expire_a is not None
    issue = issue_of_dead(offre.expire_a, ecourtee_a=ligne.expire_a)
    await end_offre(session, offre, inscription, issue, apres=None)


async def free_offre(session: AsyncSession, offre: Offre) -> None:
    """Give back the row that holds an offer. Nobody's appointment ends: nothing is told of it."""
    ligne = await session.get_one(Rdv, offre.rdv_id, populate_existing=True)
    ligne.statut = Statut.ANNULE.value
    ligne.annule_le = now()
    ligne.annule_motif = MotifAnnulation.CLIENT.value
    ligne.version += 1
    await session.flush()


async def withdraw(session: AsyncSession, inscription: Inscription, *, motif: str) -> Offre | None:
    """An entry leaves the list, with the offer it has. Out: that offer, whose place is free now (`release_place`)."""
    offre = await pending_offre(session, inscription)
    if offre is not None:
        await free_offre(session, offre)
        await end_offre(session, offre, inscription, IssueOffre.RETIREE, apres=StatutInscription.RETIREE)
    else:
        await set_statut(session, inscription, StatutInscription.RETIREE)
    await publish(session, InscriptionWithdrawn(inscription_id=inscription.id, motif=motif))
    await audit(
        session, action="attente.withdraw", entite="inscription", entite_id=inscription.id, apres={"motif": motif}
    )
    return offre
