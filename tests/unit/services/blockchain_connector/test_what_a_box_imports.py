"""A box's connector is the same program as the cloud side's, but pays for nothing that only that one needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

BOX_PROGRAMS = (
    "services.blockchain_connector.__main__",
    "services.cls_box_logic.__main__",
    "services.tpm_api.__main__",
)


@pytest.mark.parametrize("program", [*BOX_PROGRAMS, "services.cls_box_logic.worker"])
def test_a_box_loads_neither_generated_clients_nor_boto3(program: str) -> None:
    """docs/adr/0012: pydantic and a client are 12 MB in each process, boto3 as much again."""
    look = f"import sys, {program}; print(*sorted({{'pydantic', 'clients', 'boto3', 'botocore'}} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_engines_proxy_loads_the_standard_library_alone() -> None:
    """It stands beside four processes that have 200 MB together (P11)."""
    look = (
        "import sys, services.cls_box_logic.engine_proxy; "
        "print(*sorted({'flask', 'requests', 'docker', 'jsonschema', 'services.shared.web'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
