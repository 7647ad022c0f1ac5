"""Settings: typed, read from the environment, then from a `guichet.toml`, then the defaults below.

Every one is documented by `guichet settings`. The names some systems already use (DATABASE_URL, SMTP_SERVER...) are
accepted as aliases.
"""

import os
import secrets
from enum import StrEnum
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource


class Mode(StrEnum):
    """What kind of instance this is. Test routes exist only in `essai`, demo accounts only in `demo`."""

    PRODUCTION = "production"
    DEMO = "demo"
    ESSAI = "essai"


class ReglageRefuse(ValueError):
    """A setting this mode forbids; the sentence says what to do."""


def _default_data_dir() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/guichet")  # root's home is closed to the server's own system user
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "guichet"


def _named(*aliases: str) -> AliasChoices:
    return AliasChoices(*aliases)


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="GUICHET_",
        toml_file=os.environ.get("GUICHET_CONFIG", "guichet.toml"),
        extra="ignore",
        populate_by_name=True,
    )

    mode: Mode = Field(
        Mode.PRODUCTION, description="production, demo or essai (settable clock, test routes, loopback only)"
    )
    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="Folder of the embedded database, keys, captured mail and uploads; outside the source tree",
    )
    host: str = Field("127.0.0.1", description="Address the web server listens on")
    port: int = Field(8000, description="Port the web server listens on")
    base_url: str = Field("", description="Public address of the product; empty: http://host:port")
    trusted_proxies: str = Field(
        "127.0.0.1", description="Comma-separated addresses whose X-Forwarded-* headers are believed"
    )

    database_url: str = Field(
        "",
        description="PostgreSQL 15+ as the application's role; empty: the embedded server",
        validation_alias=_named("GUICHET_DATABASE_URL", "DATABASE_URL"),
    )
    database_maintenance_url: str = Field(
        "", description="The same database as the maintenance role (migrations, imports, backups)"
    )
    database_relay_url: str = Field("", description="The same database as the relay's role")
    postgres_bin: Path | None = Field(
        None,
        description="Folder of the PostgreSQL binaries for the embedded server; empty: the packaged ones, then /usr/lib/postgresql/*/bin",
    )
    postgres_user: str = Field(
        "nobody", description="System user the embedded server runs as when Guichet is started by root"
    )
    pool_size: int = Field(10, description="Connections kept open per process")
    pool_overflow: int = Field(10, description="Connections opened beyond pool_size under load")
    lock_timeout_ms: int = Field(
        2000, description="How long a statement waits for a lock before answering 503, in milliseconds"
    )
    statement_timeout_ms: int = Field(15000, description="How long a statement may run, in milliseconds")

    key_ring: SecretStr = Field(
        SecretStr(""),
        description="Column encryption keys, `id:base64,id:base64`, the first one encrypts; empty: made once in data_dir/cles",
    )
    relay_lag_limit_s: float = Field(
        60.0, description="Age of the oldest unpublished message, in seconds, past which /health/ready says no"
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    log_file: Path | None = Field(None, description="File of the JSON logs, rotated; empty: standard error")
    log_file_mb: int = Field(50, description="Size at which the log file is rotated, in megabytes; ten are kept")

    smtp_host: str = Field(
        "", description="Outgoing mail server", validation_alias=_named("GUICHET_SMTP_HOST", "SMTP_SERVER")
    )
    smtp_port: int = Field(
        587, description="Port of the outgoing mail server", validation_alias=_named("GUICHET_SMTP_PORT", "SMTP_PORT")
    )
    smtp_user: str = Field(
        "", description="Account on the outgoing mail server", validation_alias=_named("GUICHET_SMTP_USER", "SMTP_USER")
    )
    smtp_password: SecretStr = Field(
        SecretStr(""), description="Its password", validation_alias=_named("GUICHET_SMTP_PASSWORD", "SMTP_PASSWORD")
    )
    smtp_security: str = Field("starttls", description="starttls, tls or none")
    smtp_from: str = Field("Guichet <bonjour@guichet.example>", description="Sender of mail when the tenant has none")
    demo_smtp_port: int = Field(0, description="Port of the demo's own mail server; 0: a free one")

    demo_payment_port: int = Field(0, description="Port of the demo's own payment provider (bac à sable); 0: none")
    payment_sandbox_url: str = Field(
        "",
        description="Address of the payment sandbox as browsers reach it; empty: http://127.0.0.1:demo_payment_port",
    )
    sms_url: str = Field(
        "https://rest.smsmode.com", description="Address of the text message provider (SMSMode REST v1)"
    )
    sms_api_key: SecretStr = Field(
        SecretStr(""),
        description="Its key; empty: text messages wait, visible, for somebody to configure it",
        validation_alias=_named("GUICHET_SMS_API_KEY", "SMSMODE_API_KEY"),
    )
    sms_secours_url: str = Field(
        "https://rest.smsmode.com", description="Address of the provider asked when the first is down"
    )
    sms_secours_api_key: SecretStr = Field(SecretStr(""), description="Its key; empty: no second provider")
    demo_sms_port: int = Field(0, description="Port of the demo's own text message platform; 0: a free one")

    redis_url: str = Field(
        "",
        description="Redis for cache and rate limits shared by several machines; empty: in process",
        validation_alias=_named("GUICHET_REDIS_URL", "REDIS_URL"),
    )
    kafka_brokers: str = Field(
        "",
        description="Kafka brokers the relay also publishes to; empty: none",
        validation_alias=_named("GUICHET_KAFKA_BROKERS", "KAFKA_BROKERS"),
    )

    rate_public_per_minute: int = Field(100, description="Requests a minute and IP on public routes; 0: no limit")
    rate_login_per_minute: int = Field(
        10, description="Sign-in and password-reset attempts a minute and IP; 0: no limit"
    )
    body_limit_mb: int = Field(10, description="Largest request body, in megabytes")
    upload_limit_mb: int = Field(36, description="Largest body on upload, intake and mail routes, in megabytes")
    metrics_ips: str = Field(
        "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7",
        description="Comma-separated addresses or networks that may read /metrics; empty: all",
    )
    admin_ips: str = Field("", description="Comma-separated addresses or networks that may open /admin; empty: all")
    payment_ips: str = Field(
        "", description="Comma-separated addresses or networks payment notifications may come from; empty: all"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def url(self) -> str:
        """The public address, without a slash at the end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def is_production(self) -> bool:
        """True unless this is a demo or a test instance."""
        return self.mode is Mode.PRODUCTION

    def secret(self, name: str, *, size: int = 32) -> bytes:
        """A secret of this instance, made at first use and kept in data_dir/cles, readable by its owner only."""
        folder = self.data_dir / "cles"
        path = folder / name
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = folder / f".{name}.{os.getpid()}"
            draft.touch(mode=0o600)
            draft.write_bytes(secrets.token_bytes(size))
            try:
                os.link(draft, path)  # atomic: two processes starting together agree on one secret
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_bytes()


_settings: Settings | None = None


def get_settings() -> Settings:
    """The settings of this process, read once."""
    return set_settings(_settings or Settings())


def set_settings(settings: Settings) -> Settings:
    """Use these from now on (tests). Returns them."""
    global _settings  # noqa: PLW0603  one per process
    _settings = settings
    return settings


def forget_settings() -> None:
    """Read them again at the next call (tests, supervised start)."""
    global _settings  # noqa: PLW0603  one per process
    _settings = None
