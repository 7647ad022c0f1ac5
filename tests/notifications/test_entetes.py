"""Headers arrive as they were written, in every mail program: accents, narrow spaces, long subjects."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guichet.notifications.courriel import POSTE

OBJET = "Rendez-vous confirmé\u202f: samedi 28\u00a0novembre à 8\u202fh\u202f00, Contrôle Auto France Lyon Gerland"
MOTS = st.lists(st.text(st.sampled_from("aeéèçœÉ'’-:—,\u00a0\u202f"), min_size=1, max_size=14), min_size=1, max_size=12)


def travel(objet: str, nom: str = "Guichet") -> bytes:
    mail = EmailMessage(policy=POSTE)
    mail["From"] = Address(nom, addr_spec="bonjour@guichet.example")
    mail["Subject"] = objet
    mail.set_content("Bonjour")
    return mail.as_bytes()


@given(MOTS)
@example([OBJET])
def test_a_subject_is_read_as_it_was_written(mots: list[str]):
    objet = " ".join(mots)
    seen = message_from_bytes(travel(objet))
    assert str(make_header(decode_header(seen["Subject"].replace("\r\n", "")))) == objet
    assert message_from_bytes(travel(objet), policy=default)["Subject"] == objet


def test_a_header_travels_in_short_lines_of_plain_letters():
    lines = travel(OBJET, "Réseau de contrôle technique automobile de l’agglomération lyonnaise").split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert b"".join(lines).isascii()


@pytest.mark.parametrize("nom", ["Guichet", "Contrôle Auto", "Réseau, de l’« Ain »"])
def test_the_name_of_the_sender_is_read_as_it_was_written(nom: str):
    (sender,) = message_from_bytes(travel("Bonjour", nom), policy=default)["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (nom, "bonjour@guichet.example")
