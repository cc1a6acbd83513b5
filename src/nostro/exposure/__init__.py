"""What we carry: net positions by book and currency, limits with their alerts, what a shock costs.

Figures come from the positions that `trading` reads; ticks move them every second. What raises an
alert is computed again in exact decimals.
"""
