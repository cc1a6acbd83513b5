"""Figures follow the log by the clock. They are derived, so a refresh records nothing."""

from nostro.core.acts import Act
from nostro.core.jobs import every
from nostro.reports.operations import refresh
from nostro.reports.operations.figures import BATCH


@every("* * * * *")
def follow_the_log(act: Act) -> None:
    """Add up each minute what the log has gained."""
    while refresh() == BATCH:
        pass
