"""Settings: command-line options, then ``AFTERLORE_*`` variables, then ``config.toml`` in the platform's config folder.

This is the one place that reads the environment.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from afterlore.core import ConfigError
from afterlore.llm.endpoint import Endpoint

__all__ = ["Settings", "config_file", "load"]


def config_file() -> Path:
    """Where ``config.toml`` is looked for; it need not exist."""
    return Path(platformdirs.user_config_dir("afterlore", appauthor=False)) / "config.toml"


class Settings(BaseSettings):
    """What can be set outside the command line. Unknown keys in ``config.toml`` are refused."""

    model_config = SettingsConfigDict(
        env_prefix="AFTERLORE_", env_nested_delimiter="__", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """What is logged to standard error."""
    log_format: Literal["text", "json"] = "text"
    """``json`` writes one object a line, for machines."""
    offline: bool = False
    """Fetch nothing; use what earlier runs stored."""
    allow_hosts: Annotated[tuple[str, ...], NoDecode] = Field(default=())
    """Hosts that may be fetched although their address is private; in a variable, separated by commas."""

    models: dict[str, Endpoint] = Field(default_factory=dict)
    """Model endpoints by name: tables ``[models.NAME]``, or ``AFTERLORE_MODELS__NAME__BASE_URL`` and the like."""
    model: str = ""
    """The endpoint that is used where none is named."""
    serper_key: SecretStr | None = None
    """For searching the web with Serper;"""
    brave_key: SecretStr | None = None
    """with Brave;"""
    tavily_key: SecretStr | None = None
    """with Tavily."""

    @field_validator("models", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """Each knows its name, and its key where the variable that it names holds one."""
        if not isinstance(value, dict):
            return value
        tables = {name: {**table, "name": name} if isinstance(table, dict) else table for name, table in value.items()}
        for table in tables.values():
            if isinstance(table, dict) and not table.get("api_key"):
                table["api_key"] = os.environ.get(str(table.get("api_key_env", "")))
        return tables

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(host.strip() for host in value.split(",") if host.strip()) if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options, then variables, then the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())


def load(**options: Any) -> Settings:
    """The settings, with the options that were given (None = not given). Raises ConfigError naming key and choices."""
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        # Of a model's table the fields that it may have, rather than all settings.
        inside = first["loc"][:1] == ("models",) and len(first["loc"]) > 1
        valid = ", ".join(name for name in (Endpoint if inside else Settings).model_fields if name != "name")
        raise ConfigError(
            f"setting {key!r}: {first['msg']}; set it by option, by AFTERLORE_{key.upper().replace('.', '__')} or in "
            f"{config_file().name!r}; valid settings: {valid}"
        ) from error
    except ValueError as error:
        raise ConfigError(f"{config_file()} is not valid TOML: {error}") from error
