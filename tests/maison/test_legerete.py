"""The web process stays light: what only the solver, the models and the brokers need is loaded where they run."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Each costs tens of megabytes or tenths of a second in every web process. Typst is not among them: 8 ms, 9 MB.
LOURDS = frozenset(
    {
        "anthropic",
        "confluent_kafka",
        "joblib",
        "lingua",
        "matplotlib",
        "mcp",
        "numpy",
        "openai",
        "ortools",
        "pandas",
        "pydantic_ai",
        "redis",
        "scipy",
        "sklearn",
        "torch",
        "transformers",
    }
)
ASSEMBLE = "from guichet.app.http import create_app; create_app()"
REMEDE = (
    "The web process imports {modules}: it starts slower and holds more memory for every page. Import it inside the"
    " function that needs it, or do that work in a job or a process of its own (guichet work)."
)


def heavy_modules_of(program: str, *folders: Path) -> set[str]:
    """The heavy packages a fresh interpreter has loaded after `program`."""
    report = f"{program}\nimport sys; print('loaded', *sorted({{m.split('.')[0] for m in sys.modules}}))"
    path = os.pathsep.join(str(folder) for folder in (*folders, ROOT / "src"))
    result = subprocess.run(
        [sys.executable, "-c", report],
        env={**os.environ, "PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return set(LOURDS) & set(result.stdout.splitlines()[-1].split()[1:])


def test_the_assembled_web_application_loads_nothing_heavy():
    heavy = heavy_modules_of(ASSEMBLE)
    assert heavy == set(), REMEDE.format(modules=", ".join(sorted(heavy)))


def test_a_heavy_import_hidden_behind_another_module_is_seen(tmp_path: Path):
    (tmp_path / "ortools").mkdir()
    (tmp_path / "ortools" / "__init__.py").touch()
    (tmp_path / "entre_deux.py").write_text("import ortools\n")
    assert heavy_modules_of(f"import entre_deux\n{ASSEMBLE}", tmp_path) == {"ortools"}
