"""What one needs to know to speak to a bank's ISO 20022 channel."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr


class PainVersion(StrEnum):
    """The payment initiation that the bank reads."""

    V09 = "pain.001.001.09"
    V03 = "pain.001.001.03"


class Iso20022Settings(BaseModel):
    """The settings form is drawn from this; secrets are stored encrypted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: HttpUrl = Field(title="Channel address")
    token: SecretStr = Field(title="Access token", description="Or the password, with a user name.")
    user_name: str = Field(
        default="", title="User name", description="Empty where the bank takes a token."
    )
    debtor_name: str = Field(
        min_length=1, max_length=70, title="Account holder", description="As the bank knows it."
    )
    debtor_bic: str = Field(
        pattern=r"^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$", title="The bank's BIC"
    )
    pain_version: PainVersion = Field(default=PainVersion.V09, title="Payment file version")
    timeout_seconds: int = Field(default=30, ge=1, le=300, title="Longest wait for an answer")
