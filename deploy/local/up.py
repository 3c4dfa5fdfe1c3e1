"""Bringing the local system up, in order, and saying so. Safe to repeat; what fails is taken down again."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

from deploy.chain.boot import BootError, boot
from deploy.chain.governance import Governance, Keyring
from deploy.local import api_docs, gateway, javascript, keys, portal, preflight
from deploy.local.announce import announce
from deploy.local.fill import FillError, fill
from deploy.local.health import OK, health
from deploy.local.identity.files import write_json
from deploy.local.plan import Plan, folders
from deploy.local.provisioning import ProvisioningError, is_provisioned, lay_secrets, provision_all
from deploy.local.settings import REPO
from deploy.local.supervise import Supervisor, SupervisorError
from deploy.local.wellness import Say, wait_for
from services.shared.chain.errors import ChainError
from services.shared.wait import wait_until

_CHAIN_S = 90.0
_FAILURES = (BootError, ChainError, ProvisioningError, SupervisorError, TimeoutError)


class UpError(Exception):
    """The system did not come up; one sentence with cause and cure.

    What was started has been stopped again, unless it is only the first fill that did not go on.
    """


def up(plan: Plan, say: Say, readings: preflight.Readings | None = None, *, with_portal: bool = True) -> None:
    """From whatever state to a running system. Raises PreflightError (nothing was started) and UpError.

    `with_portal`: build it beside when it is not current.
    """
    supervisor = Supervisor(plan.settings)
    if supervisor.pid() is None:
        _check_keys(plan)
        preflight.check(plan, readings)
    with _alone(plan):
        ran = supervisor.pid() is not None
        try:
            with _portal_beside(say) if with_portal else nullcontext():
                (_complete if ran else _begin)(plan, supervisor, say)
            announce(plan, say)
        except FillError as error:
            raise UpError(f"{error}. Everything runs; ./tbi up goes on with it") from error
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
    if lost := keys.lost(plan):
        raise UpError(
            f"key files are missing: {', '.join(lost)}. Restore them from a backup, or begin anew: ./tbi reset"
        )


def governance(plan: Plan) -> Governance:
    """The running chain, with the operator's keys of this data folder."""
    return Governance([plan.url("chain")], Keyring(plan.settings.keys), plan.chain_folder / "producer.key")


def _begin(plan: Plan, supervisor: Supervisor, say: Say) -> None:
    began = time.monotonic()
    _lay_out(plan)
    supervisor.launch(plan)
    _bring_up(plan, supervisor, say)
    fill(plan, say)
    say(f"everything runs after {time.monotonic() - began:.0f} s")


def _complete(plan: Plan, supervisor: Supervisor, say: Say) -> None:
    """The system runs already, or was interrupted on its way up."""
    idle = [
        name for name, state in supervisor.states().items() if state.state not in ("RUNNING", "STARTING", "BACKOFF")
    ]
    if idle:
        say(f"runs in part; starting {', '.join(idle)}")
        _bring_up(plan, supervisor, say)
    else:
        _renew_gateway(plan, supervisor)
        supervisor.start(["gateway"])
        wait_for(plan, plan.programs, supervisor, _silent)
        say(f"runs already, with its data in {plan.settings.data}")
    fill(plan, say)


def _bring_up(plan: Plan, supervisor: Supervisor, say: Say) -> None:
    """Every program, and a chain that carries the market. The boot goes on beside the rest: it mostly waits."""
    chain = governance(plan)
    chain.keyring.public_keys()
    lay_secrets(plan)
    _renew_gateway(plan, supervisor)
    every = [program.name for program in plan.programs]
    with ThreadPoolExecutor(1) as beside:
        if is_provisioned(plan):
            supervisor.start(every)
            booted = beside.submit(_boot, plan, chain, say)
        else:
            supervisor.start([program.name for program in plan.programs if program.early])
            booted = beside.submit(_boot, plan, chain, say)
            wait_for(plan, [plan.program("identity")], supervisor, _silent)
        provision_all(plan)
        supervisor.start(every)
        wait_for(plan, plan.programs, supervisor, say, unless=lambda: _raise_failure(booted))
        booted.result()
    write_json(plan.settings.endpoints, plan.endpoints())


def _boot(plan: Plan, chain: Governance, say: Say) -> None:
    wait_until(lambda: health(plan.program("chain")) == OK, _CHAIN_S, every=0.2, what="the chain's first block")
    boot(chain, plan.settings.chain_env, lambda text: say(f"  {text}"))


def _raise_failure(booted: Future[None]) -> None:
    if booted.done():
        booted.result()


@contextmanager
def _portal_beside(say: Say) -> Iterator[None]:
    """Build the portal meanwhile when it is not current. Without it everything else runs; what fails is said."""

    def build() -> None:
        try:
            portal.build(REPO, javascript.environment(), say)
        except javascript.JavascriptError as error:
            say(f"the portal is not current: {error}")

    with ThreadPoolExecutor(1) as beside:
        building = beside.submit(build)
        yield
        building.result()


def _renew_gateway(plan: Plan, supervisor: Supervisor) -> None:
    """A gateway that runs with another configuration than it would start with begins anew; /docs/ is there."""
    api_docs.ensure()
    if gateway.write(plan) and supervisor.states()["gateway"].pid:
        supervisor.stop("gateway")


def _lay_out(plan: Plan) -> None:
    settings = plan.settings
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_json(settings.mark, settings.remembered())
    for folder in (settings.run, settings.logs, settings.keys, *folders(plan)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


@contextmanager
def _alone(plan: Plan) -> Iterator[None]:
    """One `up` at a time for a data folder."""
    plan.settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not plan.settings.mark.exists():
        write_json(plan.settings.mark, plan.settings.remembered())
    with (plan.settings.data / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UpError(f"another ./tbi up is at work on {plan.settings.data}: wait for it") from error
        yield


def _silent(_text: str) -> None:
    return
