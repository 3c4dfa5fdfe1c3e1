"""The identity provider as services reach it: where the pool is, how users sign in there, a service's own tokens.

Who verifies tokens needs none of this: see services/shared/web/tokens. `client.py` (boto3) is imported by who talks to
the pool itself: a service that only wants a token of its own does not pay for it.
"""

from services.shared.identity.address import PoolAddress, read_address
from services.shared.identity.service import service_tokens

__all__ = ["PoolAddress", "read_address", "service_tokens"]
