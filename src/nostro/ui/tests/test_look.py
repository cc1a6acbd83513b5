"""The look holds together: every part renders, under a strict CSP, with symbols that exist."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from nostro.ui import gallery

UI = Path(__file__).resolve().parent.parent
STATIC = UI / "static" / "nostro"
TEMPLATES = sorted((UI / "templates").rglob("*.html"))
OURS = sorted([*STATIC.glob("*.css"), *(STATIC / "js").glob("*.js")])
SYMBOLS = set(re.findall(r'<symbol id="i-([a-z0-9-]+)"', (STATIC / "icons.svg").read_text()))


@pytest.fixture(scope="module")
def page() -> str:
    return render_to_string("ui/gallery.html", gallery.sample())


def test_the_gallery_shows_every_kind_of_part(page: str) -> None:
    for part in ("n-figures", "n-table", "n-clock is-late", "n-form", "n-tl", "n-checks", "n-code"):
        assert part in page


def test_nothing_in_a_page_is_inline(page: str) -> None:
    assert not re.search(r"\sstyle=", page)
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"\son[a-z]+=", page)
    assert "javascript:" not in page


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_carries_inline_style_or_script(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"\sstyle=|<style|\shx-on|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)
    assert "http://" not in text


def test_every_id_stands_once_and_every_reference_finds_it(page: str) -> None:
    ids = Counter(re.findall(r'\sid="([^"]+)"', page))
    wanted = re.findall(r'\s(?:popovertarget|for|aria-controls)="([^"]+)"', page)

    assert [name for name, times in ids.items() if times > 1] == []
    assert set(wanted) - set(ids) == set()


def test_every_button_has_a_name(page: str) -> None:
    for attributes, inside in re.findall(r"<button([^>]*)>(.*?)</button>", page, re.DOTALL):
        words = re.sub(r"<[^>]+>", "", inside).strip()
        assert words or "aria-label=" in attributes


def test_every_symbol_that_is_used_is_in_the_sprite(page: str) -> None:
    drawn = set(re.findall(r"icons\.svg#i-([a-z0-9-]+)", page))
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(
            r'(?:\{% icon |icon\|default:|icon=)"([a-z0-9-]+)"', path.read_text()
        )
    }

    assert (drawn | named) - SYMBOLS == set()


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_sheets_and_scripts_stay_small_and_fetch_nothing_from_elsewhere(path: Path) -> None:
    lines = path.read_text().splitlines()

    assert len(lines) <= 400
    assert max(map(len, lines)) <= 100
    assert not re.search(r"https?://|url\(.?data:|\beval\(|new Function", path.read_text())


def test_every_file_a_sheet_names_is_there() -> None:
    for sheet in STATIC.glob("*.css"):
        for name in re.findall(r'url\("([^"]+)"\)', sheet.read_text()):
            assert (STATIC / name).is_file()


def test_every_vendored_file_is_named_with_its_licence() -> None:
    licences = (STATIC / "vendor" / "LICENSES.txt").read_text()

    for path in (STATIC / "vendor").iterdir():
        name = re.sub(r"inter-.+-wght", "inter-*-wght", path.name)
        assert path.name == "LICENSES.txt" or name in licences


@pytest.mark.parametrize("shell", ["trader", "partner", "public"])
def test_a_portal_takes_its_colour_from_a_sheet_of_the_brand(shell: str) -> None:
    page = render_to_string(
        f"ui/{shell}.html",
        {
            "brand": {"name": "Meridian Markets"},
            "brand_css": "/brand/meridian.css",
            "nav": [{"title": "Home", "url": "/", "icon": "home", "current": True}],
            "losing_percent": 71,
        },
    )

    assert '<link rel="stylesheet" href="/brand/meridian.css">' in page
    assert "71% of retail investor accounts lose money when trading" in page
    assert "Meridian Markets" in page


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_error_page_needs_no_context(status: int) -> None:
    assert f'<p class="code">{status}</p>' in render_to_string(f"{status}.html")


def test_every_symbol_that_the_house_names_is_drawn() -> None:
    named = {
        (path.name, name)
        for path in UI.parent.rglob("*.py")
        for name in re.findall(r'icon="([a-z][a-z0-9-]*)"', path.read_text())
        if "tests" not in path.parts
    }

    assert len(named) > 100
    assert {one for one in named if one[1] not in SYMBOLS} == set()
