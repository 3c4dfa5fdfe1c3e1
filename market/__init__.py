"""The market in plain Python: the specification that runs.

`contracts/README.md` says the rules in words; this package says them in code, in the same order of checks. It is what
the contracts are tested
against, what the auditor recomputes with and what the keeper plans with. It imports nothing but the standard library.
"""
