# flake8: noqa

# import apis into api package
from clients.mastr_connector.api.mastr_connector_api import MastrConnectorApi

