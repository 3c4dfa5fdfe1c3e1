"""The supervisor's configuration, as the supervisor itself reads it."""

import shlex

import pytest
from supervisor.options import ServerOptions

from deploy.local.plan import Plan
from deploy.local.supervise import Supervisor, configuration


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
    assert ranks["chain"] < ranks["seller.swtpm"] < ranks["seller.tpm-api"] < ranks["seller.blockchain-connector"]


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
