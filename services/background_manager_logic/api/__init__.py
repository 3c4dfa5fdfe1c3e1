"""The routes of the Background-Manager-Logic: read, call, answer."""

from services.background_manager_logic.api.routes import UseCases, add_routes

__all__ = ["UseCases", "add_routes"]
