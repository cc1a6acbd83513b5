"""Scripts, styles and pictures as an ASGI server wants them: WhiteNoise answers with a file that is
read piece by piece in step, and Django warns at every one of them that it has to read it apart.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from whitenoise.middleware import WhiteNoiseMiddleware


async def _whole(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    yield await sync_to_async(b"".join)(pieces)


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # it has no types
    """WhiteNoise, whose files are read in one go beside the loop."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> Any:
        answer = WhiteNoiseMiddleware.serve(static_file, request)
        if isinstance(request, ASGIRequest):
            answer.streaming_content = _whole(answer.streaming_content)
        return answer
