"""The whole system in containers for tests: the cloud side and three boxes, on an engine of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import story
from demo.stage import Meters, Stage
from deploy.chain.governance import Governance
from deploy.cls_box.provision.desk import Member
from deploy.cls_box.provision.hand import EngineHand
from deploy.cls_box.provision.steps import Wish, lay_out, prove
from deploy.cls_box.rollout.engine import DockerEngine
from deploy.containers import box as box_containers
from deploy.containers import cloud
from deploy.containers.compose import BOX_FILE, CLOUD_FILE
from deploy.containers.engine import Engine, Project
from deploy.containers.prepare import GATEWAY, NETWORK, Folder, boxes
from deploy.local.boxes import Box
from deploy.local.fill import fill
from deploy.local.fill.people import Person
from deploy.local.identity.files import read_json
from deploy.local.plan import Plan, Program
from deploy.local.settings import REPO, Settings
from services.shared.wait import wait_until

Say = Callable[[str], None]
VPN = "tbi-vpn"
_DOOR = {"TBI_CHAIN_URLS": f"https://{GATEWAY}:8443", "TBI_LINK_DIR": "/var/lib/tbi/box/link"}
_SHORT_SLOTS = {"TBI_POINTS_REFRESH_S": "5"}
"""The day is traded on a market of its own with slots of seconds: boxes that sample by the quarter hour must notice."""
_BOX_IMAGE = "tbienergy/box:local"
_WELL_S = 240.0
_GATEWAY, _IDENTITY = 17480, 17466


@dataclass(frozen=True)
class Laid(Settings):
    """The folder that the containers share with whoever operates them."""

    @property
    def identity(self) -> Path:
        return self.data / "pool/identity.json"

    @property
    def users(self) -> Path:
        return self.data / "pool/demo-users.json"


@dataclass(frozen=True)
class ContainerStage(Stage):
    """The story's stage, whose boxes are compose projects."""

    projects: dict[str, Project]

    @contextmanager
    def without_link(self, name: str) -> Iterator[Callable[[], None]]:
        project = self.projects[name]
        project("stop", "box-connector")
        try:
            yield lambda: _start(project)
        finally:
            _start(project)


def _called(name: str) -> str:
    """A player's box as its containers and its certificate name it."""
    return f"box-{name}"


def _start(project: Project) -> None:
    project("start", "box-connector")


