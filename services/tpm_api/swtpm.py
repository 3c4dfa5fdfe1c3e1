"""The software TPM (swtpm) as it is started where a box has no chip: locally and in tests."""

import socket
from pathlib import Path


def swtpm_command(state_dir: Path | str, port: int) -> list[str]:
    """The command that runs swtpm in the foreground, for a supervisor: it ends by SIGTERM and keeps its state.

    Commands come in at `port`, the control channel is `port + 1` (the TCTI insists on it), both on 127.0.0.1.
    `state_dir` must exist. Raises ValueError when it is relative: swtpm would lose it.
    """
    directory = Path(state_dir)
    if not directory.is_absolute():
        raise ValueError(f"swtpm needs an absolute state directory, not {directory}")
    return [
        "swtpm",
        "socket",
        "--tpm2",
        "--tpmstate",
        f"dir={directory},mode=0600",
        "--server",
        f"type=tcp,port={port},bindaddr=127.0.0.1,disconnect",
        "--ctrl",
        f"type=tcp,port={port + 1},bindaddr=127.0.0.1",
        "--flags",
        "not-need-init,startup-clear",
    ]


def swtpm_tcti(port: int) -> str:
    """The value of TBI_TPM_TCTI for a swtpm at `port`."""
    return f"swtpm:host=127.0.0.1,port={port}"


def free_port_pair() -> int:
    """A port P of the loopback interface such that P and P + 1 are free now. Raises OSError when none is found."""
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise OSError("no two neighbouring ports are free")
