"""The page of a firm's texts, alike for clients and partners."""

from typing import Any

from nostro.compliance.models import AgreementText
from nostro.kit.problems import NotFound


def legal_page(texts: list[AgreementText], kind: str, here: str, home: str) -> dict[str, Any]:
    """What it shows: one text, or all of them to choose from."""
    text = next((one for one in texts if one.kind == kind), None)
    if kind and text is None:
        raise NotFound("This firm has not published such a text.")
    return {
        "title": text.title if text else "Legal documents",
        "text": text,
        "texts": texts,
        "legal_url": here,
        "back_url": here if text else home,
    }
