"""The document's examples are run as they are written, against a live server."""

import asyncio
import os
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from guichet.identite.facade import PLATEFORME, Role, create_user, find_tenant
from guichet.reseau.facade import find_vitrine, get_duree, list_centres, list_controleurs, opening_ranges
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from guichet.socle.registre import get_registre, set_registre

DOCUMENT = Path(__file__).parents[2] / "docs" / "api-exemples.md"
VIE = "# The life of an appointment"
BLOCS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MOT_DE_PASSE = "cheval bleu agrafe neuf"


@pytest.fixture
async def adresse(app: FastAPI) -> AsyncIterator[str]:
    """The whole house, listening."""
    before = set_registre(app.state.registre)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        door.listen()
        running = asyncio.create_task(server.serve(sockets=[door]))
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        server.should_exit = True
        await running
    set_registre(before)


def commands(tmp_path: Path) -> str:
    """A PATH with `curl` and `python3`: where there is no curl, a small one of ours takes its place."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(sys.executable)
    if shutil.which("curl") is None:
        stand_in = folder / "curl"
        stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).parent / "curl.py"}" "$@"\n')
        stand_in.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


async def run(script: str, **environment: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        "sh", "-eu", "-c", script,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _nothing = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_an_outside_program_builds_a_whole_network(database: Database, adresse: str, tmp_path: Path):
    assert get_registre().reglages
    courriel, slug, code = f"{new_id().hex}@exemple.fr", f"t-{new_id().hex[-20:]}", f"E{new_id().hex[-10:]}".upper()
    async with database.transaction(PLATEFORME) as session:
        await create_user(session, email=courriel, nom="Super", role=Role.SUPER_ADMIN, mot_de_passe=MOT_DE_PASSE)
    blocs = BLOCS.findall(DOCUMENT.read_text().partition(VIE)[0])
    assert len(blocs) >= 10
    status, output = await run(
        "\n".join(blocs),
        PATH=commands(tmp_path), GUICHET=adresse, SUPER_ADMIN=courriel, MOT_DE_PASSE=MOT_DE_PASSE, SLUG=slug,
        CODE_CENTRE=code,
    )  # fmt: skip
    assert status == 0, output

    async with database.transaction() as session:
        tenant = await find_tenant(session, slug=slug)
        assert tenant is not None
        shown = await find_vitrine(session, code=code)
        assert shown is not None
        assert shown.reservable
    async with database.transaction(tenant.id) as session:
        (centre,) = await list_centres(session)
        (controleur,) = await list_controleurs(session)
        assert [t.code for t in controleur.agrements] == ["L", "VL"]
        assert len(centre.exceptions) == 3
        ferie = centre.exceptions[1].exception.du.replace(month=5, day=8)
        assert [o.jour for o in await opening_ranges(session, du=ferie, au=ferie, centre_id=centre.id)] == []
        assert centre.opening(ferie).plages
        wanted: dict[str, Any] = {"centre_id": centre.id, "type_controle": "CTP"}
        assert await get_duree(session, vehicule_type="VU", carburant="Diesel", **wanted) == 50
        assert await get_duree(session, vehicule_type="VP", carburant="Gaz", **wanted) == 60


async def test_a_failed_example_is_noticed(adresse: str, tmp_path: Path):
    script = f'curl -sS --fail-with-body "{adresse}/api/v1/agences"\necho survived'
    status, output = await run(script, PATH=commands(tmp_path))
    assert status != 0
    assert '"code": "NON_CONNECTE"' in output
    assert "survived" not in output


@pytest.mark.parametrize("programme", ["curl.py"])
async def test_the_stand_in_for_curl_does_what_the_examples_need(adresse: str, programme: str):
    program = f'"{sys.executable}" "{Path(__file__).parent / programme}"'
    login = f"{adresse}/api/v1/auth/login"
    script = f"""{program} -sS --fail-with-body "{adresse}/api/v1/centres/search?lieu=Lyon&limite=1"
    {program} -sS --fail-with-body -X POST {login} -H 'Content-Type: application/json' -d '{{}}' || echo "status $?" """
    status, output = await run(script, PATH=os.environ["PATH"])
    assert (status, output.strip().splitlines()[-1]) == (0, "status 22")
    assert '"elements"' in output
    assert "CHAMPS_INVALIDES" in output
