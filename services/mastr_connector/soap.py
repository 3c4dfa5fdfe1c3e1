"""The register's web service by zeep: the WSDL says where and how to ask, answers are read by element names.

Answers are not parsed by zeep's types: it refuses times with second 60, and drops what the WSDL does not know.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import requests
import zeep
from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.transports import Transport

from services.mastr_connector.domain import moment
from services.mastr_connector.errors import QuotaUsedUp, RegisterAway, RegisterRefused

Fields = dict[str, str]

SERVICE: Final = "Marktstammdatenregister"
PAGE: Final = 2000
MORE: Final = "OkWeitereDatenVorhanden"
NOTHING: Final = "KeineDatenVorhanden"
_CODES: Final = frozenset({"OK", MORE, NOTHING})
GRID_CHECK: Final = "Netzbetreiberpruefungsprozess"

_TIMEOUT_S: Final = 60.0
_TRIES: Final = 4
_AGAIN: Final = frozenset({502, 503, 504})
_FAULT: Final = 500
_ANSWER_MOST: Final = 32 << 20
"""Bytes; a page of 2000 units has some two million."""


class ObjectGone(RegisterRefused):
    """The unit was deleted or deactivated, or is not there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`fields` are plain elements by name, `items` the entries of a list."""

    code: str
    fields: Fields
    items: list[Fields]


class Register:
    """Calls of one user. All of them raise RegisterAway, RegisterRefused (or ObjectGone) and QuotaUsedUp.

    The WSDL is read with the first call. `pause_s` is the first wait before a call is repeated; it doubles.
    """

    def __init__(
        self, wsdl_url: str, api_key: str, actor: str, *, timeout_s: float = _TIMEOUT_S, pause_s: float = 1.5
    ) -> None:
        self._wsdl_url = wsdl_url
        self._key = api_key
        self._actor = actor
        self._timeout_s = timeout_s
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self._client: Any = None
        self._ports: dict[str, Any] = {}

    def now(self) -> datetime:
        """The register's clock, in UTC."""
        told = moment(self._call("Allgemein", "GetLokaleUhrzeit", {}, {}).fields.get("LokaleUhrzeit", ""))
        if told is None:
            raise RegisterAway("the register does not tell its time; try again later")
        return told

    def quota(self) -> tuple[int, int]:
        """Calls used today, and how many there are."""
        fields = self._call("Allgemein", "GetAktuellerStandTageskontingent", self._who(), {}).fields
        try:
            return int(fields["AktuellerStandTageskontingent"]), int(fields["AktuellesLimitTageskontingent"])
        except (KeyError, ValueError) as error:
            raise RegisterAway("the register does not tell its quota in numbers; try again later") from error

    def changed(self, since: str) -> Iterator[Fields]:
        """Units whose record changed since this local time, as the list has them."""
        yield from self._pages("GetListeAlleEinheiten", {"datumAb": since})

    def checked(self, since: str) -> Iterator[Fields]:
        """Units whose check by the grid operator changed since: that does not touch the date of their record."""
        asked = {"VerknuepftesObjektArt": GRID_CHECK, "VerknuepftesObjektDatumAb": since}
        yield from self._pages("GetListeLetzteAktualisierung", asked)

    def unit(self, operation: str, number: str) -> Fields | None:
        """A unit's record; None when it is of another kind than the operation's. Raises ObjectGone."""
        answer = self._call("Anlage", operation, self._who(), {"einheitMastrNummer": number})
        return None if answer.code == NOTHING or "EinheitMastrNummer" not in answer.fields else answer.fields

    def actor(self, number: str) -> Fields | None:
        """A market actor's record, or None."""
        try:
            answer = self._call("Akteur", "GetMarktakteur", self._who(), {"mastrNummer": number})
        except ObjectGone:
            return None
        return None if answer.code == NOTHING else answer.fields

    def _who(self) -> Fields:
        return {"apiKey": self._key, "marktakteurMastrNummer": self._actor}

    def _pages(self, operation: str, asked: Fields) -> Iterator[Fields]:
        first = 1
        while True:
            page = {**asked, "startAb": first, "limit": PAGE}
            answer = self._call("Anlage", operation, self._who(), page)
            yield from answer.items
            if answer.code != MORE:
                return
            if not answer.items:
                raise RegisterAway(f"the register says that {operation} has more and gives nothing; try again later")
            first += len(answer.items)

    def _call(self, port: str, operation: str, who: Fields, asked: dict[str, Any]) -> Answer:
        """Repeats what failed on the way, and once a fault whose text says nothing known."""
        pause, faults, reason = self._pause_s, 0, ""
        for _ in range(_TRIES):
            try:
                response = self._send(port, operation, {**who, **asked})
                if response.status_code == _FAULT:
                    faults += 1
                    refused = _refusal(operation, _content(operation, response))
                    if isinstance(refused, ObjectGone | QuotaUsedUp) or faults > 1:
                        raise refused
                    reason = str(refused)
                elif response.status_code == requests.codes.ok:
                    return _answer(operation, _content(operation, response))
                elif response.status_code not in _AGAIN:
                    raise RegisterAway(f"the register answers {operation} with HTTP {response.status_code}")
                else:
                    reason = f"HTTP {response.status_code}"
            except (requests.RequestException, etree.XMLSyntaxError) as error:
                reason = error.__class__.__name__
            time.sleep(pause)
            pause *= 2
        raise RegisterAway(f"the register does not answer {operation} ({reason}); try again later")

    def _send(self, port: str, operation: str, asked: dict[str, Any]) -> requests.Response:
        return self._asked(port, lambda service: getattr(service, operation)(**asked))

    def _asked(self, port: str, ask: Callable[[Any], requests.Response]) -> requests.Response:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            if port not in self._ports:
                self._ports[port] = self._client.bind(SERVICE, port)
            with self._client.settings(raw_response=True):
                return ask(self._ports[port])

    def _connect(self) -> Any:
        session = requests.Session()
        session.stream = True  # so that an answer without an end is not read into memory
        transport = Transport(  # type: ignore[no-untyped-call] # zeep carries no types
            session=session, timeout=self._timeout_s, operation_timeout=self._timeout_s
        )
        settings = zeep.Settings(strict=False, xml_huge_tree=True)
        try:
            return zeep.Client(  # type: ignore[no-untyped-call] # the same
                self._wsdl_url, transport=transport, settings=settings
            )
        except (ZeepError, etree.XMLSyntaxError, AttributeError) as error:  # zeep's own, when there is no XML at all
            raise RegisterAway(f"what is at {self._wsdl_url} is no WSDL; see MASTR_WSDL_URL") from error


