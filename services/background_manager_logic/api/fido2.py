"""Routes of the security keys: one's own, the administrator's, and those that the sign-in asks (lambdas/sign_in)."""

from __future__ import annotations

from typing import Any

from services.background_manager_logic.api.common import shown
from services.background_manager_logic.api.models_fido2 import KEY_ID, KeyModels, key_models
from services.background_manager_logic.domain import SUB
from services.background_manager_logic.security_key_store import KeptKey
from services.background_manager_logic.service.security_keys import Holder, SecurityKeys
from services.shared.second_factor import BY_KEY, NewKey
from services.shared.web import Namespace, Problem, Resource, Text, path_doc, read_body
from services.shared.web.tokens import SERVICE, caller, groups

SIGN_IN = "sign-in"
"""The service that asks for keys while somebody signs in: no other may."""

_SUB = Text("The user's id at the identity provider (`sub`)", pattern=SUB)
_ID = Text("The key's id", pattern=KEY_ID)
_EVERYBODY = ("Admin", "User", "EVU")
_HIDDEN = ("sub", "credential", "sign_count")


def add_key_routes(v1: Namespace, cases: SecurityKeys) -> None:
    """Add the routes to `v1`."""
    shapes = key_models(v1)
    _add_own(v1, cases, shapes)
    _add_one(v1, cases, shapes)
    _add_administration(v1, cases, shapes)
    _add_sign_in(v1, cases, shapes)


def _add_own(v1: Namespace, cases: SecurityKeys, shapes: KeyModels) -> None:
    @v1.route("/fido2/keys")
    class Keys(Resource):
        @v1.response(200, "The caller's security keys", shapes.keys)
        @groups(*_EVERYBODY)
        def get(self) -> dict[str, Any]:
            """One's own security keys."""
            holder = _holder()
            keys = [_shown(key) for key in cases.of(holder.sub)]
            return {"items": keys, "required": cases.required, "by_key": holder.by_key}

    @v1.route("/fido2/options")
    class Options(Resource):
        @v1.response(200, "What the browser is asked", shapes.options)
        @v1.response(403, "This session has not shown the key that there is")
        @v1.response(409, "There are as many as are kept")
        @groups(*_EVERYBODY)
        def post(self) -> dict[str, Any]:
            """Begin to register a key."""
            holder = _holder()
            asked = cases.options(holder)
            return {"options": dict(asked.options), "code_needed": not cases.of(holder.sub)}

    @v1.route("/fido2/register")
    class Register(Resource):
        @v1.expect(shapes.registration)
        @v1.response(201, "Registered; with the first key all sessions end", shapes.key)
        @v1.response(403, "The one-time code is not right, or this session has not shown the key that there is")
        @v1.response(409, "The registration has expired, or the key is registered already")
        @v1.response(503, "The identity provider does not answer")
        @groups(*_EVERYBODY)
        def post(self) -> tuple[dict[str, Any], int]:
            """Register the key that the browser has made."""
            body = read_body(shapes.registration)
            made = cases.register(
                _holder(), body["challenge"], body["name"].strip(), body["credential"], body.get("code")
            )
            return _shown(made), 201


def _add_one(v1: Namespace, cases: SecurityKeys, shapes: KeyModels) -> None:
    @v1.route("/fido2/key/<string:id>")
    @v1.doc(params=path_doc(id=_ID))
    class Key(Resource):
        @v1.expect(shapes.change)
        @v1.response(200, "Renamed", shapes.key)
        @v1.response(403, "This session has not shown the key")
        @v1.response(404, "There is no such key")
        @groups(*_EVERYBODY)
        def patch(self, id: str) -> dict[str, Any]:  # noqa: A002 - the parameter's name in the path
            """Rename one's own key."""
            return _shown(cases.rename(_holder(), _ID.parse("id", id), read_body(shapes.change)["name"].strip()))

        @v1.response(204, "Removed")
        @v1.response(403, "This session has not shown the key")
        @v1.response(404, "There is no such key")
        @v1.response(409, "It is the last one, and one is required")
        @groups(*_EVERYBODY)
        def delete(self, id: str) -> tuple[str, int]:  # noqa: A002 - the same
            """Remove one's own key."""
            cases.remove(_holder(), _ID.parse("id", id))
            return "", 204


