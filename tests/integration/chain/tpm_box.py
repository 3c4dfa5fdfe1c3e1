"""What of a box signs: swtpm, the TPM API and the connector, as processes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from services.shared.wait import wait_until
from services.tpm_api.swtpm import free_port_pair, swtpm_command, swtpm_tcti
from tests.integration.chain.connector import Connector
from tests.integration.chain.support import Chain, ServedProcess, free_port


@dataclass
class TpmBox:
    """`key`: what its TPM made. The account need not be there yet."""

    account: str
    key: str
    connector: Connector
    tpm_api: ServedProcess


@contextmanager
def tpm_box(chain: Chain, folder: Path, account: str) -> Iterator[TpmBox]:
    """A box that acts for `account` with a new TPM's key; its connector is not started yet."""
    port, api_port = free_port_pair(), free_port()
    (folder / "tpm").mkdir(parents=True)
    config = folder / "box.json"
    config.write_text(json.dumps({"name": "box1", "account": account}))
    connector = Connector(
        folder,
        chain.node.url,
        TBI_BOX_CONFIG=str(config),
        TBI_TPM_API_URL=f"http://127.0.0.1:{api_port}",
        TBI_CLS_BOX_LOGIC_URL=f"http://127.0.0.1:{free_port()}",
    )
    tpm_api = ServedProcess(
        "services.tpm_api",
        {
            "TBI_TPM_TCTI": swtpm_tcti(port),
            "TBI_PORT": str(api_port),
            "TBI_STATE_DIR": str(folder / "tpm-api"),
            "TBI_BOX_CONFIG": str(config),
            "TBI_BOX_SECRET_FILE": str(folder / "secret"),
        },
        folder / "tpm-api.log",
    )
    swtpm = subprocess.Popen(swtpm_command(folder / "tpm", port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        tpm_api.start()
        url = f"http://127.0.0.1:{api_port}/tpm-api/api/v1"
        key = wait_until(lambda: _make_key(url, connector.headers), 20, what="the TPM's key")
        yield TpmBox(account, key, connector, tpm_api)
    finally:
        connector.process.stop()
        tpm_api.stop()
        swtpm.terminate()
        swtpm.wait(10)


def _make_key(url: str, headers: dict[str, str]) -> str | None:
    try:
        answer = requests.post(f"{url}/key", json={"label": "account"}, headers=headers, timeout=10)
        key = requests.get(f"{url}/key/account", headers=headers, timeout=10)
    except requests.RequestException:
        return None
    assert answer.ok, answer.text
    return str(key.json()["public_key"])
