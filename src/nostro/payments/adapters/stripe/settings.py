"""What one needs to know to speak to a Stripe account."""

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr


class StripeSettings(BaseModel):
    """The settings form is drawn from this; secrets are stored encrypted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_url: HttpUrl = Field(default=HttpUrl("https://api.stripe.com"), title="API address")
    secret_key: SecretStr = Field(title="Secret key", description="Starts with sk_.")
    webhook_secret: SecretStr = Field(
        title="Webhook signing secret", description="Starts with whsec_."
    )
    previous_webhook_secret: SecretStr | None = Field(
        default=None,
        title="Previous signing secret",
        description="Still accepted while Stripe rolls to a new one.",
    )
    timeout_seconds: int = Field(default=20, ge=1, le=80, title="Longest wait for an answer")
