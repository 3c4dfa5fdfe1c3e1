"""The routes."""

from services.forecast_connector.api.routes import add_routes

__all__ = ["add_routes"]
