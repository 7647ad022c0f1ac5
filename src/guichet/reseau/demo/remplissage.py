"""Filling a tenant with its network, through the actions every caller uses."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import find_user, open_demo_accounts, update_user
from guichet.reseau.actions.agences import create_agence
from guichet.reseau.actions.centres import create_centre
from guichet.reseau.actions.controleurs import create_controleur
from guichet.reseau.actions.descriptions import describe_semaine
from guichet.reseau.actions.saisies import AgenceSaisie, CentreSaisie, ControleurSaisie
from guichet.reseau.demo.grand import fill_grand
from guichet.reseau.demo.tirages import (
    draw_agrements,
    draw_equipements,
    draw_exceptions,
    draw_horaires,
    draw_note,
    draw_tarifs,
    draw_travail,
)
from guichet.reseau.demo.villes import EMPLACEMENTS, Emplacement
from guichet.reseau.metier.identifiants import cle_tri
from guichet.reseau.metier.vues import AgenceVue, CentreVue
from guichet.socle.demo import Monde, Personne


async def fill(session: AsyncSession, monde: Monde) -> dict[str, int]:
    """The tenant's agences, centres and inspectors. Returns how many of each."""
    if monde.tenant.grand:
        return await fill_grand(session, monde)
    emplacements = EMPLACEMENTS[monde.tenant.slug][: monde.tenant.centres]
    equipes = _share(monde.tenant.controleurs, len(emplacements))
    agences: dict[str, AgenceVue] = {}
    centres: list[CentreVue] = []
    tarifs = 0
    for rang, emplacement in enumerate(emplacements):
        if emplacement.agence not in agences:
            agences[emplacement.agence] = await _open_agence(session, monde, emplacement)
        centre = await _open_centre(
            session, monde, emplacement, agences[emplacement.agence], rang=rang, equipe=equipes[rang]
        )
        centres.append(centre)
        tarifs += len(centre.tarifs)
    await _give_scopes(session, monde, centres[0])
    for rang, centre in enumerate(centres):
        voisins = [c for c in centres if c.agence_id == centre.agence_id and c.id != centre.id]
        await _enrol_equipe(session, monde, centre, voisins, equipes[rang], first=rang == 0)
        monde.progression(f"{monde.tenant.nom} : centres", len(centres), 1)
    await open_demo_accounts(session)
    return {"agences": len(agences), "centres": len(centres), "controleurs": sum(equipes), "tarifs": tarifs}


def _share(total: int, parts: int) -> list[int]:
    """Inspectors by centre, the first centres taking the remainder."""
    return [total // parts + (n < total % parts) for n in range(parts)]


async def _open_agence(session: AsyncSession, monde: Monde, lieu: Emplacement) -> AgenceVue:
    rng = monde.rng(f"reseau/agence/{lieu.agence}")
    saisie = AgenceSaisie(
        nom=f"Agence de {lieu.agence}",
        code=cle_tri(lieu.agence).replace(" ", "-").upper(),
        adresse=lieu.adresse,
        code_postal=lieu.code_postal,
        ville=lieu.ville,
        lat=lieu.lat,
        lon=lieu.lon,
        telephone=monde.telephone(rng, mobile=False),
        email=f"agence.{cle_tri(lieu.agence).replace(' ', '-')}@{monde.tenant.domaine}",
    )
    return await create_agence(session, saisie, agence_id=monde.uuid(rng))


async def _open_centre(
    session: AsyncSession, monde: Monde, lieu: Emplacement, agence: AgenceVue, *, rang: int, equipe: int
) -> CentreVue:
    rng = monde.rng(f"reseau/centre/{rang}")
    centre_id = monde.uuid(rng)
    deux_roues = rng.random() < 0.5 or rang == 0
    note, nb_avis = draw_note(rng)
    sigle = "".join(mot[0] for mot in monde.tenant.slug.split("-")).upper()
    saisie = CentreSaisie.model_validate(
        {
            "agence_id": agence.id,
            "code_centre": f"{sigle}-{lieu.code_postal}-{rang + 1:02d}",
            "nom": f"{monde.tenant.nom} {lieu.quartier}",
            "adresse": lieu.adresse,
            "code_postal": lieu.code_postal,
            "ville": lieu.ville,
            "lat": lieu.lat,
            "lon": lieu.lon,
            "telephone": monde.telephone(rng, mobile=False),
            "email": f"{cle_tri(lieu.quartier).replace(' ', '-')}@{monde.tenant.domaine}",
            "capacite_journaliere": 10 * equipe,
            "types_controle": ["CTP", "CVP", "CV", "CTC", "CVC"],
            "horaires": draw_horaires(rng),
            "exceptions": draw_exceptions(rng, monde.today),
            "tarifs": draw_tarifs(rng, deux_roues=deux_roues),
            "equipements": draw_equipements(equipe, deux_roues=deux_roues),
            "note": note,
            "nb_avis": nb_avis,
        }
    )
    return await create_centre(session, saisie, centre_id=centre_id)


async def _give_scopes(session: AsyncSession, monde: Monde, centre: CentreVue) -> None:
    """The agency and centre administrators of the demonstration administer the first agence and its first centre."""
    perimetres: dict[str, dict[str, Any]] = {
        "agence": {"agence_ids": [centre.agence_id]},
        "centre": {"centre_ids": [centre.id]},
    }
    for adresse, perimetre in perimetres.items():
        user = await find_user(session, email=f"{adresse}@{monde.tenant.domaine}")
        if user is not None:
            await update_user(session, user_id=user.id, **perimetre)


async def _enrol_equipe(
    session: AsyncSession, monde: Monde, centre: CentreVue, voisins: list[CentreVue], nombre: int, *, first: bool
) -> None:
    horaires = describe_semaine(centre.horaires)
    rng = monde.rng(f"reseau/equipe/{centre.code_centre}")
    for rang in range(nombre):
        personne = monde.personne(rng)
        email = f"controleur@{monde.tenant.domaine}" if first and rang == 0 else _address(monde, centre, personne, rang)
        travail: list[dict[str, Any]] = [{"centre_id": centre.id, "horaires": draw_travail(rng, horaires)}]
        if voisins and rang == nombre - 1 and rng.random() < 0.3:
            voisin = rng.choice(voisins)
            travail = [
                {"centre_id": centre.id, "horaires": {j: p for j, p in horaires.items() if j != "jeudi"}},
                {"centre_id": voisin.id, "horaires": {"jeudi": horaires["jeudi"]}},
            ]
        saisie = ControleurSaisie.model_validate(
            {
                "email": email,
                "nom": personne.nom,
                "prenom": personne.prenom,
                "telephone": monde.telephone(rng),
                "matricule": f"{centre.code_centre}-{rang + 1}",
                "centre_id": centre.id,
                "centres": travail,
                "agrements": draw_agrements(rng, monde.today, rang),
            }
        )
        await create_controleur(session, saisie, inviter=False, controleur_id=monde.uuid(rng))


def _address(monde: Monde, centre: CentreVue, personne: Personne, rang: int) -> str:
    return f"{personne.identifiant}.{centre.code_centre.lower()}-{rang}@{monde.tenant.domaine}"
