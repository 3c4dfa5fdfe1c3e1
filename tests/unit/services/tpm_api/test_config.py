"""What the TPM API takes from its environment, and how it learns the box's account."""

import json
from pathlib import Path

import pytest

from services.shared.web import ConfigurationError, load
from services.tpm_api.config import AccountUnknown, Config, OwnAccount, as_account
from services.tpm_api.swtpm import swtpm_command

ENVIRONMENT = {
    "TBI_TPM_TCTI": "swtpm:host=127.0.0.1,port=2321",
    "TBI_STATE_DIR": "/var/lib/tbi",
    "TBI_BOX_SECRET_FILE": "/var/lib/tbi/secret",
}


def test_three_variables_are_enough() -> None:
    config = load(Config, ENVIRONMENT)
    assert (config.host, config.port, config.account, config.threads) == ("127.0.0.1", 8082, None, 4)


@pytest.mark.parametrize("variable", list(ENVIRONMENT))
def test_a_missing_variable_is_named(variable: str) -> None:
    rest = {name: value for name, value in ENVIRONMENT.items() if name != variable}
    with pytest.raises(ConfigurationError, match=f"{variable} is not set"):
        load(Config, rest)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("TBI_ACCOUNT", "Box1"), ("TBI_ACCOUNT", "a" * 13), ("TBI_ACCOUNT", "box1."), ("TBI_CHAIN_ID", "abc")],
)
def test_a_wrong_variable_is_named(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{variable} is '{value}'"):
        load(Config, {**ENVIRONMENT, variable: value})


def test_an_account_is_one_of_the_chains() -> None:
    assert as_account("box1.lem") == "box1.lem"


def test_the_account_is_known_as_soon_as_the_provisioning_file_names_it(tmp_path: Path) -> None:
    file = tmp_path / "box.json"
    account = OwnAccount(None, file)
    for content in (None, "", "{", "[]", "{}", '{"account": null}', '{"account": "NOT ONE"}'):
        if content is not None:
            file.write_text(content)
        with pytest.raises(AccountUnknown, match="TBI_BOX_CONFIG"):
            account()
    file.write_text(json.dumps({"name": "box", "account": "box1"}))
    assert account() == "box1"
    file.unlink()
    assert account() == "box1"


def test_the_environments_account_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "box.json"
    file.write_text(json.dumps({"account": "box2"}))
    assert OwnAccount("box1", file)() == "box1"


def test_without_any_source_both_are_named() -> None:
    with pytest.raises(AccountUnknown, match=r"TBI_ACCOUNT or TBI_BOX_CONFIG"):
        OwnAccount(None, None)()


def test_swtpm_wants_an_absolute_directory() -> None:
    with pytest.raises(ValueError, match="absolute"):
        swtpm_command("state", 2321)
    assert "dir=/state,mode=0600" in swtpm_command("/state", 2321)
