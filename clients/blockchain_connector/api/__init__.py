# flake8: noqa

# import apis into api package
from clients.blockchain_connector.api.blockchain_connector_api import BlockchainConnectorApi

