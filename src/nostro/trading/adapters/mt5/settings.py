"""What an operator fills in to connect a MetaTrader 5 server."""

from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from nostro.trading.ports import CAN_LOOK


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone such as Europe/London.") from error
    return name


def _certificate(text: str) -> str:
    if text.strip() and "BEGIN CERTIFICATE" not in text:
        raise ValueError("A certificate is pasted as PEM text.")
    return text


class Mt5Settings(BaseModel):
    """A manager account with an API password, on a server whose Web API is switched on."""

    model_config = ConfigDict(frozen=True)
    can: ClassVar = {CAN_LOOK}

    host: str = Field(title="Server", min_length=1)
    port: int = Field(443, title="Port", ge=1, le=65535)
    door: Literal["tcp", "https"] = Field(
        "tcp",
        title="Way in",
        description="Raw TCP, or REST over HTTPS. A server answers both at the same port.",
    )
    login: int = Field(title="Manager login", ge=1)
    password: SecretStr = Field(title="API password")
    encryption: bool = Field(True, title="Encrypt raw TCP (AES-256)")
    certificate: Annotated[str, AfterValidator(_certificate)] = Field(
        "",
        title="Certificate to trust",
        description="For HTTPS: PEM text, where the server's is not signed by a public authority.",
    )
    daylight_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "Europe/London",
        title="Daylight rule of the server",
        description="A place whose clocks change on the days the server's do: Europe/London for "
        "the European rule, America/New_York for the American one.",
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
    idle_limit: float = Field(60.0, title="Idle seconds after which to connect anew", gt=0, le=110)
    agent: str = Field("Nostro", title="Name we give ourselves", pattern=r"^[A-Za-z0-9._-]+$")
    build: int = Field(4000, title="Client build we claim", ge=484)
