# flake8: noqa

# import apis into api package
from clients.forecast_connector.api.forecast_connector_api import ForecastConnectorApi

