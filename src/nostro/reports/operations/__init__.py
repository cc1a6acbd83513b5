"""Everything anyone can do with reports."""

from nostro.reports.operations.evidence import export_client
from nostro.reports.operations.figures import rebuild_figures, refresh

__all__ = ["export_client", "rebuild_figures", "refresh"]
