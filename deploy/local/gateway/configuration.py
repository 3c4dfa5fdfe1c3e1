"""nginx's configuration from the plan."""

from __future__ import annotations

import json
import string
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from deploy.local.gateway import routes
from deploy.local.gateway.boxes import Listener, block
from deploy.local.plan.program import Plan
from deploy.local.portal import PAGES
from deploy.local.settings import REPO
from services import __version__

PORTAL: Final = REPO / PAGES
DOCS: Final = REPO / "build/api-docs"
SERVICES: Final = ("background-manager-logic", "mastr-connector", "forecast-connector", "blockchain-connector")
_HERE: Final = Path(__file__).parent
_ALONE: Final = """# One process: workers of a master that is killed would go on, and keep the port from the next one.
master_process off;"""
_FOLLOWING: Final = """# On SIGHUP a master reads certificates and the list of revoked ones anew. The worker of
# before closes idle connections at once, answers what was asked, and is ended: nobody stays in by an earlier list.
worker_processes 1;
worker_shutdown_timeout 10s;"""
_RETRY_S: Final = 5
_TELLS: Final[dict[int, str]] = {
    400: "The request cannot be read.",
    403: "This is not allowed here.",
    404: "There is nothing at this path.",
    405: "The method is not allowed here.",
    408: "The request did not arrive in time.",
    413: "The body is too large.",
    414: "The path is too long.",
    431: "The headers are too large.",
    500: "The gateway failed; its log says more.",
}
"""What the gateway answers itself; answers of services pass through as they are."""

_UPLOADS: Final[dict[str, str]] = {
    "forecast-connector": """
      location ~ /api/v1/workbooks$ {
        gzip off;
        client_max_body_size 20m;
        proxy_pass http://forecast-connector;
      }"""
}
"""Where more than the usual body is let through; the service itself names its limit, which is less."""


class _Template(string.Template):
    """`@name` is filled in: `$` is nginx's own."""

    delimiter = "@"


def write(plan: Plan, portal: Path = PORTAL, docs: Path = DOCS, *, boxes: Listener | None = None) -> bool:
    """Write the gateway's files; whether its configuration is another one than before."""
    folder = _folder(plan)
    (folder / "tmp").mkdir(parents=True, exist_ok=True, mode=0o700)
    files = {
        "headers.conf": (_HERE / "headers.conf").read_text(),
        "errors.conf": errors(),
        "nginx.conf": configuration(plan, portal, docs, boxes=boxes),
    }
    changed = [name for name, text in files.items() if _replace(folder / name, text)]
    return bool(changed)


def write_pool(plan: Plan, identity: dict[str, Any]) -> None:
    """Write `config.json`: what the portal must know of the pool."""
    told = {
        "region": identity["region"],
        "user_pool_id": identity["user_pool_id"],
        "portal_client_id": identity["portal_client_id"],
        "identity_endpoint": identity["endpoint_url"],
    }
    _replace(_folder(plan) / "config.json", json.dumps(told, indent=1) + "\n")


def errors() -> str:
    """errors.conf."""
    return "".join(f"error_page {_as_nginx_calls(code)} ={code} @problem-{code};\n" for code in _TELLS)


def configuration(
    plan: Plan,
    portal: Path = PORTAL,
    docs: Path = DOCS,
    pages: Path = _HERE,
    *,
    boxes: Listener | None = None,
    follows: bool = False,
) -> str:
    """nginx.conf. `boxes`: where boxes come in, with certificates; on one machine's loopback they need none.

    `follows`: for a gateway that takes over on SIGHUP what has changed, as one with boxes does.
    """
    gateway = plan.program("gateway")
    template = _Template((_HERE / "nginx.conf.template").read_text())
    return template.substitute(
        processes=_FOLLOWING if follows or boxes is not None else _ALONE,
        run=plan.settings.run,
        folder=_folder(plan),
        pages=pages,
        portal=portal,
        docs=docs,
        address=gateway.host,
        port=gateway.ports[0],
        identity=plan.url("identity"),
        version=__version__,
        upstreams="\n".join(_upstream(plan, name) for name in SERVICES),
        services="\n".join(_service(plan, name) for name in SERVICES),
        routes=routes.block(SERVICES),
        problems="\n".join(_error(status) for status in _TELLS),
        boxes="" if boxes is None else block(boxes, SERVICES),
    )


def _folder(plan: Plan) -> Path:
    return plan.settings.data / "gateway"


def _upstream(plan: Plan, name: str) -> str:
    return f"  upstream {name} {{\n    server {plan.program(name).address};\n  }}"


def _service(plan: Plan, name: str) -> str:
    """Its base path, its events (which no buffer may hold back), and what is said while it is away."""
    folder = _folder(plan)
    away = f"The service {name} does not answer at the moment; ./tbi status says more."
    slow = f"The service {name} did not answer in time."
    headers = f"""add_header Content-Security-Policy $service_policy always;
      include "{folder}/headers.conf";"""
    return f"""
    location = /{name} {{
      return 308 /{name}/;
    }}
    location ^~ /{name}/ {{
      gzip off;
      proxy_pass http://{name};
      include "{folder}/errors.conf";
      error_page 502 503 =503 @away-{name};
      error_page 504 @slow-{name};
      {headers}
      location ~ /api/v1/(?:watcher/)?events$ {{
        gzip off;
        proxy_pass http://{name};
        proxy_buffering off;
        proxy_read_timeout 1h;
      }}{_UPLOADS.get(name, "")}
    }}
    location @away-{name} {{
      types {{}}
      default_type application/problem+json;
      add_header Retry-After {_RETRY_S} always;
      include "{folder}/headers.conf";
      return 503 '{_problem(503, away)}';
    }}
    location @slow-{name} {{
      types {{}}
      default_type application/problem+json;
      add_header Retry-After {_RETRY_S} always;
      include "{folder}/headers.conf";
      return 504 '{_problem(504, slow)}';
    }}"""


def _error(status: int) -> str:
    return f"""    location @problem-{status} {{
      types {{}}
      default_type application/problem+json;
      return {status} '{_problem(status, _TELLS[status])}';
    }}"""


def _as_nginx_calls(status: int) -> str:
    return f"{status} 494" if status == 431 else str(status)


def _problem(status: int, detail: str) -> str:
    title = HTTPStatus(status).phrase
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}).replace("'", "\\'")


def _replace(file: Path, text: str) -> bool:
    """Write the file when its content is another one."""
    try:
        if file.read_text() == text:
            return False
    except OSError:
        pass
    draft = file.with_name(f"{file.name}.new")
    draft.write_text(text)
    draft.replace(file)
    return True