def _content(operation: str, response: requests.Response) -> bytes:
    """Raises RegisterAway, and what requests raises."""
    content = bytearray()
    with response:
        for chunk in response.iter_content(1 << 16):
            content += chunk
            if len(content) > _ANSWER_MOST:
                most = _ANSWER_MOST >> 20
                raise RegisterAway(f"the register answers {operation} with more than {most} MiB; try again later")
    return bytes(content)


def _answer(operation: str, content: bytes) -> Answer:
    """Raises XMLSyntaxError and RegisterAway."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    body = next((element for element in root if _name(element) == "Body"), None)
    response = None if body is None else next(iter(body), None)
    if response is None:
        raise RegisterAway(f"the register answers {operation} without a content; try again later")
    fields = _plain(response)
    code = fields.get("Ergebniscode", "")
    if code not in _CODES:  # taken for an empty list it would lose what changed
        raise RegisterAway(f"the register answers {operation} with no result that is known: {code[:60]!r}")
    items = [_plain(element) for element in response if _is_entry(element)]
    return Answer(code, fields, items)


def _is_entry(element: Any) -> bool:
    """An entry of a list has elements with texts of their own, more than the pair of value and absence."""
    return len(element) > 0 and _name(element) in ("Einheiten", "Marktakteure")


def _plain(element: Any) -> Fields:
    """The texts of an element's children by name; of `{Wert, NichtVorhanden}` and `{Id, Wert}` the value."""
    found: Fields = {}
    for child in element:
        value = child.text if len(child) == 0 else next((part.text for part in child if _name(part) == "Wert"), None)
        if value and value.strip():
            found[_name(child)] = value
    return found


def _name(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def _refusal(operation: str, content: bytes) -> Exception:
    """What a fault means, after its German text. Raises XMLSyntaxError."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    texts = [element.text or "" for element in root.iter() if _name(element) in ("faultstring", "Text")]
    text = (texts[0] if texts else "a fault without a text").strip()[:300]
    lower = text.lower()
    if "kontingent" in lower:
        return QuotaUsedUp(f"the register's calls of the day are used up ({text}); go on tomorrow with another update")
    if "nicht gefunden" in lower or "gelöscht" in lower or "deaktiviert" in lower:
        return ObjectGone(text)
    if "zugriff verweigert" in lower or "apikey" in lower:
        return RegisterRefused(f"the register refuses us ({text}); see MASTR_API_KEY and MASTR_AKTEUR")
    return RegisterRefused(f"the register refuses {operation}: {text}")
