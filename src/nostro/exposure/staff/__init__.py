"""Staff pages of exposure."""

from nostro.exposure.staff import fills, limits, now, providers

__all__ = ["fills", "limits", "now", "providers"]
