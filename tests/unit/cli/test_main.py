"""The command line's frame: what ./tbi --help says is what there is."""

import re

import pytest
from click.testing import CliRunner

from cli.main import _MODULES, HELP, main


def test_help_names_every_command_and_no_other() -> None:
    named = re.findall(r"^  ([a-z]+)  ", HELP.read_text(), flags=re.MULTILINE)
    assert sorted(named) == sorted(_MODULES)


def test_help_is_the_file_that_the_shell_script_shows() -> None:
    assert CliRunner().invoke(main, ["--help"]).output.strip() == HELP.read_text().strip()


@pytest.mark.parametrize("command", sorted(set(_MODULES) - {"demo"}))
def test_each_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {command}")


def test_an_unknown_command_is_refused() -> None:
    result = CliRunner().invoke(main, ["upp"])
    assert result.exit_code == 2
    assert "No such command 'upp'" in result.output


def test_a_port_offset_that_is_none_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TBI_PORT_OFFSET", "many")
    result = CliRunner().invoke(main, ["status"])
    assert result.exit_code == 1
    assert result.output == "Error: TBI_PORT_OFFSET is 'many': give a whole number from 0 to 38000\n"
