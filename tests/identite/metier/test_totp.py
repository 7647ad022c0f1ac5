"""The second factor."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from guichet.identite.metier import totp

NOW = datetime(2026, 11, 20, 13, 0, 10, tzinfo=UTC)
SECRET = totp.new_secret()


def code(instant: datetime) -> str:
    return pyotp.TOTP(SECRET).at(instant)


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_code_is_right_within_one_step(seconds: int):
    assert totp.verify(SECRET, code(NOW + timedelta(seconds=seconds)), NOW, None) is not None


@pytest.mark.parametrize("seconds", [-90, 90, 3600])
def test_a_code_of_another_time_is_wrong(seconds: int):
    assert totp.verify(SECRET, code(NOW + timedelta(seconds=seconds)), NOW, None) is None


def test_a_code_works_once():
    step = totp.verify(SECRET, code(NOW), NOW, None)
    assert step is not None
    assert totp.verify(SECRET, code(NOW), NOW, step) is None
    assert totp.verify(SECRET, code(NOW - timedelta(seconds=30)), NOW, step) is None
    later = NOW + timedelta(seconds=30)
    assert totp.verify(SECRET, code(later), later, step) == step + 1


def test_spaces_do_not_matter_and_words_are_wrong():
    text = code(NOW)
    assert totp.verify(SECRET, f" {text[:3]} {text[3:]} ", NOW, None) is not None
    assert totp.verify(SECRET, "", NOW, None) is None
    assert totp.verify(SECRET, "éééééé", NOW, None) is None


def test_the_address_names_the_account_and_the_house():
    assert totp.uri(SECRET, compte="c@example.org", emetteur="CT Express") == (
        f"otpauth://totp/CT%20Express:c%40example.org?secret={SECRET}&issuer=CT%20Express"
    )


def test_recovery_codes_are_ten_different_and_read_as_typed():
    codes = totp.new_codes()
    assert len(set(codes)) == 10
    assert all(totp.normalise_code(f" {c.lower().replace('-', ' ')} ") == c.replace("-", "") for c in codes)
    assert not set("".join(codes)) & set("01ILO")
