"""What the HTTP simulators share: listening, a clock that stops, faults on demand, a store.

They live outside the house and never import it: a simulator must be able to be wrong by itself.
"""
