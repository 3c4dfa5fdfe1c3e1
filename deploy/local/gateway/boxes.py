"""The gateway's listener for boxes: mutual TLS by our own authority (deploy/cls_box/authority), docs/adr/0029.

Who comes without a certificate, or with one that is foreign, expired or revoked, is told so and gets no further. Who is
let in is named to what stands behind it (`X-Tbi-Box`); whatever the box itself wrote there is overwritten. The services
look at tokens as ever: a certificate opens the gateway and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEADER: Final = "X-Tbi-Box"
_REFUSED: Final = {
    495: "The certificate is not taken: $ssl_client_verify.",
    496: "A certificate of this box is needed.",
    497: "This port speaks TLS.",
}
"""nginx's own codes for what goes wrong before there is a request."""


@dataclass(frozen=True)
class Listener:
    """Where it listens, its folder (gateway.key, gateway.pem, boxes.pem, boxes.crl), and the nodes of the chain."""

    address: str
    port: int
    folder: str
    nodes: Sequence[str]


def block(listener: Listener, services: Sequence[str]) -> str:
    """As it stands in nginx.conf, within http."""
    nodes = "\n".join(f"    server {node};" for node in listener.nodes)
    paths = "|".join(services)
    refused = "\n".join(
        f"    error_page {code} ={_status(code)} @refused-{code};\n{_answer(code, words)}"
        for code, words in _REFUSED.items()
    )
    return f"""
  # nginx tells of a client's certificate no more than its subject, of which the authority alone writes the CN.
  map $ssl_client_s_dn $box {{
    default "";
    "~(?:^|,)CN=(?<named>[a-z][a-z0-9-]{{0,39}})(?:,|$)" $named;
  }}
  upstream chain-of-boxes {{
{nodes}
    keepalive 8;
  }}
  server {{
    listen {listener.address}:{listener.port} ssl;
    server_name _;
    ssl_certificate "{listener.folder}/gateway.pem";
    ssl_certificate_key "{listener.folder}/gateway.key";
    ssl_client_certificate "{listener.folder}/boxes.pem";
    ssl_crl "{listener.folder}/boxes.crl";
    ssl_verify_client on;
    ssl_verify_depth 2;
    ssl_protocols TLSv1.2 TLSv1.3;
    # A session that is taken up again is not looked at by the list of revoked certificates.
    ssl_session_cache off;
    ssl_session_tickets off;
    keepalive_timeout 60s;

    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header {HEADER} $box;
    proxy_set_header traceparent "00-$request_id-$span-01";
    proxy_connect_timeout 2s;
    proxy_read_timeout 75s;
{refused}
    location /v1/ {{
      proxy_pass http://chain-of-boxes;
      proxy_next_upstream error timeout;
    }}
    location ~ ^/(?:{paths})/api/ {{
      proxy_pass http://$service_of_box;
    }}
    location / {{
      types {{}}
      default_type application/problem+json;
      return 404 '{_problem(404, "Not Found", "There is nothing for boxes at this path.")}';
    }}
  }}
  map $uri $service_of_box {{
    default "";
    "~^/(?<first_of_path>{paths})/" $first_of_path;
  }}"""


def _status(code: int) -> int:
    return 400 if code == 497 else 403


def _answer(code: int, words: str) -> str:
    title = "Bad Request" if code == 497 else "Forbidden"
    return f"""    location @refused-{code} {{
      types {{}}
      default_type application/problem+json;
      return {_status(code)} '{_problem(_status(code), title, words)}';
    }}"""


def _problem(status: int, title: str, detail: str) -> str:
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
