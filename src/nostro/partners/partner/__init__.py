"""The partner portal: earnings, the network, trades with their arithmetic, statements, links."""

from nostro.partners.partner import home, links, statements, trades

__all__ = ["home", "links", "statements", "trades"]
