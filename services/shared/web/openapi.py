"""A service's document as a file: `python -m services.shared.web.openapi tpm_api` writes services/tpm_api/openapi.json.

`--check` writes nothing and exits with 1 when the file is not what the service's code says.
A service gives its document by `describe() -> Service` in its `app.py`: the routes, wired to nothing.
"""

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import services
from services.shared.web.app import Service

SERVICES = Path(services.__file__).parent


def document_of(service: Service) -> dict[str, Any]:
    """The service's Swagger 2.0 document."""
    with service.app.test_request_context():
        document: dict[str, Any] = service.api.__schema__
        return document


def rendered(module: str) -> str:
    """The document of the service `module` ("tpm_api"), sorted, with a line end."""
    app = importlib.import_module(f"services.{module}.app")
    return json.dumps(document_of(app.describe()), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def documented_services() -> list[str]:
    """The modules that have a document."""
    return sorted(file.parent.name for file in SERVICES.glob("*/openapi.json"))


def is_current(module: str) -> bool:
    """Whether the checked-in document is what the code says."""
    file = SERVICES / module / "openapi.json"
    return file.is_file() and file.read_text(encoding="utf-8") == rendered(module)


def main(arguments: list[str] | None = None) -> int:
    """The command; gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m services.shared.web.openapi", description=__doc__)
    parser.add_argument("modules", nargs="*", help="services, such as tpm_api; all that have a document when left out")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when a document is not current"
    )
    options = parser.parse_args(arguments)
    modules: list[str] = options.modules or documented_services()
    if options.check:
        stale = [module for module in modules if not is_current(module)]
        for module in stale:
            sys.stderr.write(f"services/{module}/openapi.json is not current: run {parser.prog} {module}\n")
        return 1 if stale else 0
    for module in modules:
        (SERVICES / module / "openapi.json").write_text(rendered(module), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
