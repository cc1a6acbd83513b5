"""How a vendor can fail us. An adapter raises exactly one of these, and nothing else."""


class VendorTrouble(Exception):
    """Something outside the house did not do what we asked."""


class Retry(VendorTrouble):
    """Nothing happened there, and asking again later is safe."""

    def __init__(self, reason: str, *, after: float = 30.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Refused(VendorTrouble):
    """The vendor said no and will say no again."""

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Unknown(VendorTrouble):
    """It may or may not have happened: ask before you repeat."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
