"""The trader room's pages of compliance: onboarding, step by step, and the client's own papers."""

from nostro.compliance.trader import legal, onboarding, papers
from nostro.compliance.trader.papers import next_step
from nostro.ui.pages import NEEDS

NEEDS.append(next_step)

__all__ = ["legal", "onboarding", "papers"]
