"""What of reports leaves through the API: a client's whole file, as their page gives it."""

from nostro.core.doors import route
from nostro.reports.operations.evidence import export_client

route(export_client)
