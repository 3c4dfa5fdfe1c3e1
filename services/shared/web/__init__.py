"""The frame of every service over HTTP; what a service's `api.py`, `app.py` and `__main__.py` need stands here.

app.py       service = create_service("tpm-api", base_path="/tpm-api", description=..., guard=box_secret_required(file),
                                      health_checks={"tpm": check}, problems={TpmUnavailable: as_problem})
             add_routes(service.v1, use_cases); `describe() -> Service` gives the same routes, wired to nothing.
api.py       request = v1.model("NewKey", {"label": fields.String(required=True, pattern="^[a-z]{1,32}$")}, strict=True)
             in a Resource: read_body(request);
             QUERY = Query({"bytes": Integer(...)}): @v1.doc(params=QUERY.doc()), QUERY.read()
config.py    a frozen dataclass whose fields carry a Setting, read once by load(Config)
__main__.py  run_service("tpm-api", Config, main); main(config) makes the app and calls serve(app, host=..., port=...)
openapi.json python -m services.shared.web.openapi tpm_api
"""

from services.shared.web.app import Service, create_service
from services.shared.web.auth import BoxSecretGuard, Guard, box_secret_required, create_box_secret, read_box_secret
from services.shared.web.body import read_body
from services.shared.web.config import ConfigurationError, Setting, load
from services.shared.web.health import CheckFailed, HealthCheck
from services.shared.web.params import Integer, Query, Text, path_doc
from services.shared.web.problems import Problem, invalid
from services.shared.web.restx import Namespace, Resource, fields
from services.shared.web.serve import run_service, serve

__all__ = [
    "BoxSecretGuard",
    "CheckFailed",
    "ConfigurationError",
    "Guard",
    "HealthCheck",
    "Integer",
    "Namespace",
    "Problem",
    "Query",
    "Resource",
    "Service",
    "Setting",
    "Text",
    "box_secret_required",
    "create_box_secret",
    "create_service",
    "fields",
    "invalid",
    "load",
    "path_doc",
    "read_body",
    "read_box_secret",
    "run_service",
    "serve",
]
