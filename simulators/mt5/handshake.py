"""The challenge of the Web API, the same at both doors: who asks, and do they know the word."""

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from simulators.mt5.authentication import RANDOM_BYTES, answer, password_digest
from simulators.mt5.codes import Code, Refusal
from simulators.mt5.settings import Manager

if TYPE_CHECKING:
    from simulators.mt5.web_api import WebApi

OLDEST_BUILD = 484


class Handshake:
    """Parameters in and out are by upper-case name. `manager` is who has come in."""

    def __init__(self, api: "WebApi", address: str) -> None:
        self._api = api
        self._address = address
        self._asked: Manager | None = None
        self._question = b""
        self.manager: Manager | None = None

    @property
    def digest(self) -> bytes:
        """What the server keeps of the password of whoever asks."""
        assert self._asked is not None
        return password_digest(self._asked.password)

    def ask(self, params: Mapping[str, str]) -> dict[str, str]:
        if params.get("TYPE", "").upper() != "MANAGER":
            raise Refusal(Code.CLIENT_INVALID)
        if not params.get("VERSION", "").isdecimal() or int(params["VERSION"]) < OLDEST_BUILD:
            raise Refusal(Code.CLIENT_OLD)
        self._asked = self._named(params.get("LOGIN", ""))
        self._question = secrets.token_bytes(RANDOM_BYTES)
        build = str(self._api.settings.build)
        return {"VERSION_ACCESS": build, "SRV_RAND": self._question.hex()}

    def _named(self, login: str) -> Manager:
        for manager in self._api.settings.managers:
            if str(manager.login) == login:
                if manager.addresses and self._address not in manager.addresses:
                    raise Refusal(Code.ADDRESS_BLOCKED)
                return manager
        is_client = login.isdecimal() and int(login) in self._api.venue.store.accounts
        raise Refusal(Code.NO_MANAGER_CONFIG if is_client else Code.ACCOUNT_INVALID)

    @property
    def was_asked(self) -> bool:
        return self._asked is not None

    def accept(self, params: Mapping[str, str]) -> dict[str, str]:
        given = params.get("SRV_RAND_ANSWER", "").lower()
        wanted = answer(self.digest, self._question)
        if not secrets.compare_digest(given.encode(), wanted.encode()):
            raise Refusal(Code.ACCOUNT_INVALID)
        try:
            question = bytes.fromhex(params.get("CLI_RAND", ""))
        except ValueError as error:
            raise Refusal(Code.PARAMS) from error
        build = str(self._api.settings.build)
        self.manager = self._asked
        return {
            "VERSION_ACCESS": build, "VERSION_TRADE": build,
            "CLI_RAND_ANSWER": answer(self.digest, question),
        }  # fmt: skip
