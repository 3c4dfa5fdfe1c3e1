"""Bringing the local system up, in order, and saying so. Safe to repeat; what fails is taken down again."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from deploy.chain.boot import BootError, boot
from deploy.chain.governance import Governance, Keyring
from deploy.local import preflight
from deploy.local.health import OK, health
from deploy.local.plan import Plan, Program, folders
from deploy.local.provisioning import ProvisioningError, prepare, register
from deploy.local.supervise import Supervisor, SupervisorError, log_file
from services.shared.chain.errors import ChainError
from services.shared.wait import wait_until

Say = Callable[[str], None]
_HEALTHY_S = 90.0
_FAILURES = (BootError, ChainError, ProvisioningError, SupervisorError, TimeoutError)


class UpError(Exception):
    """The system did not come up; one sentence with cause and cure. What was started has been stopped again."""


def up(plan: Plan, say: Say, readings: preflight.Readings | None = None) -> None:
    """From whatever state to a running system. Raises PreflightError (nothing was started) and UpError."""
    supervisor = Supervisor(plan.settings)
    if supervisor.pid() is None:
        _check_keys(plan)
        preflight.check(plan, readings)
    with _alone(plan):
        ran = supervisor.pid() is not None
        try:
            (_complete if ran else _begin)(plan, supervisor, say)
        except _FAILURES as error:
            if ran:
                raise UpError(
                    f"{error}. The rest runs on; ./tbi status and the logs in {plan.settings.logs} say more"
                ) from error
            supervisor.shutdown()
            raise UpError(f"{error}. Everything was stopped again; the logs are in {plan.settings.logs}") from error
        except BaseException:
            if not ran:
                supervisor.shutdown()
            raise


def _check_keys(plan: Plan) -> None:
    """A chain that was made answers to the keys it was made with: new ones in their place would be of no use."""
    lost = Keyring(plan.settings.keys).missing() if plan.settings.endpoints.exists() else []
    if lost:
        raise UpError(
            f"key files are missing: {', '.join(lost)}. Restore them from a backup, or begin anew: ./tbi reset"
        )


def governance(plan: Plan) -> Governance:
    """The running chain, with the operator's keys of this data folder."""
    return Governance(
        [plan.program("chain").url or ""], Keyring(plan.settings.keys), plan.chain_folder / "producer.key"
    )


def _begin(plan: Plan, supervisor: Supervisor, say: Say) -> None:
    began = time.monotonic()
    _lay_out(plan)
    supervisor.launch(plan)
    _bring_up(plan, supervisor, say)
    say(f"everything runs after {time.monotonic() - began:.0f} s; addresses are in {plan.settings.endpoints}")


def _complete(plan: Plan, supervisor: Supervisor, say: Say) -> None:
    """The system runs already, or was interrupted on its way up."""
    idle = [
        name for name, state in supervisor.states().items() if state.state not in ("RUNNING", "STARTING", "BACKOFF")
    ]
    if idle:
        say(f"runs in part; starting {', '.join(idle)}")
        _bring_up(plan, supervisor, say)
        return
    _wait_for(plan, list(plan.programs), supervisor, _silent)
    say(f"runs already, with its data in {plan.settings.data}:")
    for name, url in plan.endpoints().items():
        say(f"  {name:32} {url}")


def _bring_up(plan: Plan, supervisor: Supervisor, say: Say) -> None:
    early = [program for program in plan.programs if program.early]
    set_up = [prepare(plan, box) for box in plan.boxes]
    chain = governance(plan)
    first = not plan.settings.endpoints.exists()
    chain.keyring.public_keys()
    supervisor.start([program.name for program in (early if first else plan.programs)])

    wait_until(lambda: health(plan.program("chain")) == OK, _HEALTHY_S, what="the chain's first block")
    say(f"chain runs at {plan.program('chain').url}")
    boot(chain, plan.settings.chain_env, lambda text: say(f"  {text}"))
    _wait_for(plan, early, supervisor, say if first else _silent)
    for entry in set_up:
        if register(plan, chain, entry):
            say(f"box {entry.box.name} registered as {entry.account}, signing with its TPM")

    _write(plan.settings.endpoints, json.dumps(plan.endpoints(), indent=1) + "\n")
    supervisor.start([program.name for program in plan.programs])
    _wait_for(plan, [program for program in plan.programs if not (first and program.early)], supervisor, say)


def _wait_for(plan: Plan, programs: list[Program], supervisor: Supervisor, say: Say) -> None:
    """Until all are healthy; says each as it comes. Raises TimeoutError with what is amiss."""
    waiting = {program.name: "not asked yet" for program in programs}

    def one_round() -> bool:
        states = supervisor.states()
        asked = [program for program in programs if program.name in waiting]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(health, asked))
        for program, answer in zip(asked, answers, strict=True):
            state = states[program.name].state
            if answer == OK and (state == "RUNNING" or (state == "STARTING" and program.probe != "process")):
                del waiting[program.name]
                say(f"{program.name} runs{f' at {program.address}' if program.address else ''}")
            else:
                waiting[program.name] = answer if state == "RUNNING" else f"{state.lower()}, {answer}"
        return not waiting

    try:
        wait_until(one_round, _HEALTHY_S, every=0.2, what="the parts' health")
    except TimeoutError as error:
        name, why = next(iter(waiting.items()))
        others = f" (and {len(waiting) - 1} more parts)" if len(waiting) > 1 else ""
        raise TimeoutError(f"{name} is not well{others}: {why}{_last_words(plan, name)}") from error


def _last_words(plan: Plan, name: str) -> str:
    """The last line that a part wrote."""
    try:
        lines = log_file(plan.settings, name).read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    return f'; the last that it wrote: "{lines[-1].strip()}"' if lines else "; it wrote nothing"


def _lay_out(plan: Plan) -> None:
    settings = plan.settings
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(settings.mark, json.dumps({"port_offset": settings.port_offset}) + "\n")
    for folder in (settings.run, settings.logs, settings.keys, *folders(plan)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


@contextmanager
def _alone(plan: Plan) -> Iterator[None]:
    """One `up` at a time for a data folder."""
    plan.settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not plan.settings.mark.exists():
        _write(plan.settings.mark, json.dumps({"port_offset": plan.settings.port_offset}) + "\n")
    with (plan.settings.data / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UpError(f"another ./tbi up is at work on {plan.settings.data}: wait for it") from error
        yield


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(text)
    draft.rename(path)


def _silent(_text: str) -> None:
    return
