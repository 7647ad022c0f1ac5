"""The gate (`./run test`) tells the truth about what it ran: shown on a machine and a project made of stand-ins."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PASSE = "exit 0"
# What pytest would collect for a browser.
LISTE = 'case "$*" in *--collect-only*) echo "tests/parcours/test_a.py::test_b";; esac'


def make_program(folder: Path, name: str, script: str = PASSE) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "{name} $*" >> "{folder.parent}/journal"\n{script}\n')
    program.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine where every check passes, Chromium is installed and the caller is an ordinary user."""
    for name in ("ruff", "mypy", "lint-imports", "coverage"):
        make_program(tmp_path / "bin", name)
    make_program(tmp_path / "bin", "pytest", LISTE)
    make_program(tmp_path / "path", "id", "echo 1000")
    make_program(tmp_path / "path", "dpkg-query", "echo 'install ok installed'")
    make_program(tmp_path / "path", "apt-get", PASSE)
    return tmp_path


def run_gate(machine: Path, *options: str) -> subprocess.CompletedProcess[str]:
    script = f"""
        set -eu
        . {ROOT}/scripts/preparer.sh; . {ROOT}/scripts/verifier.sh
        preparer_tests() {{ :; }}; preparer_produit() {{ :; }}
        tester "$@"
    """
    return subprocess.run(
        ["sh", "-c", script, "sh", *options],
        cwd=machine,
        env={**os.environ, "VENV": str(machine), "PATH": f"{machine}/path:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def calls(machine: Path, name: str) -> list[str]:
    return [line for line in (machine / "journal").read_text().splitlines() if line.startswith(f"{name} ")]


def test_when_everything_passes_so_does_the_gate(machine: Path):
    result = run_gate(machine)
    assert result.returncode == 0, result.stderr
    parts = [c.split(" -m ")[1] for c in calls(machine, "pytest")]
    assert parts == ["not navigateur and not histoires", "histoires -s", "navigateur"]


def test_an_ordinary_user_without_the_browser_is_told_the_command_and_what_did_not_run(machine: Path):
    make_program(machine / "path", "dpkg-query", "exit 1")
    result = run_gate(machine)
    assert result.returncode == 3
    assert "As root, run: apt-get install -y --no-install-recommends chromium" in result.stdout
    assert "tests/parcours/test_a.py::test_b" in result.stdout
    assert calls(machine, "apt-get") == []
    assert any("not navigateur" in c for c in calls(machine, "pytest"))


def test_what_did_not_run_is_really_listed_one_journey_a_line():
    script = f". {ROOT}/scripts/preparer.sh; . {ROOT}/scripts/verifier.sh; lister_parcours tests/parcours/test_ilots.py"
    environment = {**os.environ, "VENV": sys.prefix}
    result = subprocess.run(
        ["sh", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (
        "    tests/parcours/test_ilots.py::test_a_dialog_gives_the_focus_back[chromium]" in result.stdout.splitlines()
    )


def test_a_failure_is_not_hidden_by_a_missing_browser(machine: Path):
    make_program(machine / "path", "dpkg-query", "exit 1")
    make_program(machine / "bin", "pytest", f'{LISTE}; case "$*" in *"not navigateur"*) exit 1;; esac')
    assert run_gate(machine).returncode == 1


def test_root_installs_the_browser_and_runs_the_journeys(machine: Path):
    make_program(machine / "path", "dpkg-query", "exit 1")
    make_program(machine / "path", "id", "echo 0")
    assert run_gate(machine).returncode == 0
    assert any("chromium" in c for c in calls(machine, "apt-get"))
    assert calls(machine, "pytest")[-1].endswith("-m navigateur")


@pytest.mark.parametrize("broken", ["ruff", "mypy", "lint-imports", "pytest"])
def test_one_failing_check_fails_the_gate_and_the_others_still_run(machine: Path, broken: str):
    make_program(machine / "bin", broken, "exit 1")
    assert run_gate(machine).returncode == 1
    assert all(calls(machine, name) for name in ("ruff", "mypy", "lint-imports", "pytest"))


def test_coverage_is_asked_of_the_complete_run_only(machine: Path):
    make_program(machine / "bin", "coverage", "exit 2")
    assert run_gate(machine).returncode == 0
    assert run_gate(machine, "--complet").returncode == 1


def coverage_gate(folder: Path, executed: str) -> subprocess.CompletedProcess[str]:
    """The gate's own judgement on a context whose rule was executed so."""
    metier = folder / "src/guichet/essais/metier.py"
    metier.parent.mkdir(parents=True)
    for package in metier.parents[:2]:
        (package / "__init__.py").touch()
    metier.write_text("def sign(n):\n    if n < 0:\n        return -1\n    return 1\n")
    (folder / "src/guichet/essais/pages.py").write_text("def page(n):\n    if n:\n        return n\n    return 0\n")
    (folder / "probe.py").write_text(
        "import sys\nsys.path.insert(0, 'src')\nimport guichet.essais.pages\n"
        f"from guichet.essais.metier import sign\n{executed}\n"
    )
    coverage = str(Path(sys.prefix) / "bin/coverage")
    environment = {**os.environ, "VENV": sys.prefix, "COVERAGE_FILE": ".coverage"}
    subprocess.run([coverage, "run", "--branch", "--source=src", "probe.py"], cwd=folder, env=environment, check=True)
    script = f". {ROOT}/scripts/preparer.sh; . {ROOT}/scripts/verifier.sh; verifier_couverture"
    return subprocess.run(
        ["sh", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_a_rule_with_a_branch_nobody_tries_is_named(tmp_path: Path):
    result = coverage_gate(tmp_path, "sign(1)")
    assert result.returncode != 0
    assert "metier.py" in result.stdout
    assert "to mend" in result.stdout


def test_pages_may_be_covered_less_than_rules(tmp_path: Path):
    result = coverage_gate(tmp_path, "sign(1), sign(-1)")
    assert result.returncode == 0, result.stdout
