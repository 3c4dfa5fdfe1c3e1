"""OpenEMS' errors: a number and a text."""

from __future__ import annotations


class OpenemsError(Exception):
    """`code`: 1 generic, 1002 role denied, 1003 authentication failed, 2000 no such component, 4001 unhandled method,
    5000 and more for JSON that does not fit."""

    def __init__(self, code: int, message: str, *data: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = list(data)


def generic(message: str) -> OpenemsError:
    return OpenemsError(1, message, message)


def role_denied(what: str, needed: str, role: str) -> OpenemsError:
    return OpenemsError(
        1002, f"Access to this resource [{what}] is denied for Role [{role}]; it needs [{needed}]", what
    )


def authentication_failed() -> OpenemsError:
    return OpenemsError(1003, "Authentication failed")


def no_component(component: str) -> OpenemsError:
    return OpenemsError(2000, f"Unable to find OpenEMS Component with ID [{component}]", component)


def unhandled_method(method: str) -> OpenemsError:
    return OpenemsError(4001, f"Unhandled JSON-RPC method [{method}]", method)


def no_member(name: str) -> OpenemsError:
    return OpenemsError(5000, f"JSON has no member [{name}]", name)


def not_fitting(name: str, what: str) -> OpenemsError:
    return OpenemsError(5001, f"JSON member [{name}] is not {what}", name)
