"""Everything anyone can do in compliance."""

from nostro.compliance.operations.applications import (
    accept_agreement,
    dispute_reading,
    keep_answers,
    register,
    save_answers,
    send_code,
    start_application,
    submit_application,
)
from nostro.compliance.operations.deciding import (
    approve_application,
    ask_for_more,
    record_checks,
    refuse_application,
)
from nostro.compliance.operations.documents import document_read, upload_document, view_document
from nostro.compliance.operations.expiry import remind_of_expiry, restrict_expired
from nostro.compliance.operations.flows import publish_agreement, publish_flow
from nostro.compliance.operations.screening import (
    clear_hit,
    confirm_hit,
    load_list,
    screened,
    upload_list,
)

__all__ = [
    "accept_agreement",
    "approve_application",
    "ask_for_more",
    "clear_hit",
    "confirm_hit",
    "dispute_reading",
    "document_read",
    "keep_answers",
    "load_list",
    "publish_agreement",
    "publish_flow",
    "record_checks",
    "refuse_application",
    "register",
    "remind_of_expiry",
    "restrict_expired",
    "save_answers",
    "screened",
    "send_code",
    "start_application",
    "submit_application",
    "upload_document",
    "upload_list",
    "view_document",
]  # fmt: skip
