"""The checks of the architecture notice what they are there for: each is shown a house that breaks it."""

import configparser
import subprocess
import sys
from pathlib import Path

import grimp

from tests.maison.contrat_portes import broken_doors

ROOT = Path(__file__).parents[2]
# The plumbing, the look and the assembly are no contexts: they have an order of their own.
SANS_ORDRE = {"socle", "ui", "app"}


def graph_of(tmp_path: Path, files: dict[str, str], name: str) -> grimp.ImportGraph:
    for path, text in files.items():
        target = tmp_path / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        for folder in target.parents:
            if folder == tmp_path:
                break
            (folder / "__init__.py").touch()
    sys.path.insert(0, str(tmp_path))
    try:
        return grimp.build_graph(name, cache_dir=None)
    finally:
        sys.path.remove(str(tmp_path))


def test_an_import_around_a_door_is_named(tmp_path: Path):
    graph = graph_of(
        tmp_path,
        {
            "rdv/actions.py": "import maison_a.reseau.tables\nimport maison_a.reseau.facade\n",
            "reseau/tables.py": "",
            "reseau/facade.py": "",
        },
        "maison_a",
    )
    assert broken_doors(graph, root="maison_a", open_contexts={"socle"}, assembly="app") == [
        ("maison_a.rdv.actions", "maison_a.reseau.tables")
    ]


def test_only_the_assembly_reads_manifests(tmp_path: Path):
    graph = graph_of(
        tmp_path,
        {
            "app/http.py": "import maison_b.rdv.module\n",
            "ui/pages.py": "import maison_b.rdv.module\n",
            "rdv/module.py": "",
        },
        "maison_b",
    )
    assert broken_doors(graph, root="maison_b", open_contexts=set(), assembly="app") == [
        ("maison_b.ui.pages", "maison_b.rdv.module")
    ]


def lint_with(tmp_path: Path, **files: str) -> subprocess.CompletedProcess[str]:
    """Run the project's own contracts on a copy of it with some files more: name (`__` for a folder) and text."""
    copy = tmp_path / "copie"
    copy.mkdir()
    for name in ("src", "tests"):
        subprocess.run(["cp", "-r", str(ROOT / name), str(copy / name)], check=True)
    subprocess.run(["cp", str(ROOT / ".importlinter"), str(ROOT / "pyproject.toml"), str(copy)], check=True)
    for name, text in files.items():
        (copy / "src/guichet" / f"{name.replace('__', '/')}.py").write_text(text)
    above = copy / "src/guichet/administration"
    above.mkdir(exist_ok=True)
    for name in ("__init__.py", "facade.py"):
        (above / name).touch()
    program = "import sys; sys.path[:0] = ['src', '.']; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run([sys.executable, "-c", program], cwd=copy, capture_output=True, text=True, check=False)


def test_an_upward_import_breaks_the_floors_and_the_message_says_what_to_do(tmp_path: Path):
    result = lint_with(tmp_path, socle__monte="import guichet.administration.facade\n")
    assert result.returncode == 1
    assert "guichet.socle.monte -> guichet.administration.facade" in result.stdout
    assert "publish a message" in result.stdout


def test_a_file_the_inner_order_does_not_know_is_refused_until_it_is_given_a_rank(tmp_path: Path):
    result = lint_with(tmp_path, annuaire__divers="")
    assert result.returncode == 1
    assert "guichet.annuaire.divers" in result.stdout
    assert "write its name in .importlinter" in " ".join(result.stdout.split())


def test_an_action_that_calls_its_facade_breaks_the_inner_order(tmp_path: Path):
    result = lint_with(tmp_path, annuaire__actions__a_l_envers="import guichet.annuaire.facade\n")
    assert result.returncode == 1
    assert "guichet.annuaire.actions.a_l_envers -> guichet.annuaire.facade" in result.stdout


def test_the_contracts_hold_on_the_house_as_it_is(tmp_path: Path):
    result = lint_with(tmp_path)
    assert result.returncode == 0, result.stdout[-3000:]


def ordered_contexts() -> set[str]:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    return set(contracts["importlinter:contract:dedans"]["containers"].split())


def test_the_inner_order_is_kept_in_every_context():
    contexts = {
        f"guichet.{folder.name}"
        for folder in (ROOT / "src/guichet").iterdir()
        if (folder / "__init__.py").exists() and folder.name not in SANS_ORDRE
    }
    assert ordered_contexts() == contexts, "name the context in .importlinter, contract 'Inside a context'"
