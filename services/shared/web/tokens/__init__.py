"""The one place that verifies tokens: who calls, and whether he may call this route.

A token is a JWT of the pool (Amazon Cognito or its emulation), signed with RS256 and a key that the pool publishes as a
JWK. Nothing else counts: no other algorithm, no key in the token, no PEM, no issuer but the pool, no client but ours.

Users carry an access or an id token with their groups. **Services** carry an access token that they get from the same
pool with the client credentials grant (see service_token.py): each service has a client id and a secret of its own.
That is the simplest that holds: one root of trust, nothing to distribute but one secret per service, tokens that run
out within an hour, the same check as for users, and Amazon Cognito has it too.

    guard = TokenGuard(TokenVerifier(read_pool(file)))
    create_service(..., guard=guard)

    class Unit(Resource):
        @groups("Admin", SERVICE)      # the innermost or outermost decorator, as you like
        def get(self): caller().sub

A route without `@groups` lets nobody pass.
"""

from services.shared.web.tokens.guard import ANYONE, SERVICE, TokenGuard, caller, groups, method_here, signed_in
from services.shared.web.tokens.kept import KeptKeys
from services.shared.web.tokens.keys import JwksUnavailable, KeySet, jwks_at
from services.shared.web.tokens.verifier import GROUPS, Caller, Pool, TokenVerifier, read_pool, refused

__all__ = [
    "ANYONE",
    "GROUPS",
    "SERVICE",
    "Caller",
    "JwksUnavailable",
    "KeptKeys",
    "KeySet",
    "Pool",
    "TokenGuard",
    "TokenVerifier",
    "caller",
    "groups",
    "jwks_at",
    "method_here",
    "read_pool",
    "refused",
    "signed_in",
]
