"""A document's bytes as a browser gets them: for one look, and so that nothing in them may run."""

from django.http import HttpResponse

from nostro.compliance.models import Document
from nostro.core.files import read

SANDBOX = "sandbox; default-src 'none'; img-src 'self'; style-src 'none'; frame-ancestors 'none'"


def file_answer(document: Document) -> HttpResponse:
    """The bytes, for this one look: nobody keeps them, and nothing in them may run."""
    answer = HttpResponse(read(document.file), content_type=document.file.content_type)
    is_picture = document.file.content_type.startswith("image/")
    kind = "inline" if is_picture else "attachment"
    answer["Content-Disposition"] = f'{kind}; filename="{document.file.name}"'
    answer["Cache-Control"] = "no-store, private"
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
