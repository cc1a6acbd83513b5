"""The demo brokerage: a firm of three licences with six months of history.

Everything in it was done through the operations, on the clock of the day it happened, with the
simulators of the outside world on the same clock. Nothing is written past the house.
"""
