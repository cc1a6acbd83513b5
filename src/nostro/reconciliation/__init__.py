"""Does it agree: our ledger against the banks' statements, the providers' payouts and what we owe.

Statements are read and proved, their lines matched to what we sent and expect, and whatever does
not agree becomes a break with an owner, an age, a cause and a clock. Client money is computed here.
"""
