"""What an operator fills in to connect a MetaTrader 4 server."""

import codecs
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from nostro.trading.adapters.mt4.contracts import Contract, contracts_in
from nostro.trading.ports import CAN_LOOK


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone such as Europe/London.") from error
    return name


def _known_page(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError as error:
        raise ValueError(f"{name!r} is not an alphabet such as cp1252 or cp1251.") from error
    return name


def _readable_contracts(text: str) -> str:
    contracts_in(text)
    return text


class Mt4Settings(BaseModel):
    """A Report Server's database to read from, and a Web Integration Kit plugin to write by."""

    model_config = ConfigDict(frozen=True)
    can: ClassVar = {CAN_LOOK}

    host: str = Field(title="Plugin's server", min_length=1)
    port: int = Field(title="Plugin's port", ge=1, le=65535)
    secret: SecretStr = Field(
        SecretStr(""), title="Secret word of the request hash", description="Empty where it is off."
    )
    mask: SecretStr = Field(
        SecretStr(""), title="Key of the obfuscation", description="Empty where it is off."
    )
    database_host: str = Field(title="Report database", min_length=1)
    database_port: int = Field(3306, title="Its port", ge=1, le=65535)
    database_name: str = Field("report", title="Its name", min_length=1)
    database_user: str = Field(title="User that may read it", min_length=1)
    database_password: SecretStr = Field(title="Password of that user")
    database_tls: bool = Field(False, title="Encrypt the database connection (TLS)")
    table_prefix: str = Field(
        "mt4_", title="What its tables begin with", pattern=r"^[A-Za-z0-9_]*$"
    )
    utc_offset: int = Field(
        120, title="Minutes the server is ahead of UTC in winter", ge=-720, le=840
    )
    daylight_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "Europe/London",
        title="Daylight rule of the server",
        description="A place whose clocks change on the days the server's do: Europe/London for "
        "the European rule, America/New_York for the American one, UTC for none.",
    )
    code_page: Annotated[str, AfterValidator(_known_page)] = Field(
        "cp1252", title="Alphabet of the server", description="cp1252, cp1251, gbk and so on."
    )
    contracts: Annotated[str, AfterValidator(_readable_contracts)] = Field(
        "",
        title="What a lot of a symbol is",
        description="One symbol a line: its name, the size of a lot, the currency of its profit, "
        "and the currency of its margin where that is another: US500 1 USD. Pairs of currencies, "
        "gold and silver are known.",
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
    idle_limit: float = Field(60.0, title="Idle seconds after which to connect anew", gt=0, le=3600)

    @property
    def lots(self) -> dict[str, Contract]:
        """The contracts that were filled in, by symbol."""
        return contracts_in(self.contracts)
