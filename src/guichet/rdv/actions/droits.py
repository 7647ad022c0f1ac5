"""Who may inspect, and the right to a re-inspection: what a booking and a move both check."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.demande import Verifiee
from guichet.rdv.actions.verrous import lock_inspections
from guichet.rdv.metier.contre_visite import Droit, RefusContreVisite, find_droit, is_contre_visite
from guichet.rdv.metier.heures import jour_local
from guichet.rdv.permissions import has_link, is_staff
from guichet.rdv.questions.contexte import Contexte, capacites_of
from guichet.rdv.questions.fiches import list_inspections
from guichet.reseau.facade import get_controleur
from guichet.socle.acces import Appelant
from guichet.socle.errors import Invalid, NotFound
from guichet.socle.i18n import _


async def check_controleur(session: AsyncSession, contexte: Contexte, verifiee: Verifiee, controleur_id: UUID) -> None:
    """Raises `CONTROLEUR_NOT_FOUND` (404) for one who does not work in the centre, `CONTROLEUR_AGREMENT_INSUFFISANT`
    (422) for one who may not inspect that vehicle on that day."""
    controleur = await get_controleur(session, controleur_id)
    if not controleur.actif or contexte.centre.id not in {t.centre_id for t in controleur.centres}:
        raise NotFound(_("Ce contrôleur ne travaille pas dans ce centre."), code="CONTROLEUR_NOT_FOUND")
    jour = jour_local(verifiee.debut, contexte.zone)
    if not contexte.besoins(verifiee.controle) <= capacites_of(controleur.agrements, controleur.habilitations, jour):
        message = _("Ce contrôleur n'est pas agréé pour ce véhicule à cette date.")
        raise Invalid(message, code="CONTROLEUR_AGREMENT_INSUFFISANT", champs={"controleur_id": message})


async def find_right(
    session: AsyncSession,
    contexte: Contexte,
    verifiee: Verifiee,
    appelant: Appelant,
    *,
    sauf: UUID | None = None,
    connue: UUID | None = None,
) -> Droit | None:
    """The right a re-inspection rests on; None for any other inspection. Locks the re-inspections of the plate.

    `sauf`: an appointment that does not count (the one that moves), `connue`: the inspection it follows already. Raises
    `DATE_CONTROLE_INITIAL_REQUISE`, `TYPE_CONTROLE_INCOHERENT`, `CONTRE_VISITE_HORS_DELAI` (422).
    """
    controle = verifiee.controle
    if not is_contre_visite(controle.type_controle):
        return None
    await lock_inspections(session, verifiee.vehicule.immatriculation.valeur)
    inspections = await list_inspections(session, verifiee.vehicule.immatriculation.valeur, sauf=sauf)
    lies = [i for i in inspections if i.id == connue or has_link(appelant, i.id)]
    if verifiee.date_controle_initial is None and not lies and not is_staff(appelant):
        message = _("Indiquez la date du contrôle que cette contre-visite suit : elle est sur le procès-verbal.")
        raise Invalid(message, code="DATE_CONTROLE_INITIAL_REQUISE", champs={"date_controle_initial": message})
    droit = find_droit(
        lies or inspections,
        type_controle=controle.type_controle,
        jour=jour_local(verifiee.debut, contexte.zone),
        delai_offert_mois=contexte.reglages.contre_visite_offerte_mois,
        date_initiale=verifiee.date_controle_initial,
    )
    if droit is RefusContreVisite.SANS_ECHEC:
        message = _("Nous ne trouvons pas de contrôle défavorable à cette date pour ce véhicule dans ce réseau.")
        raise Invalid(message, code=droit.value, champs={"date_controle_initial": message})
    if droit is RefusContreVisite.HORS_DELAI:
        message = _("Le délai de deux mois est passé : il faut un contrôle complet.")
        raise Invalid(message, code=droit.value, champs={"type_controle": message}, type_propose="CTP")
    assert isinstance(droit, Droit)
    return droit
