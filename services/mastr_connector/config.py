"""The configuration of the MaStR-Connector and its worker."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from services.shared.data import JobsConfig, MongoConfig
from services.shared.web import Setting
from services.shared.web.config import as_integer, as_log_level, as_path, as_port, as_text, as_url, as_urls

REGISTER = "https://www.marktstammdatenregister.de/MaStRAPI/wsdl/mastr.wsdl"
EXPORTS = "https://download.marktstammdatenregister.de"


def as_database_name(value: str) -> str:
    """A database's name."""
    if not value.isascii() or not value.replace("_", "").replace("-", "").isalnum() or len(value) > 60:
        raise ValueError("at most 60 letters, digits, _ and -")
    return value


@dataclass(frozen=True, kw_only=True)
class WorkerConfig(MongoConfig, JobsConfig):
    """What the worker needs; read once from the environment, README.md has the table."""

    export_dir: Annotated[
        Path,
        Setting("TBI_MASTR_EXPORT_DIR", as_path, "the folder of exports", example="/var/lib/tbi/mastr"),
    ]
    database: Annotated[
        str, Setting("TBI_MONGO_DATABASE", as_database_name, "the database's name", example="mastr")
    ] = "mastr"
    export_urls: Annotated[
        tuple[str, ...],
        Setting("TBI_MASTR_EXPORT_URLS", as_urls, "where exports may be downloaded from", example=EXPORTS),
    ] = (EXPORTS,)
    processes: Annotated[
        int,
        Setting("TBI_MASTR_PROCESSES", as_integer(1, 64), "the number of processes that read an export", example="2"),
    ] = max(2, os.cpu_count() or 2)
    wsdl_url: Annotated[
        str | None, Setting("MASTR_WSDL_URL", as_url, "the WSDL of the register's web service", example=REGISTER)
    ] = None
    api_key: Annotated[
        str | None,
        Setting("MASTR_API_KEY", as_text, "the key of the web service's user", example="(540 characters)", secret=True),
    ] = None
    actor: Annotated[
        str | None,
        Setting("MASTR_AKTEUR", as_text, "the MaStR number of the web service's user", example="SOM900000000018"),
    ] = None
    log_level: Annotated[str, Setting("TBI_LOG_LEVEL", as_log_level, "the log's level", example="INFO")] = "INFO"

    @property
    def can_update(self) -> bool:
        """Whether the register's web service can be asked."""
        return None not in (self.wsdl_url, self.api_key, self.actor)


@dataclass(frozen=True, kw_only=True)
class Config(WorkerConfig):
    """What the service needs beside that."""

    identity_file: Annotated[
        Path | None,
        Setting("TBI_IDENTITY_FILE", as_path, "the file that describes the pool", example="/var/lib/tbi/identity.json"),
    ] = None
    box_secret_file: Annotated[
        Path | None,
        Setting(
            "TBI_BOX_SECRET_FILE", as_path, "in place of the pool: a service secret", example="/var/lib/tbi/secret"
        ),
    ] = None
    host: Annotated[str, Setting("TBI_HOST", as_text, "the address to listen on", example="127.0.0.1")] = "127.0.0.1"
    port: Annotated[int, Setting("TBI_PORT", as_port, "the TCP port to listen on", example="8085")] = 8085
    threads: Annotated[int, Setting("TBI_THREADS", as_integer(1, 64), "the number of threads", example="8")] = 8
