"""Envelopes: a request read as strictly as the register reads it, an answer or a fault written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from simulators.mastr.interface import HEAD, NAMESPACE, OPERATIONS, Operation
from simulators.mastr.operations import SoapFault

SOAP11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"
_SECONDS: Final = re.compile(r"(T\d\d:\d\d:)\d\d")


@dataclass(frozen=True)
class Call:
    """A request: its operation and its parameters by name, lists as lists."""

    operation: Operation
    parameters: Mapping[str, Any]


def read(body: bytes, action: str, version: str) -> Call:
    """The call in an envelope of this SOAP version. Raises SoapFault."""
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise SoapFault("Die Nachricht ist kein gültiges XML.") from error
    content = root.find(f"{{{version}}}Body")
    element = None if content is None else next(iter(content), None)
    if root.tag != f"{{{version}}}Envelope" or element is None:
        raise SoapFault("Die Nachricht ist kein gültiger SOAP-Umschlag.")
    name = etree.QName(element)
    operation = OPERATIONS.get(name.localname.removesuffix("Request"))
    if operation is None or name.namespace != operation.request_namespace:
        raise SoapFault(f"Die Operation {name.localname} ist nicht bekannt.")
    if version == SOAP11 and action.strip('"') != operation.name:
        raise SoapFault(f"SOAPAction {action} passt nicht zur Nachricht.")
    return Call(operation, _parameters(element, operation))


def _parameters(element: Any, operation: Operation) -> dict[str, Any]:
    kinds = operation.all_parameters()
    found: dict[str, Any] = {}
    for child in element:
        name = etree.QName(child)
        if name.namespace != NAMESPACE:  # the split of namespaces: what is elsewhere is not seen
            continue
        if name.localname not in kinds:
            raise SoapFault(f"Der Parameter {name.localname} ist nicht bekannt.")
        if kinds[name.localname].endswith("[]"):
            found.setdefault(name.localname, []).append(child.text or "")
        else:
            found[name.localname] = child.text or ""
    return found


def write(operation: Operation, fields: Mapping[str, Any], version: str, *, seconds_60: bool = False) -> bytes:
    """The answer's envelope."""
    head = {
        "Ergebniscode": fields["Ergebniscode"],
        "AufrufVeraltet": "false",
        "AufrufLebenszeitEnde": None,
        "AufrufVersion": "1",
    }
    order = [*HEAD, *operation.answer]
    values = {**fields, **head}
    inner = "".join(_xml(name, values[name]) for name in order if name in values)
    body = (
        f'<a:{operation.name}Response xmlns:a="{operation.request_namespace}" xmlns="{NAMESPACE}">{inner}'
        f"</a:{operation.name}Response>"
    )
    text = _SECONDS.sub(r"\g<1>60", body) if seconds_60 else body
    return _envelope(text, version)


def fault(text: str, version: str) -> bytes:
    """A fault's envelope, to be sent with HTTP 500."""
    if version == SOAP12:
        inner = (
            "<s:Code><s:Value>s:Sender</s:Value></s:Code>"
            f'<s:Reason><s:Text xml:lang="de-DE">{escape(text)}</s:Text></s:Reason>'
        )
    else:
        inner = f'<faultcode>s:Client</faultcode><faultstring xml:lang="de-DE">{escape(text)}</faultstring>'
    return _envelope(f"<s:Fault>{inner}</s:Fault>", version)


def _envelope(body: str, version: str) -> bytes:
    text = f'<s:Envelope xmlns:s="{version}"><s:Body>{body}</s:Body></s:Envelope>'
    return text.encode()


def _xml(name: str, value: Any) -> str:
    if value is None:
        return f'<{name} xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'
    if isinstance(value, list):
        return "".join(_xml(name, entry) for entry in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(_xml(inner, entry) for inner, entry in value.items())}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"
