"""The WSDL and its schema, written from the table of operations.

The register's peculiarity is kept: the body's element is in the namespace of its port, its parameters in the parent.
"""

from __future__ import annotations

from typing import Final

from simulators.mastr.interface import HEAD, NAMESPACE, OPERATIONS, PORTS, TYPES, Operation

_WSDL_NAMESPACE: Final = "https://www.marktstammdatenregister.de/Services/Public/1_2"
_XSD: Final = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'


def base_types() -> str:
    """mastrbasetypes.xsd: everything in the parent namespace."""
    named = "".join(_type(name, fields) for name, fields in TYPES.items())
    called = "".join(
        _type(f"{operation.name}Parameter", operation.all_parameters())
        + _type(f"{operation.name}Antwort", {**HEAD, **operation.answer})
        for operation in OPERATIONS.values()
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<xs:schema {_XSD} xmlns:m="{NAMESPACE}" '
        f'targetNamespace="{NAMESPACE}" elementFormDefault="qualified">{named}{called}</xs:schema>'
    )


def wsdl(base_url: str) -> str:
    """mastr.wsdl of the service at `base_url`."""
    prefixes = " ".join(f'xmlns:{port.lower()}="{NAMESPACE}/{path}"' for port, path in PORTS.items())
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" '
        f'xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" {_XSD} xmlns:t="{_WSDL_NAMESPACE}" {prefixes} '
        f'targetNamespace="{_WSDL_NAMESPACE}" name="Marktstammdatenregister"><wsdl:types>'
        + "".join(_port_schema(port, path) for port, path in PORTS.items())
        + "</wsdl:types>"
        + "".join(_messages(operation) for operation in OPERATIONS.values())
        + "".join(_port_type(port) for port in PORTS)
        + "".join(_binding(port) for port in PORTS)
        + '<wsdl:service name="Marktstammdatenregister">'
        + "".join(_port(port, path, base_url) for port, path in reversed(PORTS.items()))
        + "</wsdl:service></wsdl:definitions>"
    )


def _type(name: str, fields: dict[str, str]) -> str:
    elements = "".join(_element(field, kind) for field, kind in fields.items())
    return f'<xs:complexType name="{name}"><xs:sequence>{elements}</xs:sequence></xs:complexType>'


def _element(name: str, kind: str) -> str:
    if kind.endswith("[]"):
        return f'<xs:element name="{name}" type="{kind[:-2]}" minOccurs="0" maxOccurs="unbounded"/>'
    if kind.endswith("?"):
        return f'<xs:element name="{name}" type="{kind[:-1]}" minOccurs="0" nillable="true"/>'
    return f'<xs:element name="{name}" type="{kind}" minOccurs="0"/>'


def _port_schema(port: str, path: str) -> str:
    elements = "".join(
        f'<xs:element name="{operation.name}Request" type="m:{operation.name}Parameter"/>'
        f'<xs:element name="{operation.name}Response" type="m:{operation.name}Antwort"/>'
        for operation in _of(port)
    )
    return (
        f'<xs:schema {_XSD} xmlns:m="{NAMESPACE}" targetNamespace="{NAMESPACE}/{path}" elementFormDefault="qualified">'
        f'<xs:import namespace="{NAMESPACE}" schemaLocation="../xsd/mastrbasetypes.xsd"/>{elements}</xs:schema>'
    )


def _messages(operation: Operation) -> str:
    prefix = operation.port.lower()
    return "".join(
        f'<wsdl:message name="{operation.name}{what}">'
        f'<wsdl:part name="parameters" element="{prefix}:{operation.name}{what}"/></wsdl:message>'
        for what in ("Request", "Response")
    )


def _port_type(port: str) -> str:
    operations = "".join(
        f'<wsdl:operation name="{operation.name}"><wsdl:input message="t:{operation.name}Request"/>'
        f'<wsdl:output message="t:{operation.name}Response"/></wsdl:operation>'
        for operation in _of(port)
    )
    return f'<wsdl:portType name="{port}">{operations}</wsdl:portType>'


def _binding(port: str) -> str:
    operations = "".join(
        f'<wsdl:operation name="{operation.name}"><soap:operation soapAction="{operation.name}" style="document"/>'
        '<wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>'
        "</wsdl:operation>"
        for operation in _of(port)
    )
    return (
        f'<wsdl:binding name="{port}Soap11" type="t:{port}">'
        f'<soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>{operations}</wsdl:binding>'
    )


def _port(port: str, path: str, base_url: str) -> str:
    return (
        f'<wsdl:port name="{port}" binding="t:{port}Soap11">'
        f'<soap:address location="{base_url}/MaStRApi/Api.svc/Soap11/{path}"/></wsdl:port>'
    )


def _of(port: str) -> list[Operation]:
    return [operation for operation in OPERATIONS.values() if operation.port == port]
