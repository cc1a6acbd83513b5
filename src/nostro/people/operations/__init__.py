"""Everything anyone can do with people and the firm."""

from nostro.people.operations.clients import (
    activate_client,
    add_note,
    assign_owner,
    change_details,
    close_client,
    correct_note,
    link_partner,
    move_to_review,
    refuse_client,
    restrict_client,
    set_external_number,
    set_level,
    set_risk,
    tag_client,
    untag_client,
)
from nostro.people.operations.firm import (
    add_brand,
    add_desk,
    add_entity,
    add_staff,
    change_brand,
    change_entity,
    change_staff,
    end_staff,
    set_role,
)
from nostro.people.operations.importing import (
    check_import,
    check_import_again,
    drop_import,
    import_clients,
    read_import,
    start_import,
)
from nostro.people.operations.own_access import note_factor, note_password
from nostro.people.operations.registration import (
    confirm_email,
    register_client,
    send_email_code,
)

__all__ = [
    "activate_client", "add_brand", "add_desk", "add_entity", "add_note", "add_staff",
    "assign_owner", "change_brand", "change_details", "change_entity", "change_staff",
    "check_import", "check_import_again", "close_client", "confirm_email", "correct_note",
    "drop_import", "end_staff", "import_clients", "link_partner", "move_to_review", "note_factor",
    "note_password", "read_import", "refuse_client", "register_client", "restrict_client",
    "send_email_code", "set_external_number", "set_level", "set_risk", "set_role", "start_import",
    "tag_client", "untag_client",
]  # fmt: skip
