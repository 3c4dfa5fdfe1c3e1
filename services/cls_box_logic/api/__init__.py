"""The routes of CLS-Box-Logic: read, call, answer."""

from services.cls_box_logic.api.routes import add_routes

__all__ = ["add_routes"]
