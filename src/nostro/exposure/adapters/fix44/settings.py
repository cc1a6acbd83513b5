"""What an operator fills in to listen to a liquidity provider."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

_COMP_ID = r"^[!-~]+$"


class Fix44Settings(BaseModel):
    """One FIX session, as the provider's onboarding sheet names it."""

    model_config = ConfigDict(frozen=True)

    host: str = Field(title="Server", min_length=1)
    port: int = Field(title="Port", ge=1, le=65535)
    encryption: bool = Field(True, title="Encrypt the connection (TLS)")
    sender: str = Field(title="Our CompID (49)", pattern=_COMP_ID)
    target: str = Field(title="The provider's CompID (56)", pattern=_COMP_ID)
    username: str = Field("", title="User name (553)", pattern=r"^[ -~]*$")
    password: SecretStr = Field(SecretStr(""), title="Password (554)")
    account: str = Field(title="Our account at the provider (1)", pattern=_COMP_ID)
    heartbeat: int = Field(30, title="Seconds between heartbeats (108)", ge=1, le=120)
    reset_on_logon: bool = Field(
        False,
        title="Begin the numbers anew at each logon (141)",
        description="Only where the provider demands it: what it reports while we are away is "
        "then found by comparing its trades alone.",
    )
    connect_timeout: float = Field(10.0, title="Seconds to connect", gt=0, le=60)
    answer_timeout: float = Field(30.0, title="Seconds to wait for an answer", gt=0, le=300)
