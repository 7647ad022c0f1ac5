"""What the tree says about itself: sizes, words, secrets, paths."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = 400


def tracked(*patterns: str) -> list[Path]:
    """The files of the project, as git (or, in an export, the folder) knows them."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in listing.splitlines() if (ROOT / name).is_file()]


def test_no_source_file_is_longer_than_it_can_be_read():
    long = {
        str(p.relative_to(ROOT)): n
        for p in tracked("src/*.py", "tests/*.py", "bench/*.py")
        if (n := len(p.read_text().splitlines())) > LINES
    }
    assert long == {}, f"past {LINES} lines a file becomes a folder of the same name: {long}"


def test_no_unfinished_mark_is_left_in_the_product():
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [
        str(p.relative_to(ROOT))
        for p in tracked("src/*")
        if p.suffix in {".py", ".html", ".ts", ".css"} and marks.search(p.read_text())
    ]
    assert found == [], "finish it, or say it in the documents"


def test_lock_files_hold_versions_and_hashes_but_no_download_address():
    locks = tracked("requirements/*.txt", "package-lock.json")
    assert locks
    found = [
        str(p.relative_to(ROOT))
        for p in locks
        if re.search(r'"resolved"|--index-url|--find-links|@ https?://', p.read_text())
    ]
    assert found == [], "npm: omit-lockfile-registry-resolved=true; uv: --no-emit-index-url"


def test_every_locked_python_package_has_its_hashes():
    for lock in tracked("requirements/*.txt"):
        blocks = re.split(r"\n(?=\S)", lock.read_text().strip())
        bare = [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block]
        assert bare == [], f"{lock.name}: lock with --generate-hashes"


def test_no_secret_and_no_path_of_a_machine_is_in_the_project():
    shapes = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}|/wor[k]/|/home/[a-z]+/")
    found = []
    for path in tracked():
        if path.suffix in {".woff2", ".png", ".ico", ".gz", ".ttf", ".pdf", ".jpg"} or path == Path(__file__):
            continue
        if shapes.search(path.read_text(errors="ignore")):
            found.append(str(path.relative_to(ROOT)))
    assert found == []
