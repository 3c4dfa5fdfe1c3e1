"""Flask-RESTX with types: the parts that the services use. The package itself carries none."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from flask.views import MethodView

    C = TypeVar("C", bound=type)
    F = TypeVar("F")

    class Model(dict[str, Any]):
        name: str
        __schema__: dict[str, Any]

    class Resource(MethodView):
        pass

    class Namespace:
        """A group of routes under one path."""

        def __init__(self, name: str, description: str | None = None, path: str | None = None) -> None: ...
        def route(self, *urls: str, **kwargs: Any) -> Callable[[C], C]: ...
        def doc(self, *args: Any, **kwargs: Any) -> Callable[[F], F]: ...
        def param(
            self, name: str, description: str | None = None, _in: str = "query", **kw: Any
        ) -> Callable[[F], F]: ...
        def response(self, code: int, description: str, model: Any = None, **kwargs: Any) -> Callable[[F], F]: ...
        def expect(self, *inputs: Any, **kwargs: Any) -> Callable[[F], F]: ...
        def model(self, name: str, model: Mapping[str, Any], *, strict: bool = False) -> Model: ...
        def schema_model(self, name: str, schema: Mapping[str, Any]) -> Model: ...

    class Api:
        """The service's API with its document."""

        models: dict[str, Model]

        def __init__(self, app: Any = None, **kwargs: Any) -> None: ...
        def add_namespace(self, ns: Namespace, path: str | None = None) -> None: ...
        def namespace(self, *args: Any, **kwargs: Any) -> Namespace: ...
        @property
        def __schema__(self) -> dict[str, Any]: ...
        def _register_apidoc(self, app: Any) -> None: ...
        def error_router(self, original_handler: Callable[[Exception], Any], e: Exception) -> Any: ...

    fields: Any
    apidoc: Any
    MaskError: type[Exception]
else:
    from flask_restx import Api, Namespace, Resource, apidoc, fields
    from flask_restx.errors import RestError as MaskError
    from flask_restx.model import Model

__all__ = ["Api", "MaskError", "Model", "Namespace", "Resource", "apidoc", "fields"]
