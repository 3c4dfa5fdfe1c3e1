"""The supervisor's configuration, as the supervisor itself reads it."""

import shlex

import pytest
from supervisor.options import ServerOptions

from deploy.local.plan import Plan
from deploy.local.supervise import Supervisor, configuration, inherited


@pytest.fixture
def read(plan: Plan) -> ServerOptions:
    for folder in (plan.settings.run, plan.settings.logs):
        folder.mkdir(parents=True)
    conf = plan.settings.run / "supervisord.conf"
    conf.write_text(configuration(plan))
    options = ServerOptions()
    options.realize(["-c", str(conf)])
    return options


def test_every_program_stands_there_with_its_command_and_environment(plan: Plan, read: ServerOptions) -> None:
    told = {group.name: group.process_configs[0] for group in read.process_group_configs}
    assert set(told) == {program.name for program in plan.programs}
    for program in plan.programs:
        command = shlex.split(told[program.name].command)
        assert command == ["setpriv", "--pdeathsig", "TERM", *program.command]
        assert program.environment.items() <= told[program.name].environment.items()


def test_who_dies_is_started_again_and_who_ends_first_is_ranked(plan: Plan, read: ServerOptions) -> None:
    told = {group.name: group.process_configs[0] for group in read.process_group_configs}
    assert all(entry.autorestart and not entry.autostart for entry in told.values())
    ranks = {name: entry.priority for name, entry in told.items()}
    assert ranks["chain"] == ranks["mongod"] == ranks["identity"] < ranks["seller.swtpm"]
    assert ranks["seller.swtpm"] < ranks["background-manager-logic"] < ranks["seller.cls-box-logic"] < ranks["gateway"]


def test_bytecode_is_kept_whatever_the_caller_has_set(read: ServerOptions) -> None:
    told = [group.process_configs[0].environment for group in read.process_group_configs]
    assert {environment["PYTHONDONTWRITEBYTECODE"] for environment in told} == {""}


def test_the_socket_is_for_the_owner_only(plan: Plan, read: ServerOptions) -> None:
    (server,) = read.server_configs
    assert server["file"] == str(plan.settings.run / "supervisor.sock")
    assert server["chmod"] == 0o700


def test_a_percent_sign_in_a_path_is_kept(plan: Plan) -> None:
    object.__setattr__(plan.settings, "data", plan.settings.data / "100%s")
    assert "100%%s" in configuration(plan)


def test_a_process_id_of_somebody_else_is_not_taken_for_the_supervisor(plan: Plan) -> None:
    plan.settings.run.mkdir(parents=True)
    (plan.settings.run / "supervisor.pid").write_text("1\n")
    assert Supervisor(plan.settings).pid() is None


def test_nothing_of_the_callers_own_configures_a_service() -> None:
    given = {"PATH": "/bin", "TBI_IDENTITY_FILE": "/x", "MONGO_URI": "mongodb://x", "AWS_PROFILE": "y", "LANG": "C"}
    assert inherited(given) == {"PATH": "/bin", "LANG": "C"}
    assert inherited({**given, "TBI_LOG_FORMAT": "json"})["TBI_LOG_FORMAT"] == "json"
