"""What runs, as data: every program with its command, environment, address and health. Nothing here starts anything.

    cloud side, 127.0.0.1        gateway (8080), background-manager-logic (8090), mastr-connector (8085) and
    (cloud.py)                   forecast-connector (8092) with their workers, the oracle, blockchain-connector (8083),
                                 keeper; chain (8888, 9876 for other nodes), identity (4566), mongod (27017),
                                 redis (6379), the register's simulator (8086)
    each box, an address of its  cls-box-logic (8081) with its worker, tpm-api (8082), blockchain-connector (8083),
    own, 127.0.1.11 and up       openems (8084), redis (6379), swtpm (2321, 2322)
    (box.py)

In the field the TPM API, Redis and the TPM are reached from inside the box only; on one machine nothing but the box's
secret keeps the boxes apart.
"""

from __future__ import annotations

from pathlib import Path

from deploy.local.boxes import BOXES
from deploy.local.plan.box import PARTS, BoxPrograms
from deploy.local.plan.cloud import FOLDERS, PORTS, CloudPrograms
from deploy.local.plan.program import CLOUD, Plan, Probe, Program
from deploy.local.settings import Settings

__all__ = ["CLOUD", "PORTS", "Plan", "Probe", "Program", "folders", "make"]


def make(settings: Settings) -> Plan:
    """The plan of the local system for these settings, in the order in which programs start."""
    programs = CloudPrograms(settings).programs()
    programs += [program for box in BOXES for program in BoxPrograms(settings, box).programs()]
    return Plan(settings, tuple(sorted(programs, key=lambda program: program.rank)))


def folders(plan: Plan) -> list[Path]:
    """Every folder that a program writes to."""
    cloud = [plan.settings.data / name for name in FOLDERS]
    return [plan.chain_folder, *cloud, *(plan.box_folder(box) / part for box in plan.boxes for part in PARTS)]
