"""Bulk changes: one operation on thousands of things, looked through first, then in the background.

What would become of each row is said before anything happens; each row has its own verdict.
"""
