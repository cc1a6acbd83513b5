"""How clients of another system are brought over: portion by portion, each a job of its own."""

import logging

from nostro.core.acts import Act
from nostro.core.jobs import on
from nostro.core.models import Record
from nostro.kit.csv_files import BadFile
from nostro.kit.words import REASON
from nostro.people import operations
from nostro.people.events import ClientsImported, ImportRead, ImportStarted
from nostro.people.models import ClientImport
from nostro.people.operations.agreed import BegunAgain

log = logging.getLogger("nostro.people")
PORTION = 2500
"""Clients of a portion. For each the whole file is read again: fewer, larger ones are less work."""


def _import(act: Act) -> ClientImport:
    record = Record.objects.filter(pk=act.cause or 0).values("subject_id")
    return ClientImport.objects.select_related("stored").get(pk__in=record)


def _own(act: Act) -> Act:
    """Without a key: a portion that was written is not chosen again."""
    return Act.system(cause=act.cause, door=act.door)


@on(ImportRead)
def check_import(act: Act, event: ImportRead, key: str) -> None:
    """See what would become of each line."""
    found = _import(act)
    if found.status == ClientImport.Status.CHECKING:
        try:
            operations.check_import(_own(act), found)
        except BegunAgain as no:
            log.info("The check of %s ends here: %s", found, no.sentence)
        except BadFile as no:
            operations.drop_import(_own(act), found, reason=no.sentence[:REASON])


@on(ImportStarted, ClientsImported)
def import_clients(act: Act, event: ImportStarted | ClientsImported, key: str) -> None:
    """Bring the next ones over."""
    found = _import(act)
    if found.status == ClientImport.Status.RUNNING:
        try:
            operations.import_clients(_own(act), found, most=PORTION)
        except BegunAgain as no:
            log.info("Nobody else of %s is brought over: %s", found, no.sentence)
