"""Who brought them: the tree of partners, their links and plans, what they earn and why.

A commission is a line with its arithmetic, written once and corrected only by another line.
"""
