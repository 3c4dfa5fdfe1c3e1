"""Routes of the sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.shared.web import Namespace, Resource, read_body
from services.shared.web.tokens import ANYONE, groups

if TYPE_CHECKING:  # a box has these routes neither, nor what they need
    from services.blockchain_connector.auth.service import Login

_REQUEST = {
    "type": "object",
    "required": ["email", "password"],
    "properties": {
        "email": {"type": "string", "minLength": 1, "maxLength": 128, "description": "Or the user's name"},
        "password": {"type": "string", "minLength": 1, "maxLength": 256, "format": "password"},
    },
}
_ANSWER = {
    "type": "object",
    "required": ["token", "expires_in"],
    "properties": {
        "token": {"type": "string", "description": "An access token"},
        "expires_in": {"type": "integer", "description": "Seconds"},
    },
}


def add_routes(v1: Namespace, login: Login) -> None:
    """POST /auth/login."""
    wanted = v1.schema_model("Login", _REQUEST)
    signed = v1.schema_model("LoggedIn", _ANSWER)

    @v1.route("/auth/login")
    class LogIn(Resource):
        @v1.expect(wanted)
        @v1.response(200, "Signed in", signed)
        @v1.response(400, "The body is not valid")
        @v1.response(401, "E-mail address or password are not right")
        @v1.response(403, "More than a password is asked for: sign in at the portal")
        @v1.response(503, "The identity provider does not answer")
        @groups(ANYONE)
        def post(self) -> dict[str, Any]:
            """A token for a machine user, who has no second factor."""
            body = read_body(wanted)
            found = login.sign_in(body["email"], body["password"])
            return {"token": found.token, "expires_in": found.expires_in}
