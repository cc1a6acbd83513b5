"""What an operator fills in to connect a cTrader server."""

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from nostro.trading.ports import CAN_CLOSE_ONLY

PAIR = re.compile(r"^[^\s=]+=[A-Z]{3,5}$")


def _pairs(text: str) -> str:
    for word in text.split():
        if not PAIR.match(word):
            raise ValueError(f"{word!r} is not a symbol and its currency, such as DE40=EUR.")
    return text


def _certificate(text: str) -> str:
    if text.strip() and "BEGIN CERTIFICATE" not in text:
        raise ValueError("A certificate is pasted as PEM text.")
    return text


class CTraderSettings(BaseModel):
    """A manager of cBroker, whose address the platform's operator has allowed for both doors."""

    model_config = ConfigDict(frozen=True)
    can: ClassVar = {CAN_CLOSE_ONLY}

    host: str = Field(title="Server", min_length=1)
    port: int = Field(8443, title="Port of WebServices", ge=1, le=65535)
    manager_host: str = Field(
        "", title="Server of the Manager API", description="Empty where it is the same."
    )
    manager_port: int = Field(5011, title="Port of the Manager API", ge=1, le=65535)
    login: int = Field(title="Manager login", ge=1)
    password: SecretStr = Field(title="Password")
    plant: str = Field(title="Plant", min_length=1)
    environment: str = Field("live", title="Environment", min_length=1)
    broker: str = Field(title="Broker's name on the platform", min_length=1)
    links_cids: bool = Field(
        True,
        title="Link new accounts to cTrader IDs",
        description="Nobody can sign in to an account that is linked to none.",
    )
    account_type: Literal["HEDGED", "NETTED"] = Field("HEDGED", title="Sort of new accounts")
    currency: str = Field(
        "USD",
        title="Currency where a name says none",
        description="Of groups and symbols: cTrader's groups have no currency of their own.",
        pattern=r"^[A-Z]{3,5}$",
    )
    symbol_currencies: Annotated[str, AfterValidator(_pairs)] = Field(
        "",
        title="Symbols priced in another currency",
        description="Where the name does not say it: DE40=EUR UK100=GBP",
    )
    certificate: Annotated[str, AfterValidator(_certificate)] = Field(
        "",
        title="Certificate to trust",
        description="PEM text, where the server's is not signed by a public authority.",
    )
    connect_timeout: float = Field(10.0, title="Seconds to connect", gt=0, le=60)
    answer_timeout: float = Field(30.0, title="Seconds to wait for an answer", gt=0, le=300)
    queue_limit: float = Field(
        90.0,
        title="Seconds a request may wait at the server",
        description="Money whose fate is unknown is not sent again before that has passed.",
        ge=0,
        le=3600,
    )
    idle_limit: float = Field(20.0, title="Idle seconds after which to connect anew", gt=0, le=25)
