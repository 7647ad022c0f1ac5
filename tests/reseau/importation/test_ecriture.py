"""An import is stored whole, once, and keeps what the tenant decided."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner

from guichet.identite.facade import TenantVue, create_tenant, set_reglages
from guichet.reseau.actions.importation import Bilan, Lus, find_fichiers, store
from guichet.reseau.cli import cli
from guichet.reseau.facade import find_vitrine, list_agences, list_centres, search_vitrine
from guichet.reseau.metier.types import Carburant
from guichet.reseau.questions.correspondances import ImportCentres
from guichet.reseau.tables import Tarif
from guichet.socle.database import Database, Role, raw, set_database
from guichet.socle.errors import Conflict
from guichet.socle.ids import new_id
from guichet.socle.settings import Settings
from tests.identite.fabrique import fill_tenant
from tests.reseau.fabrique import fill_agence, fill_centre
from tests.reseau.importation.fichiers import CENTRES, TARIFS, centre, raisons, read, silence, tarif, write


async def run(session: AsyncSession, lus: Lus) -> Bilan:
    async with session.begin_nested():
        bilan = await store(session, lus, silence)
        # Temporary tables live until the commit; a second import comes in another transaction.
        await (await raw(session)).execute("drop table import_centre, import_tarif")
    return bilan


async def test_an_import_opens_agences_and_centres_that_are_seen_but_not_bookable(session, tenant, tmp_path, numeros):
    rennes, lyon = next(numeros), next(numeros)
    lus = read(
        tmp_path,
        [centre(rennes), centre(lyon, commune="Lyon 3e", cp="69003", dep="69", lat="", lon="")],
        [tarif(rennes, 1, 1, "79"), tarif(rennes, 1, 2, "0")],
    )
    bilan = await run(session, lus)
    assert bilan == Bilan(crees=2, modifies=0, inchanges=0, agences=2, tarifs=1, tarifs_changes=0)
    assert {a.code for a in await list_agences(session)} == {"DEP-35", "DEP-69"}
    vu = await find_vitrine(session, code=rennes)
    assert vu is not None
    assert not vu.reservable
    assert vu.prix_min == 7900
    assert vu.vehicules == ("VP",)
    autour = await search_vitrine(session, lat=48.11, lon=-1.67, rayon_km=5, tenant_id=tenant.id)
    assert [v.code_centre for v in autour] == [rennes]
    complete = await find_vitrine(session, code=lyon)
    assert complete is not None
    assert complete.code_postal == "69003"


async def test_a_second_import_changes_nothing(session, tenant, tmp_path, numeros):
    numero = next(numeros)
    lignes = [centre(numero)], [tarif(numero, 1, 1, "79")]
    await run(session, read(tmp_path, *lignes))
    assert await run(session, read(tmp_path, *lignes)) == Bilan(
        crees=0, modifies=0, inchanges=1, agences=0, tarifs=1, tarifs_changes=0
    )


async def test_what_changed_in_the_file_changes_the_centre_and_is_told(session, tenant, tmp_path, numeros):
    numero = next(numeros)
    await run(session, read(tmp_path, [centre(numero)], [tarif(numero, 1, 1, "79"), tarif(numero, 1, 2, "85")]))
    modifie = centre(numero, nom="AUTRE NOM", cp="97400", commune="Saint-Denis", dep="974", lat="", lon="")
    bilan = await run(session, read(tmp_path, [modifie], [tarif(numero, 1, 1, "82"), tarif(numero, 1, 3, "99")]))
    assert (bilan.crees, bilan.modifies, bilan.inchanges, bilan.tarifs_changes) == (0, 1, 0, 1)
    vu = await find_vitrine(session, code=numero)
    assert vu is not None
    assert (vu.nom, vu.fuseau) == ("AUTRE NOM", "Indian/Reunion")
    assert {(t.carburant, t.montant) for t in vu.tarifs} == {(Carburant.ESSENCE, 8200), (Carburant.GAZ, 9900)}
    requete = "select type from socle.messages where tenant_id = %s order by id"
    types = [ligne[0] for ligne in await (await (await raw(session)).execute(requete, (tenant.id,))).fetchall()]
    assert types[-3:] == ["centre.changed", "centre.horaires.changed", "centre.tarifs.changed"]
    assert "centre.created" in types


async def test_centres_alone_leave_the_prices_as_they_are(session, tenant, tmp_path, numeros):
    numero = next(numeros)
    await run(session, read(tmp_path, [centre(numero)], [tarif(numero, 1, 1, "79")]))
    await run(session, read(tmp_path, [centre(numero, nom="RENOMMÉ")]))
    vu = await find_vitrine(session, code=numero)
    assert vu is not None
    assert (vu.nom, vu.prix_min) == ("RENOMMÉ", 7900)


async def test_what_the_tenant_decided_is_kept(session, tenant, tmp_path, numeros):
    numero = next(numeros)
    await fill_centre(session, await fill_agence(session, nom="La nôtre"), code_centre=numero, capacite_journaliere=12)
    bilan = await run(session, read(tmp_path, [centre(numero)], [tarif(numero, 1, 1, "79")]))
    assert (bilan.crees, bilan.modifies, bilan.tarifs_changes) == (0, 1, 1)
    garde = next(c for c in await list_centres(session) if c.code_centre == numero)
    assert (garde.capacite_journaliere, garde.nom) == (12, "CONTROLE DU TEST")
    assert not garde.horaires.vide
    types = set(await session.scalars(select(Tarif.type_controle).where(Tarif.centre_id == garde.id)))
    assert types == {"CTP", "CTC"}


async def test_a_code_held_by_another_tenant_is_rejected(database: Database, tmp_path, numeros):
    notre, leur = next(numeros), next(numeros)
    async with database.transaction() as session:
        premier = await fill_tenant(session)
        await store(session, read(tmp_path, [centre(leur)]), silence)
    async with database.transaction() as session:
        second = await fill_tenant(session)
        lus = read(tmp_path, [centre(notre), centre(leur)], [tarif(leur, 1, 1, "79")])
        bilan = await store(session, lus, silence)
    assert premier.id != second.id
    assert (bilan.crees, bilan.agences, bilan.tarifs) == (1, 1, 0)
    assert raisons(lus) == [(3, "cct_siret", "code déjà tenu par un autre réseau")]


async def test_a_code_taken_between_reading_and_writing_is_rejected_too(
    session, tenant, tmp_path, numeros, monkeypatch
):
    # The other tenant's centre is not in the vitrine yet: only the unique constraint knows.
    from guichet.reseau.actions.importation import ecriture  # noqa: PLC0415

    numero = next(numeros)
    lus = read(tmp_path, [centre(numero)])
    monkeypatch.setattr(ecriture, "_CREER", ecriture._CREER.replace("where not exists", "where false and not exists"))
    bilan = await run(session, lus)
    assert bilan.crees == 0
    assert raisons(lus) == [(2, "cct_siret", "code déjà tenu par un autre réseau")]


async def test_a_plan_without_room_for_the_agences_stops_the_import(session, tmp_path, numeros):
    await create_tenant(
        session, nom="Petit", slug=f"p-{new_id().hex[-20:]}", tenant_id=session.info["tenant_id"], max_agences=1
    )
    lignes = [centre(next(numeros)), centre(next(numeros), commune="Lyon", cp="69001", dep="69", lat="", lon="")]
    with pytest.raises(Conflict) as erreur:
        await store(session, read(tmp_path, lignes), silence)
    assert erreur.value.code == "LIMITE_AGENCES"


async def test_a_department_unknown_to_the_places_still_gets_its_agence(session, tenant, tmp_path, numeros):
    from guichet.reseau.actions.importation.ecriture import _main_town  # noqa: PLC0415

    assert _main_town("ZZ") is None
    assert _main_town("989") is None
    ville = _main_town("35")
    assert ville is not None
    assert ville.nom == "Rennes"


async def test_the_labels_of_the_settings_are_those_of_the_tenant(session, tenant):
    reglages = ImportCentres(categories=[], energies=[])
    await set_reglages(session, reglages)
    assert reglages.build_correspondances().category("Camionnette", "") == ("Camionnette", None)


@pytest.fixture
def own_database(database_urls: dict[Role, str], settings: Settings, database: Database) -> Iterator[None]:
    """A door of its own for a command that runs its own loop and closes it."""
    set_database(Database(database_urls, settings))
    yield
    set_database(database)


async def test_the_command_prints_what_it_did(database: Database, tmp_path, numeros, monkeypatch):
    from guichet.reseau import cli as commande  # noqa: PLC0415

    async with database.transaction() as session:
        reseau: TenantVue = await fill_tenant(session)
    numero = next(numeros)
    write(tmp_path, "centres.csv", CENTRES, centre(numero), centre("123"))
    write(tmp_path, "tarifs.csv", TARIFS, tarif(numero, 1, 1, "79"), tarif(numero, 9, 1, "79"))
    lus, bilan = await commande.load(reseau, find_fichiers([tmp_path]), silence)
    texte = "\n".join(commande.describe(lus, bilan, 0.5, tmp_path / "rejets.csv"))
    for morceau in ("4 lignes", "1 créés", "1 agences", "1 prix", "catégorie « 9 »", "1 × un SIRET", "DGCCRF"):
        assert morceau in texte.replace("\u202f", " ")


def test_the_command_line_says_what_stops_it(own_database, tmp_path):
    sortie = CliRunner().invoke(cli, ["--tenant", "absent", str(tmp_path)])
    assert sortie.exit_code == 1
    assert "Aucun fichier CSV" in sortie.output
    fichier = write(tmp_path, "centres.csv", CENTRES)
    sortie = CliRunner().invoke(cli, ["--tenant", "reseau-absent", str(fichier)])
    assert sortie.exit_code == 1
    assert "reseau-absent" in sortie.output


def test_the_whole_command_imports_reports_and_can_be_run_again(
    own_database, database_urls, settings, tmp_path, numeros
):
    async def make() -> str:
        ouverte = Database(database_urls, settings)
        async with ouverte.transaction() as session:
            reseau = await fill_tenant(session)
        await ouverte.close()
        return reseau.slug

    slug = asyncio.run(make())
    fichier = write(tmp_path, "centres.csv", CENTRES, centre(next(numeros)), centre("123"))
    commande = ["--tenant", slug, "--rapport", str(tmp_path / "rejets.csv"), str(fichier)]
    sortie = CliRunner().invoke(cli, commande)
    assert sortie.exit_code == 0, sortie.output
    assert "1 créés" in sortie.output
    assert "un SIRET a 14 chiffres" in (tmp_path / "rejets.csv").read_text(encoding="utf-8-sig")
    set_database(Database(database_urls, settings))
    fichier.write_text("\n".join(fichier.read_text().splitlines()[:2]))
    sortie = CliRunner().invoke(cli, commande)
    assert "1 inchangés" in sortie.output
    assert "Laissé de côté" not in sortie.output
