"""Where the tests find public specimens and lists, which are never part of the project."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
SHARED = Path(os.environ.get("NOSTRO_SHARED_DATA", ROOT.parent / "shared" / "data"))

needs_shared_data = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the shared test data are not here (NOSTRO_SHARED_DATA)"
)
DEMO_LIST = ROOT / "src" / "nostro" / "site" / "demo" / "sanctions.xml"