class World:
    """What runs, and how it is reached."""

    def __init__(self, engine: Engine, folder: Folder, say: Say) -> None:
        self.engine, self.folder, self.say = engine, folder, say
        published = {"TBI_GATEWAY_PORT": str(_GATEWAY), "TBI_IDENTITY_PORT": str(_IDENTITY)}
        origin = {"TBI_IDENTITY_ORIGIN": f"http://localhost:{_IDENTITY}", "TBI_VPN": VPN}
        self.cloud = Project(engine, REPO / CLOUD_FILE, {**folder.environment(), **published, **origin}, (cloud.LOCAL,))
        self.boxes = {
            box.name: Project(
                engine,
                REPO / BOX_FILE,
                {**folder.box_environment(box), **_DOOR, **_SHORT_SLOTS, "TBI_VPN": VPN, **engine.socket_environment()},
                (box_containers.STAND_INS,),
            )
            for box in boxes()
            if box.name in story.PLAYERS
        }

    def build(self) -> None:
        self.engine.make_base()
        self.engine.make_mongo()
        self.say("building the cloud side's images")
        self.cloud.build()
        self.say("building the box's images")
        next(iter(self.boxes.values())).build()

    def up(self) -> None:
        """From an empty folder to a filled market."""
        self.folder.lay_out()
        self._network()
        self.cloud("up", "--detach", "--no-build", "identity", *cloud.PRODUCERS)
        self._wait(self.cloud)
        self.folder.describe_pool(f"http://localhost:{_IDENTITY}")
        self.say("the chain is booted and given to its four partners")
        self.cloud("--profile", "boot", "run", "--rm", "--no-TTY", "boot")
        self.cloud("up", "--detach", "--no-build")
        self._wait(self.cloud)
        for box in self._boxes():
            self._begin(box)
        for box in self._boxes():
            self._finish(box)
        fill(self.plan(), self.say)
        self.folder.give_away()

    def down(self) -> None:
        """Everything that was started, with its volumes."""
        for project in self.boxes.values():
            project("down", "--volumes", "--remove-orphans", "--timeout", "40")
        self.cloud("down", "--volumes", "--remove-orphans", "--timeout", "40")
        if VPN in self.engine.docker("network", "ls", "--format", "{{.Name}}").split():
            self.engine.docker("network", "rm", VPN)

    def plan(self) -> Plan:
        """As much of a plan as the first fill and the story ask of one."""
        programs = [
            Program("gateway", (), host="127.0.0.1", ports=(_GATEWAY,), probe="http"),
            Program("chain", (), host=self.cloud.address(cloud.FOUNDER), ports=(8888,), probe="chain"),
        ]
        programs += [
            Program(f"{name}.openems", (), host=project.address("openems"), ports=(8084,), probe="openems")
            for name, project in self.boxes.items()
        ]
        nowhere = Path("/nowhere")
        return Plan(Laid(self.folder.path, 0, "", nowhere), tuple(programs), tuple(self._boxes()))

    def stage(self) -> ContainerStage:
        plan = self.plan()
        users = read_json(plan.settings.users)
        gateway = plan.url("gateway")
        people = {
            role: Person(gateway, user["username"], user["password"], user["sub"]) for role, user in users.items()
        }
        meters = {
            box.name: Meters(box, f"http://{plan.program(f'{box.name}.openems').address}") for box in self._boxes()
        }
        chain = Governance([plan.url("chain")], self.folder.keyring, self.folder.founder_key)
        return ContainerStage(plan, chain, people, meters, self.boxes)

    def member(self, name: str) -> Member:
        """What the operator's desk knows of a player's box."""
        member = self.folder.desk.member(_called(name))
        assert member is not None, name
        return member

    def limits(self) -> list[dict[str, Any]]:
        """What each container uses now, as the engine tells."""
        lines = self.engine.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}").splitlines()
        return [dict(zip(("name", "used"), line.split(" ", 1), strict=True)) for line in lines]

    def _boxes(self) -> list[Box]:
        return [box for box in boxes() if box.name in story.PLAYERS]

    def _begin(self, box: Box) -> None:
        """Its containers start without a key and without a certificate."""
        name, address, points, units = _called(box.name), box.address, *map(tuple, box.metered)
        lay_out(self.folder.desk, Wish(name, address, points, units), self._hand(box), self.say)
        self.boxes[box.name]("up", "--detach", "--no-build")

    def _finish(self, box: Box) -> None:
        """Its TPM's key and its certificate, with which it comes in by the gateway's door."""
        self._wait(self.boxes[box.name])
        prove(self.folder.desk, self.member(box.name), self._hand(box), self.say)

    def _hand(self, box: Box) -> EngineHand:
        engine = DockerEngine(("DOCKER_HOST", self.engine.host), _called(box.name))
        return EngineHand(engine, str(self.folder.box(box)), _BOX_IMAGE)

    def _network(self) -> None:
        if VPN not in self.engine.docker("network", "ls", "--format", "{{.Name}}").split():
            self.engine.docker("network", "create", "--subnet", NETWORK, "--ip-range", "10.77.200.0/24", VPN)

    def _wait(self, project: Project) -> None:
        amiss: list[str] = []

        def well() -> bool:
            amiss[:] = project.unwell()
            return not amiss

        try:
            wait_until(well, _WELL_S, every=2.0, what="the containers' health")
        except TimeoutError as error:
            logs = project("logs", "--tail", "15", *(name.split(" ")[0] for name in amiss[:3]))
            raise TimeoutError(f"not well: {', '.join(amiss)}\n{logs}") from error
