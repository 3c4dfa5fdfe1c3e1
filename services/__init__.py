"""The import package of all services. Services never import each other; what they share stands in `services.shared`."""

__version__ = "0.1.0"