def _add_administration(v1: Namespace, cases: SecurityKeys, shapes: KeyModels) -> None:
    @v1.route("/fido2/participant/<string:sub>/code")
    @v1.doc(params=path_doc(sub=_SUB))
    class Code(Resource):
        @v1.response(201, "Made; it is shown this once", shapes.code)
        @v1.response(404, "The identity provider has no such user")
        @v1.response(409, "He has a key")
        @v1.response(503, "The identity provider does not answer")
        @groups("Admin")
        def post(self, sub: str) -> tuple[dict[str, Any], int]:
            """A one-time code for a user's first key, in place of one of before."""
            return shown(cases.make_code(_SUB.parse("sub", sub), caller().username)), 201

    @v1.route("/fido2/participant/<string:sub>/keys")
    @v1.doc(params=path_doc(sub=_SUB))
    class KeysOf(Resource):
        @v1.response(200, "His keys", shapes.keys)
        @groups("Admin")
        def get(self, sub: str) -> dict[str, Any]:
            """A user's keys."""
            keys = [_shown(key) for key in cases.of(_SUB.parse("sub", sub))]
            return {"items": keys, "required": cases.required, "by_key": _holder().by_key}

        @v1.response(204, "Reset: he has no keys, and all his sessions end")
        @v1.response(404, "The identity provider has no such user")
        @v1.response(409, "They are one's own")
        @v1.response(503, "The identity provider does not answer")
        @groups("Admin")
        def delete(self, sub: str) -> tuple[str, int]:
            """Take a user's keys from him: they are lost, or stolen."""
            cases.reset(_SUB.parse("sub", sub), _holder())
            return "", 204


def _add_sign_in(v1: Namespace, cases: SecurityKeys, shapes: KeyModels) -> None:
    @v1.route("/fido2/user/<string:sub>")
    @v1.doc(params=path_doc(sub=_SUB))
    class Verifiable(Resource):
        @v1.response(200, "What a signature is verified with", shapes.verifiable)
        @v1.response(403, "Only the sign-in asks this")
        @groups(SERVICE)
        def get(self, sub: str) -> dict[str, Any]:
            """A user's keys, for the sign-in."""
            named = _SUB.parse("sub", sub)
            _only_the_sign_in()
            keys = cases.of(named)
            return {"items": [{"id": k.id, "credential": k.credential, "sign_count": k.sign_count} for k in keys]}

    @v1.route("/fido2/user/<string:sub>/used")
    @v1.doc(params=path_doc(sub=_SUB))
    class UsedKey(Resource):
        @v1.expect(shapes.used)
        @v1.response(204, "Noted")
        @v1.response(403, "Only the sign-in says this")
        @v1.response(409, "The key is gone, or its counter has not risen")
        @groups(SERVICE)
        def post(self, sub: str) -> tuple[str, int]:
            """The sign-in has verified a signature of this key."""
            named, body = _SUB.parse("sub", sub), read_body(shapes.used)
            _only_the_sign_in()
            cases.used(named, body["id"], body["sign_count"])
            return "", 204

    @v1.route("/fido2/user/<string:sub>/first")
    @v1.doc(params=path_doc(sub=_SUB))
    class FirstKey(Resource):
        @v1.expect(shapes.first)
        @v1.response(201, "Registered", shapes.key)
        @v1.response(403, "The one-time code is not right")
        @v1.response(404, "The identity provider has no such user")
        @v1.response(409, "He has a key")
        @v1.response(503, "The identity provider does not answer")
        @groups(SERVICE)
        def post(self, sub: str) -> tuple[dict[str, Any], int]:
            """The sign-in has verified the first key of a user who must have one."""
            named, body = _SUB.parse("sub", sub), read_body(shapes.first)
            _only_the_sign_in()
            made = NewKey(body["id"], body["credential"], body["sign_count"])
            done = cases.register_at_sign_in(named, body["code"], body["name"].strip(), made)
            return _shown(done), 201


def _holder() -> Holder:
    found = caller()
    return Holder(found.sub, found.username, found.second_factor == BY_KEY)


def _only_the_sign_in() -> None:
    if caller().service != SIGN_IN:
        raise Problem(403, f"Only the service {SIGN_IN} asks for keys while somebody signs in.")


def _shown(key: KeptKey) -> dict[str, Any]:
    return {name: value for name, value in shown(key).items() if name not in _HIDDEN}
