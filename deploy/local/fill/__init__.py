"""The first fill: what the market needs to be traded on, put there over the gateway's public routes only.

people.py     who calls: administrator, EVU, users, each signed in with name and password
region.py     the register's export and the utility's workbooks, and what of them is missing
household.py  one box with its meter, units, participant, account and money
memory.py     what no route tells: accounts' names that were chosen, money that was given
"""

from deploy.local.fill.fill import fill
from deploy.local.fill.people import FillError

__all__ = ["FillError", "fill"]
