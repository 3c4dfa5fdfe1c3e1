"""How each service is brought up for the tests of its interface; a service that is not here fails them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from tests.apis.stages.background_manager_logic import background_manager_logic
from tests.apis.stages.blockchain_connector import blockchain_connector, box_connector
from tests.apis.stages.cls_box_logic import cls_box_logic
from tests.apis.stages.forecast_connector import forecast_connector
from tests.apis.stages.ground import Ground
from tests.apis.stages.mastr_connector import mastr_connector
from tests.apis.stages.tpm_api import tpm_api
from tests.apis.target import Target

__all__ = ["AT_A_BOX", "STAGES", "Ground"]

STAGES: Mapping[str, Callable[[Ground], AbstractContextManager[Target]]] = {
    stage.__name__: stage
    for stage in (
        background_manager_logic,
        blockchain_connector,
        cls_box_logic,
        forecast_connector,
        mastr_connector,
        tpm_api,
    )
}

AT_A_BOX: Mapping[str, Callable[[Ground], AbstractContextManager[Target]]] = {"box_connector": box_connector}
"""The service that runs on both sides has another guard at a box."""
