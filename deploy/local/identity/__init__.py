"""The local emulation of Amazon Cognito: `python -m deploy.local.identity`.

__main__.py   the supervised parent: starts the emulation, sets the pool up, writes the files that others read
emulation.py  the child process: ministack in an environment of its own
front.py      what runs in that environment: ministack with a guard before it (guard.py, sigv4.py)
second_factor.py  the triggers of the sign-in with a security key, called in ministack's process
pool.py       the pool as it is to be: clients, groups, attributes (boto3, safe to repeat)
people.py     the demonstration's users
"""
