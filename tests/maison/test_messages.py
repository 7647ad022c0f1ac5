"""Messages outlive the code that wrote them: their shape changes only on purpose.

After a change meant: `GUICHET_FIGER=1 ./run test tests/maison/test_messages.py`, and read the difference.
"""

import json
import os
from pathlib import Path

from guichet.app.modules import MODULES
from guichet.socle.messages import message_types, schema

SNAPSHOTS = Path(__file__).parent / "messages"
TOPICS = {
    "rdv.events",
    "planning.events",
    "payment.events",
    "notification.events",
    "courrier.events",
    "identite.events",
    "reseau.events",
    "annuaire.events",
}


def shapes() -> dict[str, str]:
    assert MODULES
    types = {nom: cls for nom, cls in message_types().items() if cls.__module__.startswith("guichet.")}
    return {
        nom: json.dumps(schema(cls), indent=1, ensure_ascii=False, sort_keys=True) + "\n" for nom, cls in types.items()
    }


def test_every_message_has_the_shape_that_was_agreed():
    if os.environ.get("GUICHET_FIGER"):
        SNAPSHOTS.mkdir(exist_ok=True)
        for old in SNAPSHOTS.glob("*.json"):
            old.unlink()
        for nom, text in shapes().items():
            (SNAPSHOTS / f"{nom}.json").write_text(text)
    stored = {p.stem: p.read_text() for p in SNAPSHOTS.glob("*.json")}
    assert stored == shapes(), (
        "a field with a default needs no new version; anything else does (socle.messages.message)"
    )


def test_every_message_goes_to_a_known_topic():
    assert {cls.topic for nom, cls in message_types().items() if cls.__module__.startswith("guichet.")} <= TOPICS


def test_no_message_carries_personal_data():
    personal = {"email", "telephone", "nom", "prenom", "adresse", "immatriculation", "ip"}
    found = {
        nom: sorted(fields)
        for nom, text in shapes().items()
        if (fields := personal & set(json.loads(text)["champs"].get("properties", {})))
    }
    assert found == {}, "messages carry identifiers; whoever needs more reads it"
