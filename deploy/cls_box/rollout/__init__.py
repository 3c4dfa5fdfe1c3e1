"""Brings a box or a fleet to a version over remote engines, and back when it does not do well: docs/adr/0029.

fleet.py     the fleet file: boxes, versions by digest, limits; read and checked
steps.py     the steps of an update and what follows from each: no box, no engine, only the order
bundle.py    what a box runs: compose file with digests, environment; read from and written to text
state.py     where each box stands, on disk before anything is done
ports.py     what an update asks of a box's engine
engine.py    the same through `docker` and compose, over a context, SSH or a socket
judge.py     whether a box may be updated, and whether it is well afterwards
update.py    one box: the steps carried out
campaign.py  many boxes: canaries first, some at a time, stopped after failures
report.py    as a table and as JSON
"""
