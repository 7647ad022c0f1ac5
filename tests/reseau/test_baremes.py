"""Durations and prices of a centre, and what a tenant requires."""

import pytest
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import set_reglages
from guichet.reseau.facade import Durees, Exigence, Habilitations, get_duree, get_exigences, get_tarif
from guichet.socle.ids import new_id
from tests.reseau.fabrique import fill_centre

pytestmark = pytest.mark.usefixtures("tenant")


async def test_the_centres_duration_then_the_tenants_then_the_default(session: AsyncSession):
    centre = await fill_centre(
        session, durees=[{"vehicule_type": "VP", "carburant": "Gaz", "type_controle": "CTP", "minutes": 75}]
    )

    async def minutes(carburant: str, type_controle: str = "CTP") -> int:
        return await get_duree(
            session, centre_id=centre.id, vehicule_type="VP", carburant=carburant, type_controle=type_controle
        )

    assert [await minutes("Gaz"), await minutes("Diesel"), await minutes("Diesel", "CVP")] == [75, 45, 15]
    await set_reglages(
        session, Durees.model_validate({"matrice": [{"vehicule_type": "VP", "type_controle": "CTP", "minutes": 50}]})
    )
    assert [await minutes("Gaz"), await minutes("Diesel"), await minutes("Diesel", "CVP")] == [75, 50, 15]


async def test_the_price_is_the_centres(session: AsyncSession):
    centre = await fill_centre(session)

    async def prix(vehicule_type: str, carburant: str, type_controle: str) -> int | None:
        return await get_tarif(
            session, centre_id=centre.id, vehicule_type=vehicule_type, carburant=carburant, type_controle=type_controle
        )

    assert await prix("VP", "Essence", "CTP") == 7900
    assert await prix("VP", "Gaz", "CTP") == 9900
    assert await prix("VP", "Gaz", "CVP") == 2500
    assert await prix("VU", "Diesel", "CTC") == 4500
    assert await prix("Moto", "Essence", "CTP") is None
    assert (
        await get_tarif(session, centre_id=new_id(), vehicule_type="VP", carburant="Essence", type_controle="CTP")
        is None
    )


async def test_habilitations_required_are_none_until_a_tenant_says_so(session: AsyncSession):
    assert await get_exigences(session) == ()
    await set_reglages(
        session, Habilitations.model_validate({"exigences": [{"code": "ve", "carburant": "Electrique"}]})
    )
    (exigence,) = await get_exigences(session)
    assert exigence == Exigence(code="VE", carburant=exigence.carburant)


@pytest.mark.parametrize(
    "matrice",
    [
        [{"vehicule_type": "VP", "type_controle": "CTP", "minutes": 30}] * 2,
        [{"vehicule_type": "VP", "type_controle": "CTC", "minutes": 30}],
        [{"vehicule_type": "VP", "type_controle": "CTP", "minutes": 0}],
    ],
)
def test_a_matrix_that_makes_no_sense_is_refused(matrice: list[dict[str, object]]):
    with pytest.raises(ValidationError):
        Durees.model_validate({"matrice": matrice})


def test_a_habilitation_needs_a_code():
    with pytest.raises(ValidationError, match="habilitation"):
        Habilitations.model_validate({"exigences": [{"code": "é"}]})
