"""The pool as it is to be. Every step is safe to repeat, and none takes back what an administrator changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy.local.identity.people import MACHINE, MACHINES, Person, new_password

POOL_NAME: Final = "tbienergy"
GROUPS: Final = {
    "Admin": "manages boxes, units, meters and participants",
    "User": "trades on the local energy market",
    "EVU": "runs the market and its balancing group",
    MACHINES: "programs that sign in with a password alone: nobody touches a security key for them",
}
ATTRIBUTES: Final = {"betreiber_mastr_nr": 20, "eos_account": 12, "cls_box_ip": 45, "kwh_annum": 12}
"""Custom attributes with their greatest length. No client may write them: administrators only."""

SERVICES: Final = (
    *("background-manager-logic", "mastr-connector", "forecast-connector", "blockchain-connector"),
    *("trigger-service", "sign-in"),
)
"""Each has a client of its own for the client credentials grant."""

SCOPE_SERVER, SCOPE_NAME = "tbi", "service"
SERVICE_SCOPE: Final = f"{SCOPE_SERVER}/{SCOPE_NAME}"
_WRITABLE: Final = ["locale"]


@dataclass(frozen=True)
class Clients:
    """Client ids, and the secrets of those services that have one."""

    pool_id: str
    portal: str
    machine: str
    services: Mapping[str, str]
    secrets: Mapping[str, str]


def set_up(cognito: Any) -> Clients:
    """Pool, groups, clients: made where they are missing."""
    pool_id = _pool(cognito)
    have = {group["GroupName"] for group in _all(cognito, "list_groups", "Groups", UserPoolId=pool_id)}
    for name, description in GROUPS.items():
        if name not in have:
            cognito.create_group(UserPoolId=pool_id, GroupName=name, Description=description)
    _scope(cognito, pool_id)
    known = {
        client["ClientName"]: client["ClientId"]
        for client in _all(cognito, "list_user_pool_clients", "UserPoolClients", UserPoolId=pool_id)
    }
    ids = {
        name: _client(cognito, pool_id, name, known.get(name), wanted)
        for name, wanted in {"portal": _PORTAL, "machine": _MACHINE, **dict.fromkeys(SERVICES, _SERVICE)}.items()
    }
    secrets = {name: _secret(cognito, pool_id, ids[name]) for name in SERVICES}
    return Clients(pool_id, ids["portal"], ids["machine"], {name: ids[name] for name in SERVICES}, secrets)


def add_people(
    cognito: Any, pool_id: str, people: tuple[Person, ...], passwords: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """The users that are missing, with a password; role -> username, password, email, groups, attributes, sub, client,
    and for those who have a box what stands at their place.

    A user who is there keeps his password as long as `passwords` knows it, and what attributes he has.
    """
    return {person.role: _person(cognito, pool_id, person, passwords.get(person.role)) for person in people}


def _person(cognito: Any, pool_id: str, person: Person, password: str | None) -> dict[str, Any]:
    at = {"UserPoolId": pool_id, "Username": person.role}
    wanted = {
        "email": person.email,
        "email_verified": "true",
        **{f"custom:{name}": value for name, value in person.attributes.items()},
    }
    try:
        user = cognito.admin_get_user(**at)
    except cognito.exceptions.UserNotFoundException:
        password = None
        cognito.admin_create_user(**at, UserAttributes=_pairs(wanted), MessageAction="SUPPRESS")
        user = cognito.admin_get_user(**at)
    have = {entry["Name"]: entry["Value"] for entry in user["UserAttributes"]}
    missing = {name: value for name, value in wanted.items() if name not in have}
    if missing:
        cognito.admin_update_user_attributes(**at, UserAttributes=_pairs(missing))
    if password is None or user["UserStatus"] == "FORCE_CHANGE_PASSWORD":
        password = new_password()
        cognito.admin_set_user_password(**at, Password=password, Permanent=True)
    groups = [group["GroupName"] for group in cognito.admin_list_groups_for_user(**at)["Groups"]]
    for group in {person.group, *person.also} - set(groups):
        cognito.admin_add_user_to_group(**at, GroupName=group)
    shown = {**missing, **have}
    return {
        "username": person.role,
        "password": password,
        "email": shown["email"],
        "groups": sorted({*groups, person.group, *person.also}),
        "attributes": {name: shown[f"custom:{name}"] for name in ATTRIBUTES if f"custom:{name}" in shown},
        "sub": shown["sub"],
        "client": "machine" if person.role == MACHINE else "portal",
        **({} if person.household is None else {"household": dict(person.household)}),
    }


def _pool(cognito: Any) -> str:
    for pool in _all(cognito, "list_user_pools", "UserPools"):
        if pool["Name"] == POOL_NAME:
            return str(pool["Id"])
    made = cognito.create_user_pool(
        PoolName=POOL_NAME,
        AliasAttributes=["email"],
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        MfaConfiguration="OFF",
        Policies={
            "PasswordPolicy": {
                "MinimumLength": 12,
                "RequireLowercase": True,
                "RequireUppercase": True,
                "RequireNumbers": True,
                "RequireSymbols": False,
                "TemporaryPasswordValidityDays": 7,
            }
        },
        Schema=[
            {
                "Name": name,
                "AttributeDataType": "String",
                "Mutable": True,
                "StringAttributeConstraints": {"MinLength": "0", "MaxLength": str(longest)},
            }
            for name, longest in ATTRIBUTES.items()
        ],
    )
    return str(made["UserPool"]["Id"])


def _scope(cognito: Any, pool_id: str) -> None:
    try:
        cognito.describe_resource_server(UserPoolId=pool_id, Identifier=SCOPE_SERVER)
    except cognito.exceptions.ResourceNotFoundException:
        cognito.create_resource_server(
            UserPoolId=pool_id,
            Identifier=SCOPE_SERVER,
            Name="tbiEnergy",
            Scopes=[{"ScopeName": SCOPE_NAME, "ScopeDescription": "A service calls another service"}],
        )


def _client(cognito: Any, pool_id: str, name: str, client_id: str | None, wanted: Mapping[str, Any]) -> str:
    """A client with these settings; an existing one is brought to them (a client is set up here and nowhere else)."""
    if client_id is not None:
        changeable = {key: value for key, value in wanted.items() if key != "GenerateSecret"}
        cognito.update_user_pool_client(UserPoolId=pool_id, ClientId=client_id, ClientName=name, **changeable)
        return client_id
    made = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName=name, **wanted)
    return str(made["UserPoolClient"]["ClientId"])


def _secret(cognito: Any, pool_id: str, client_id: str) -> str:
    told = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)
    return str(told["UserPoolClient"]["ClientSecret"])


_COMMON: Final[dict[str, Any]] = {
    "AccessTokenValidity": 1,
    "IdTokenValidity": 1,
    "TokenValidityUnits": {"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days"},
    "PreventUserExistenceErrors": "ENABLED",
    "EnableTokenRevocation": True,
    "WriteAttributes": _WRITABLE,
}
_PORTAL: Final[dict[str, Any]] = {
    **_COMMON,
    "RefreshTokenValidity": 1,
    "ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],  # no way around the challenge
    "ReadAttributes": ["email", "email_verified", "locale", *(f"custom:{name}" for name in ATTRIBUTES)],
}
_MACHINE: Final[dict[str, Any]] = {
    **_PORTAL,
    "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
}
_SERVICE: Final[dict[str, Any]] = {
    **_COMMON,
    "RefreshTokenValidity": 1,
    "GenerateSecret": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": [SERVICE_SCOPE],
    "AllowedOAuthFlowsUserPoolClient": True,
}


def _pairs(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def _all(cognito: Any, method: str, member: str, **arguments: Any) -> list[dict[str, Any]]:
    size = "Limit" if method == "list_groups" else "MaxResults"
    found: list[dict[str, Any]] = []
    while True:
        page = getattr(cognito, method)(**arguments, **{size: 60})
        found += page.get(member, [])
        if not page.get("NextToken"):
            return found
        arguments["NextToken"] = page["NextToken"]
