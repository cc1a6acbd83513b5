"""What anyone can ask in compliance."""

from nostro.compliance.queries.answers import (
    applies,
    fields_of,
    is_complete,
    read_answers,
    score_of,
    step_of,
)
from nostro.compliance.queries.checking import all_checks, form_of, paper_checks
from nostro.compliance.queries.files import file_answer
from nostro.compliance.queries.papers import (
    current_texts,
    left_to_do,
    legal_texts,
    papers_left,
    papers_of,
    texts_left,
    zone_of,
)
from nostro.compliance.queries.rows import (
    agreement_texts,
    applications,
    documents,
    duplicates,
    flows,
    hits,
    list_versions,
    numbers,
    results,
    sign_in_of,
)
from nostro.compliance.queries.screening import (
    index_in_force,
    index_of_delta,
    lists_in_force,
    query_for,
    record_of,
    unknown_hits,
)

__all__ = [
    "agreement_texts",
    "all_checks",
    "applications",
    "applies",
    "current_texts",
    "documents",
    "duplicates",
    "fields_of",
    "file_answer",
    "flows",
    "form_of",
    "hits",
    "index_in_force",
    "index_of_delta",
    "is_complete",
    "left_to_do",
    "legal_texts",
    "list_versions",
    "lists_in_force",
    "numbers",
    "paper_checks",
    "papers_left",
    "papers_of",
    "query_for",
    "read_answers",
    "record_of",
    "results",
    "score_of",
    "sign_in_of",
    "step_of",
    "texts_left",
    "unknown_hits",
    "zone_of",
]  # fmt: skip
