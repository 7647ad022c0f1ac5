"""`./run test --complet` is wider than the gate where the gate samples."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.maison import test_aleas
from tests.parcours import axe
from tests.rdv import test_course

ROOT = Path(__file__).parents[2]
# (what the gate looks at, what the complete run looks at)
ETENDUES = {
    "variants of axe": (lambda: len(axe.VARIANTES), 2, 4),
    "pages in those variants": (lambda: len(axe.alternate(["/a", "/b"])), 2, 8),
    "rounds of the race": (lambda: test_course.TOURS, 20, 200),
    "fuzz examples": (lambda: test_aleas.EXAMPLES, 20, 300),
}
COMPLET = bool(os.environ.get("GUICHET_TESTS_COMPLETS"))


@pytest.mark.parametrize("nom", ETENDUES)
def test_each_sample_is_as_wide_as_this_run_says(nom: str):
    read, porte, complet = ETENDUES[nom]
    assert read() == (complet if COMPLET else porte)


@pytest.mark.parametrize(("asked", "variants"), [("", 2), ("1", 4)])
def test_the_option_of_the_gate_is_what_widens_them(asked: str, variants: int):
    program = "from tests.parcours.axe import VARIANTES; print(len(VARIANTES))"
    environment = {**os.environ, "GUICHET_TESTS_COMPLETS": asked}
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert int(result.stdout) == variants
