"""Amazon Cognito (or its emulation): sign-in for users, administration of their attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from services.background_manager_logic.domain import PoolUser
from services.background_manager_logic.errors import IdentitySilent, IdentityWrong, SignInRefused, Unfit
from services.shared.identity import PoolAddress
from services.shared.identity.client import BUSY, SIGN_IN_REFUSALS, pool_client
from services.shared.identity.srp import Srp, SrpError

T = TypeVar("T")

_MOST_USERS: Final = 60  # that one call of ListUsers gives
_OWN: Final = "custom:"
ANSWER_FIELDS: Mapping[str, str] = {
    "NEW_PASSWORD_REQUIRED": "NEW_PASSWORD",
    "SOFTWARE_TOKEN_MFA": "SOFTWARE_TOKEN_MFA_CODE",
    "SMS_MFA": "SMS_MFA_CODE",
    "EMAIL_OTP": "EMAIL_OTP_CODE",
    "CUSTOM_CHALLENGE": "ANSWER",
}
"""Challenges that are answered with one text, and where Cognito wants it."""


class Cognito:
    """One pool. Administration is signed with what boto3 finds (AWS_SHARED_CREDENTIALS_FILE, a role)."""

    def __init__(self, address: PoolAddress) -> None:
        self._pool = address.user_pool_id
        self._client_id = address.portal_client_id
        self._client: Any = pool_client(address)

    def sign_in(self, username: str, password: str) -> dict[str, Any]:
        """Tokens, or a challenge (see API). Raises SignInRefused, IdentitySilent, IdentityWrong."""
        srp = Srp(self._pool, password)
        asked = self._told(
            lambda: self._client.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="CUSTOM_AUTH",
                AuthParameters={"USERNAME": username, "CHALLENGE_NAME": "SRP_A", "SRP_A": srp.public},
            )
        )
        if asked.get("ChallengeName") != "PASSWORD_VERIFIER":
            raise IdentityWrong("the identity provider does not ask for the password's proof")
        try:
            proof = srp.proof(asked["ChallengeParameters"])
        except SrpError as error:
            raise IdentityWrong(str(error)) from error
        return self._signed_in(
            lambda: self._client.respond_to_auth_challenge(
                ClientId=self._client_id,
                ChallengeName="PASSWORD_VERIFIER",
                ChallengeResponses=proof,
                **({"Session": asked["Session"]} if asked.get("Session") else {}),
            )
        )

    def answer(self, username: str, challenge: str, session: str, answer: str) -> dict[str, Any]:
        """Tokens, or the next challenge. Raises SignInRefused, Unfit, IdentitySilent, IdentityWrong."""
        return self._signed_in(
            lambda: self._client.respond_to_auth_challenge(
                ClientId=self._client_id,
                ChallengeName=challenge,
                Session=session,
                ChallengeResponses={"USERNAME": username, ANSWER_FIELDS[challenge]: answer},
            )
        )

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        """New tokens. Raises SignInRefused, IdentitySilent, IdentityWrong."""
        found = self._signed_in(
            lambda: self._client.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        )
        return {"refresh_token": refresh_token, **found}

    def user(self, name: str) -> PoolUser | None:
        """A user by name, e-mail or sub. Raises IdentitySilent, IdentityWrong."""
        try:
            told = self._administer(lambda: self._client.admin_get_user(UserPoolId=self._pool, Username=name))
        except _NoSuchUserError:
            return None
        return _user(told, told["UserAttributes"])

    def users(self) -> Iterator[PoolUser]:
        """All users: the pool cannot search by an attribute of our own. Raises IdentitySilent, IdentityWrong."""
        more: dict[str, str] = {}
        while True:
            told = self._administer(partial(self._client.list_users, UserPoolId=self._pool, Limit=_MOST_USERS, **more))
            yield from (_user(entry, entry["Attributes"]) for entry in told["Users"])
            if not told.get("PaginationToken"):
                return
            more = {"PaginationToken": told["PaginationToken"]}

    def mirror(self, username: str, attributes: Mapping[str, str], *, disabled: bool) -> None:
        """Make the pool say what the participant record says; a user who is gone has nothing to say.

        Raises IdentitySilent, IdentityWrong.
        """
        at = {"UserPoolId": self._pool, "Username": username}
        pairs = [{"Name": name, "Value": value} for name, value in attributes.items()]
        switch = self._client.admin_disable_user if disabled else self._client.admin_enable_user
        try:
            self._administer(lambda: self._client.admin_update_user_attributes(**at, UserAttributes=pairs))
            self._administer(lambda: switch(**at))
        except _NoSuchUserError:
            return

    def erase(self, username: str) -> None:
        """Remove the user; nothing happens when he is gone. Raises IdentitySilent, IdentityWrong."""
        try:
            self._administer(lambda: self._client.admin_delete_user(UserPoolId=self._pool, Username=username))
        except _NoSuchUserError:
            return

    def end_sessions(self, username: str) -> None:
        """No refresh token of before gives tokens. Raises IdentitySilent, IdentityWrong."""
        try:
            self._administer(lambda: self._client.admin_user_global_sign_out(UserPoolId=self._pool, Username=username))
        except _NoSuchUserError:
            return

    def ping(self) -> str:
        """One line when the pool answers. Raises IdentitySilent, IdentityWrong."""
        self._administer(lambda: self._client.describe_user_pool(UserPoolId=self._pool))
        return "the pool answers"

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _signed_in(self, call: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        told = self._told(call)
        if "AuthenticationResult" in told:
            return _tokens(told["AuthenticationResult"])
        return {
            "challenge": told["ChallengeName"],
            "session": told.get("Session", ""),
            "parameters": {str(name): str(value) for name, value in told.get("ChallengeParameters", {}).items()},
        }

    def _told(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("InvalidPasswordException", "PasswordHistoryPolicyViolationException"):
                raise Unfit(
                    "answer", "is no password that the pool takes: give one of 12 characters or more"
                ) from error
            if code in SIGN_IN_REFUSALS:
                raise SignInRefused(f"the sign-in is refused: {SIGN_IN_REFUSALS[code]}") from error
            raise _trouble(code) from error
        except ParamValidationError as error:
            raise SignInRefused(f"the sign-in is refused: {SIGN_IN_REFUSALS['InvalidParameterException']}") from error
        except BotoCoreError as error:
            raise _silent(error) from error

    def _administer(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "UserNotFoundException":
                raise _NoSuchUserError from error
            raise _trouble(code) from error
        except ParamValidationError as error:  # a name that no user can have
            raise _NoSuchUserError from error
        except BotoCoreError as error:
            raise _silent(error) from error


class _NoSuchUserError(Exception):
    pass


def _user(told: Mapping[str, Any], pairs: Sequence[Mapping[str, str]]) -> PoolUser:
    values = {pair["Name"]: pair.get("Value", "") for pair in pairs}
    own = {name.removeprefix(_OWN): value for name, value in values.items() if name.startswith(_OWN)}
    return PoolUser(values["sub"], str(told["Username"]), values.get("email"), own, bool(told.get("Enabled", True)))


def _tokens(result: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "access_token": result["AccessToken"],
        "id_token": result["IdToken"],
        "refresh_token": result.get("RefreshToken"),
        "expires_in": result["ExpiresIn"],
    }
    return {name: value for name, value in told.items() if value is not None}


def _trouble(code: str) -> IdentitySilent | IdentityWrong:
    if code in BUSY or code.isdigit():
        return IdentitySilent("the identity provider is busy; try again in a moment")
    return IdentityWrong(f"the identity provider refused the call ({code}); see its configuration and this service's")


def _silent(error: BotoCoreError) -> IdentitySilent:
    return IdentitySilent(f"the identity provider does not answer ({type(error).__name__}); try again in a moment")
