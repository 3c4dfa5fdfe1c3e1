"""The system in containers, from the same plan as without (deploy/local/plan).

translation.py  a program of the plan as a container's: addresses become names, files become mounts
common.py       what every container is kept to
cloud.py        the cloud side's containers; box.py those of a box
compose.py      the two compose files and the gateway's configuration as text: `python -m deploy.containers` writes
                them, with `--check` it compares (so does a unit test)
engine.py       an engine of our own for a while; base.py base images made here; emulation.py programs of ARMv7 on
                this machine; memory.py what processes take
prepare.py      an operator's folder for a system on one machine: keys, secrets, the boxes' folders
"""
