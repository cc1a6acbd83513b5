"""The trading floor that every platform simulator stands on: one market, one kind of simulated
trader, one control door. What a platform shows of it on its wire is the platform's own affair.
"""
