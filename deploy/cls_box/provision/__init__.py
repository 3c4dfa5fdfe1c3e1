"""A new box, from nothing to ready; a box that is retired or stolen: `python -m deploy.cls_box.provision`.

desk.py       the operator's folder: settings, authority, what is known of each box
vpn.py        addresses and WireGuard's configuration, of both sides
hand.py       how something is done on the box: in its containers, or on this machine
steps.py      the steps; done again, each changes nothing
leaving.py    retired, stolen, renewed
__main__.py   the command
"""
