"""What rules do after something happened: a large back-test runs on, piece by piece."""

from dataclasses import replace

from nostro.core.acts import Act, time_ordered
from nostro.core.jobs import on
from nostro.rules.events import BackTestAsked
from nostro.rules.models import BackTest
from nostro.rules.operations import advance_back_test


@on(BackTestAsked)
def run_back_test(act: Act, event: BackTestAsked, key: str) -> None:
    """Go on until it has ended. Each piece starts where the last one that was kept stopped."""
    while True:
        back_test = BackTest.objects.select_related("version", "against").get(pk=event.back_test_id)
        if back_test.state != BackTest.State.RUNNING:
            return
        piece = replace(act, id=time_ordered(), begun=False, key=f"{key}/{back_test.cursor}")
        advance_back_test(piece, back_test)
