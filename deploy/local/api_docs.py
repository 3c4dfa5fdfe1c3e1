"""The documentation of all services as a static site, made from their checked-in documents: build/api-docs/.

Swagger UI's files are those that Flask-RESTX brings; nothing comes from the network. To read only: calls are tried at
each service's own page. Every link is relative, so that the site may lie under any path (the gateway's is /docs/).
"""

from __future__ import annotations

import html
import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import flask_restx

REPO = Path(__file__).resolve().parents[2]
FOLDER: Final = Path("build/api-docs")
ASSETS: Final = (
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "favicon-32x32.png",
)
_SHOW: Final = """\
window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#swagger-ui",
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset.slice(1)],
    validatorUrl: null,
    supportedSubmitMethods: [],
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
  });
});
"""
_STYLE: Final = """\
body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
dt { font-weight: bold; margin-top: 1rem; }
dd { margin: 0; }
"""


def ensure(repo: Path = REPO) -> None:
    """Write the site where it is missing, or its documents are not the checked-in ones."""
    site = repo / FOLDER
    told = {_folder(file.parent.name): json.loads(file.read_text("utf-8")) for file in _documents(repo)}
    try:
        shown = {file.parent.name: json.loads(file.read_text("utf-8")) for file in site.glob("*/openapi.json")}
    except (OSError, ValueError):
        shown = {}
    if shown != told or not (site / "index.html").is_file():
        write(repo)


def write(repo: Path = REPO) -> Path:
    """Write the site anew; its folder, relative to `repo`. It is there as a whole or not at all, whoever writes it."""
    site = repo / FOLDER
    site.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".api-docs-", dir=site.parent) as scratch:
        fresh, old = Path(scratch) / "new", Path(scratch) / "old"
        _write(repo, fresh)
        with suppress(OSError):  # none there yet, or another process has just written the same
            site.rename(old)
        with suppress(OSError):
            fresh.rename(site)
    return FOLDER


def _write(repo: Path, site: Path) -> None:
    assets = site / "assets"
    assets.mkdir(parents=True)
    for name in ASSETS:
        shutil.copyfile(_swagger_ui() / name, assets / name)
    (assets / "show.js").write_text(_SHOW, encoding="utf-8")
    (assets / "site.css").write_text(_STYLE, encoding="utf-8")
    services = {file.parent.name: json.loads(file.read_text("utf-8")) for file in _documents(repo)}
    for name, document in services.items():
        page = site / _folder(name)
        page.mkdir()
        (page / "openapi.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        (page / "index.html").write_text(_page(document), encoding="utf-8")
    (site / "index.html").write_text(_index(services), encoding="utf-8")


def _documents(repo: Path) -> list[Path]:
    return sorted((repo / "services").glob("*/openapi.json"))


def _folder(service: str) -> str:
    return service.replace("_", "-")


def _swagger_ui() -> Path:
    return Path(flask_restx.__file__).with_name("static")


def _page(document: dict[str, Any]) -> str:
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{html.escape(document["info"]["title"])}</title>
<link rel="stylesheet" href="../assets/swagger-ui.css">
<link rel="icon" type="image/png" href="../assets/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="../assets/swagger-ui-bundle.js"></script>
<script src="../assets/swagger-ui-standalone-preset.js"></script>
<script src="../assets/show.js"></script>
</body>
</html>
"""


def _index(services: dict[str, dict[str, Any]]) -> str:
    entries = "\n".join(
        f'<dt><a href="{_folder(name)}/">{html.escape(document["info"]["title"])}</a></dt>\n'
        f"<dd>{html.escape(document['info'].get('description', ''))}<br>"
        f'{len(document["paths"])} paths · <a href="{_folder(name)}/openapi.json">OpenAPI document</a></dd>'
        for name, document in services.items()
    )
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>tbiEnergy: the services' interfaces</title>
<link rel="stylesheet" href="assets/site.css">
<link rel="icon" type="image/png" href="assets/favicon-32x32.png">
</head>
<body>
<h1>tbiEnergy: the services' interfaces</h1>
<dl>
{entries}
</dl>
</body>
</html>
"""
