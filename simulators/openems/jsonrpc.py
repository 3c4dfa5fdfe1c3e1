"""JSON-RPC at /jsonrpc: requests with UUID ids, answers and errors as OpenEMS gives them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from simulators.openems.channels import Channel
from simulators.openems.edge import Edge
from simulators.openems.errors import OpenemsError, generic, no_component, no_member, not_fitting, unhandled_method
from simulators.openems.timedata import Timedata

Params = dict[str, Any]

_NO_ID = "00000000-0000-0000-0000-000000000000"


class JsonRpc:
    """The methods that an Edge's REST controller answers."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._channels = {channel.address: channel for channel in edge.channels}
        timedata = Timedata(edge.history, self._channels)
        self._methods: dict[str, Callable[[Params], dict[str, Any]]] = {
            "getEdgeConfig": self._edge_config,
            "getChannel": self._channel,
            "componentJsonApi": self._component_json_api,
            "setChannelValue": self._set_channel_value,
            "queryHistoricTimeseriesData": timedata.data,
            "queryHistoricTimeseriesEnergy": timedata.energy,
            "queryHistoricTimeseriesEnergyPerPeriod": timedata.energy_per_period,
        }

    def handle(self, body: Any) -> tuple[int, dict[str, Any]]:
        """HTTP status and body of the answer to one request."""
        number = _NO_ID
        try:
            number = _request_id(body)
            method = body.get("method")
            if not isinstance(method, str):
                raise no_member("method")
            params = body.get("params", {})
            if not isinstance(params, dict):
                raise not_fitting("params", "a JsonObject")
            return 200, {"jsonrpc": "2.0", "id": number, "result": self._call(method, params)}
        except OpenemsError as error:
            return 400, error_body(number, error)

    def _call(self, method: str, params: Params) -> dict[str, Any]:
        if method not in self._methods:
            raise unhandled_method(method)
        return self._methods[method](params)

    def _edge_config(self, _: Params) -> dict[str, Any]:
        found = self._edge.components.values()
        parts = {c.id: {"alias": c.alias, "factoryId": c.factory, "properties": {"enabled": True}} for c in found}
        factories = {
            c.factory: {"name": c.factory, "description": "", "natureIds": [], "properties": []} for c in found
        }
        return {"components": parts, "factories": factories}

    def _channel(self, params: Params) -> dict[str, Any]:
        component = self._component(params)
        return {"channel": _describe(self._existing(f"{component}/{_text(params, 'channelId')}"))}

    def _component_json_api(self, params: Params) -> dict[str, Any]:
        component = self._component(params)
        payload = params.get("payload")
        if not isinstance(payload, dict):
            raise no_member("payload")
        number = _request_id(payload)
        method = _text(payload, "method")
        inner = payload.get("params", {})
        if component != "_componentManager" or method not in ("getChannelsOfComponent", "getChannel"):
            raise unhandled_method(method)
        if not isinstance(inner, dict):
            raise not_fitting("params", "a JsonObject")
        result = self._channel(inner) if method == "getChannel" else self._channels_of(inner)
        return {"payload": {"jsonrpc": "2.0", "id": number, "result": result}}

    def _channels_of(self, params: Params) -> dict[str, Any]:
        component = self._component(params)
        return {"channels": [_describe(c) for c in self._edge.channels if c.component == component]}

    def _set_channel_value(self, params: Params) -> dict[str, Any]:
        component = self._component(params)
        channel = self._existing(f"{component}/{_text(params, 'channelId')}")
        write(self._edge, channel, params)
        return {}

    def _component(self, params: Params) -> str:
        component = _text(params, "componentId")
        if component not in self._edge.components:
            raise no_component(component)
        return component

    def _existing(self, address: str) -> Channel:
        if address not in self._channels:
            raise generic(f"Channel [{address}] is not available")
        return self._channels[address]


def write(edge: Edge, channel: Channel, body: Any) -> None:
    """Writes `{"value": number or null}` to a channel."""
    if not isinstance(body, dict) or "value" not in body:
        raise no_member("value")
    value = body["value"]
    if isinstance(value, str) and value.lstrip("-").isascii() and value.lstrip("-").isdigit() and len(value) < 12:
        value = int(value)
    if isinstance(value, float):
        value = round(value)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31):
        raise not_fitting("value", "an INTEGER from 0")
    try:
        edge.write(channel, value)
    except ValueError as error:
        raise generic(str(error)) from error


def error_body(number: str, error: OpenemsError) -> dict[str, Any]:
    """The body of a JSON-RPC error."""
    details = {"code": error.code, "message": error.message, "data": error.data}
    return {"jsonrpc": "2.0", "id": number, "error": details}


def _request_id(body: Any) -> str:
    if not isinstance(body, dict):
        raise generic("JSON is not a JsonObject")
    number = body.get("id", str(uuid.uuid4()))
    try:
        return str(uuid.UUID(number))
    except (TypeError, ValueError, AttributeError) as error:
        raise not_fitting("id", "a UUID") from error


def _text(params: Params, name: str) -> str:
    if not isinstance(value := params.get(name), str):
        raise no_member(name)
    return value


def _describe(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.name,
        "accessMode": "RO" if channel.datasource is None else "RW",
        "persistencePriority": "HIGH",
        "text": channel.text,
        "type": channel.type,
        "unit": channel.unit,
        "category": "OPENEMS_TYPE",
    }
