"""Scripts, styles and pictures, as the server asks for them."""

import asyncio
import warnings
from typing import Any

from django.test import AsyncClient


async def _sent(url: str) -> tuple[Any, bytes]:
    answer: Any = await AsyncClient().get(url)
    return answer, b"".join([piece async for piece in answer])


def test_a_file_of_the_house_is_sent_as_its_server_wants_it() -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="StreamingHttpResponse")
        answer, sent = asyncio.run(_sent("/static/nostro/mark.svg"))

    assert answer.status_code == 200
    assert sent.startswith(b"<svg")
    assert len(sent) == int(answer["Content-Length"])
