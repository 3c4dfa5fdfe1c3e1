"""What `up` says at its end."""

import json

from deploy.local.announce import announce, table
from deploy.local.plan import Plan

USERS = {
    "admin": {"username": "admin", "password": "aaaa-bbbb", "groups": ["Admin"]},
    "seller": {"username": "seller", "password": "cccc-dddd", "groups": ["User"]},
    "newcomer": {"username": "newcomer", "password": "eeee-ffff", "groups": ["User"]},
}


def test_users_stand_in_a_table_with_password_role_and_box(plan: Plan) -> None:
    plan.settings.data.mkdir()
    plan.settings.users.write_text(json.dumps(USERS))
    heads, admin, seller, newcomer = table(plan)
    assert heads.split() == ["USER", "PASSWORD", "ROLE"]
    assert admin.split() == ["admin", "aaaa-bbbb", "Admin"]
    assert seller.endswith("User, box 127.0.1.11")
    assert newcomer.endswith("User, box 127.0.1.14 (not added yet)")


def test_it_names_the_portal_and_says_what_this_is_not(plan: Plan) -> None:
    said: list[str] = []
    announce(plan, said.append)
    text = "\n".join(said)
    assert "portal: http://localhost:8080" in text
    assert str(plan.settings.endpoints) in text
    assert "no security boundaries" in text
