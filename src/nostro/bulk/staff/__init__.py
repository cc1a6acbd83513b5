"""Staff pages of bulk changes: the list, one with its rows, and the way to a new one."""

from nostro.bulk.staff import changes, choosing

__all__ = ["changes", "choosing"]
