"""One embedded PostgreSQL for all tests, acts to call operations with, and a quiet house."""

import os
import tempfile
from pathlib import Path

import pytest

_home = Path(os.environ.setdefault("NOSTRO_HOME", str(Path(tempfile.gettempdir()) / "nostro-test")))
_home.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nostro.site.test_settings")
os.environ.setdefault(
    "NOSTRO_SHARED_DATA", str(Path(__file__).resolve().parent.parent / "shared" / "data")
)


@pytest.fixture
def act(db: None):  # type: ignore[no-untyped-def]
    """The system acting now."""
    from nostro.core.acts import Act

    return Act.system()
