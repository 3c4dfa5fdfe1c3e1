"""The programs of the cloud side, at 127.0.0.1."""

from __future__ import annotations

from deploy.chain.accounts import OPERATOR
from deploy.chain.governance import Keyring
from deploy.local.plan.base import Base
from deploy.local.plan.program import CLOUD, Program
from deploy.local.programs import find

PORTS = {
    "background-manager-logic": 8090,
    "mastr-connector": 8085,
    "forecast-connector": 8092,
    "blockchain-connector": 8083,
}
"""The services behind the gateway."""

FOLDERS = (
    *("cloud/blockchain-connector", "cloud/keeper", "cloud/oracle", "cloud/redis", "cloud/background-manager-logic"),
    *("identity", "mongo", "mastr", "forecasts", "triggers", "gateway"),
)
"""What the programs write to, in the data folder."""

_REGISTER_USER = {"MASTR_API_KEY": "simulated-key", "MASTR_AKTEUR": "SOM900000000018"}
"""The one user of the register's stand-in."""


class CloudPrograms(Base):
    def programs(self) -> list[Program]:
        return [
            self._chain(),
            self._identity(),
            *([self._mongod()] if self.settings.mongo_uri is None else []),
            self._redis(),
            self._register(),
            self._manager(),
            self._connector(),
            self._mastr(),
            self._forecast(),
            self._keeper(),
            self._worker("mastr-connector", self._mastr_values()),
            self._worker("forecast-connector", self._forecast_values()),
            self._oracle(),
            self._triggers(),
            self._gateway(),
        ]

    def url(self, service: str) -> str:
        return f"http://{CLOUD}:{self.port(PORTS[service])}/{service}/api/v1"

    def _service(self, name: str, values: dict[str, str]) -> Program:
        port = self.port(PORTS[name])
        return Program(
            name,
            self.module(f"services.{name.replace('-', '_')}"),
            {"TBI_HOST": CLOUD, "TBI_PORT": str(port), "TBI_IDENTITY_FILE": self.identity_file, **values},
            ports=(port,),
            path=f"/{name}/api/v1",
            probe="http",
            rank=40,
        )

    def _worker(self, service: str, values: dict[str, str]) -> Program:
        module = f"services.{service.replace('-', '_')}.worker"
        return Program(f"{service}-worker", self.module(module), values)

    def _as_client(self, service: str) -> dict[str, str]:
        """What a service needs that calls others: its secret at the pool, and whom it calls."""
        return {"TBI_SERVICE_SECRET_FILE": str(self.data / f"identity/services/{service}.secret")}

    def _database(self) -> dict[str, str]:
        if self.settings.mongo_uri is not None:
            return {"MONGO_URI": self.settings.mongo_uri}
        return {
            "MONGO_URI": f"mongodb://tbi@{CLOUD}:{self.port(27017)}/",
            "TBI_MONGO_PASSWORD_FILE": str(self.settings.mongo_password),
        }

    def _jobs(self) -> dict[str, str]:
        return {"TBI_REDIS_URL": f"redis://{CLOUD}:{self.port(6379)}/0"}

    def _portal_address(self) -> dict[str, str]:
        """To what security keys are bound: browsers take no address of numbers for it."""
        return {"TBI_RP_ID": "localhost", "TBI_RP_ORIGINS": f"http://localhost:{self.port(8080)}"}

    def _chain(self) -> Program:
        http, p2p = self.port(8888), self.port(9876)
        folder = str(self.data / "chain")
        return Program(
            "chain",
            self.module(
                "deploy.chain.node", "--data-dir", folder, "--http", f"{CLOUD}:{http}", "--p2p", f"{CLOUD}:{p2p}"
            ),
            {"TBI_CHAIN_ENV": str(self.settings.chain_env)},
            ports=(http, p2p),
            probe="chain",
            early=True,
            rank=10,
            stop_s=40,
        )

    def _identity(self) -> Program:
        port = self.port(4566)
        return Program(
            "identity",
            self.module("deploy.local.identity", "--data-dir", str(self.data), "--port", str(port)),
            {
                "TBI_IDENTITY_ENV": str(self.settings.identity_env),
                "TBI_MANAGER_URL": self.url("background-manager-logic"),
                "TBI_SECOND_FACTOR": self.settings.second_factor,
                **self._portal_address(),
            },
            ports=(port,),
            probe="answers",
            health="/_ministack/health",
            ready_file=self.data / "identity/ready",
            early=True,
            rank=10,
            stop_s=20,
        )

    def _mongod(self) -> Program:
        port = self.port(27017)
        places = {"--data-dir": str(self.data / "mongo"), "--password-file": str(self.settings.mongo_password)}
        arguments = [*(word for pair in places.items() for word in pair), "--port", str(port), "--cache-gb", "0.25"]
        return Program(
            "mongod",
            self.module("deploy.local.mongod", *arguments),
            {"TBI_MONGO_ENV": str(self.settings.mongo_env)},
            ports=(port,),
            probe="mongo",
            ready_file=self.data / "mongo/user-made",
            early=True,
            rank=10,
            stop_s=40,
        )

    def _redis(self) -> Program:
        port = self.port(6379)
        return Program(
            "redis",
            (
                *("redis-server", "--port", str(port), "--bind", CLOUD, "--dir", str(self.data / "cloud/redis")),
                *("--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--daemonize", "no"),
                *("--maxmemory-policy", "noeviction"),
            ),
            ports=(port,),
            probe="redis",
            early=True,
            rank=10,
        )

    def _register(self) -> Program:
        port = self.port(8086)
        return Program(
            "mastr-simulator",
            self.module("simulators.mastr"),
            {"TBI_HOST": CLOUD, "TBI_PORT": str(port), **_REGISTER_USER},
            ports=(port,),
            probe="answers",
            health="/simulator/state",
            early=True,
            rank=20,
        )

    def _manager(self) -> Program:
        return self._service(
            "background-manager-logic",
            {
                **self._as_client("background-manager-logic"),
                **self._database(),
                "AWS_SHARED_CREDENTIALS_FILE": str(self.data / "identity/credentials"),
                "TBI_STATE_DIR": str(self.data / "cloud/background-manager-logic"),
                "TBI_MASTR_CONNECTOR_URL": self.url("mastr-connector"),
                "TBI_CONNECTOR_URL": self.url("blockchain-connector"),
                "TBI_BOX_NETWORKS": "127.0.1.0/24",
                "TBI_BOX_PORT": str(self.port(8081)),
                **self._portal_address(),
                "TBI_COMPONENTS": ",".join(f"{name}={self.url(name)}" for name in PORTS),
                "TBI_AUDIT_NODE_URL": self.chain_url(),
                "TBI_GENESIS_FILE": str(self.data / "chain/genesis.json"),
                "TBI_SETTLEMENT_KEY_FILE": str(self.settings.keys / "settlement.pem"),
            },
        )

    def _connector(self) -> Program:
        return self._service(
            "blockchain-connector",
            {
                **self._as_client("blockchain-connector"),
                "TBI_CHAIN_URLS": self.chain_url(),
                "TBI_STATE_DIR": str(self.data / "cloud/blockchain-connector"),
                "TBI_KEYS_DIR": str(Keyring(self.settings.keys).operator),
                "TBI_MANAGER_URL": self.url("background-manager-logic"),
            },
        )

    def _mastr_values(self) -> dict[str, str]:
        return {
            **self._database(),
            **self._jobs(),
            "TBI_MASTR_EXPORT_DIR": str(self.data / "mastr"),
            "MASTR_WSDL_URL": f"http://{CLOUD}:{self.port(8086)}/MaStRAPI/wsdl/mastr.wsdl",
            **_REGISTER_USER,
        }

    def _mastr(self) -> Program:
        return self._service("mastr-connector", {**self._as_client("mastr-connector"), **self._mastr_values()})

    def _forecast_values(self) -> dict[str, str]:
        return {
            **self._database(),
            **self._jobs(),
            "TBI_FORECAST_FOLDER": str(self.data / "forecasts"),
        }

    def _as_forecaster(self) -> dict[str, str]:
        return {
            **self._as_client("forecast-connector"),
            "TBI_MANAGER_URL": self.url("background-manager-logic"),
        }

    def _forecast(self) -> Program:
        register = {"TBI_MASTR_CONNECTOR_URL": self.url("mastr-connector")}
        return self._service("forecast-connector", {**self._as_forecaster(), **self._forecast_values(), **register})

    def _oracle(self) -> Program:
        return Program(
            "forecast-oracle",
            self.module("services.forecast_connector.oracle"),
            {
                **self._as_forecaster(),
                **self._database(),
                "TBI_IDENTITY_FILE": self.identity_file,
                "TBI_CONNECTOR_URL": self.url("blockchain-connector"),
                "TBI_STATE_DIR": str(self.data / "cloud/oracle"),
                "TBI_ORACLE_MARKETS": "*",
            },
            probe="heartbeat",
            ready_file=self.data / "cloud/oracle/oracle.json",
        )

    def _keeper(self) -> Program:
        return Program(
            "keeper",
            self.module("services.blockchain_connector.keeper"),
            {
                "TBI_CHAIN_URLS": self.chain_url(),
                "TBI_KEY_FILE": str(Keyring(self.settings.keys).path(f"{OPERATOR}.keeper")),
                "TBI_STATE_DIR": str(self.data / "cloud/keeper"),
            },
            probe="heartbeat",
            ready_file=self.data / "cloud/keeper/keeper.json",
        )

    def _triggers(self) -> Program:
        port = self.port(8087)
        addresses = {
            "MastrConnectorUrl": self.url("mastr-connector"),
            "ForecastConnectorUrl": self.url("forecast-connector"),
            "ConnectorUrl": self.url("blockchain-connector"),
            "ServiceSecretName": "",
        }
        return Program(
            "trigger-service",
            self.module("deploy.local.triggers", "--data-dir", str(self.data), "--port", str(port)),
            {
                **self._as_client("trigger-service"),
                **{f"TBI_PARAMETER_{name}": value for name, value in addresses.items()},
            },
            ports=(port,),
            probe="http",
        )

    def _gateway(self) -> Program:
        folder = self.data / "gateway"
        return Program(
            "gateway",
            (find("nginx") or "nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")),
            ports=(self.port(8080),),
            probe="http",
            rank=90,
        )
