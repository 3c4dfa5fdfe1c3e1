"""The route of the balancing group: JSON, CSV, and a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import openpyxl
from flask import Response, request

from services.background_manager_logic.api.market_common import MARKET, MOMENT, market_of, maybe
from services.background_manager_logic.api.models_market import GROUP_COLUMNS, MarketModels
from services.background_manager_logic.domain import EOS_NAME
from services.background_manager_logic.service.figures import SUMMED, Group, MarketFigures
from services.shared.times import iso, parse_epoch
from services.shared.web import Namespace, Query, Resource, Text
from services.shared.web.tokens import groups

_CSV = "text/csv"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_QUERY = Query(
    {
        "from": MOMENT,
        "to": Text("Slots that begin before it; with from left out, too: today", pattern=MOMENT.pattern),
        "market": MARKET,
        "group": Text("One balancing group; all of the market when left out", pattern=EOS_NAME),
        "format": Text("Wins over the header Accept", choices=("json", "csv", "xlsx")),
    }
)
Row = list[Any]


def add_balancing_routes(v1: Namespace, cases: MarketFigures, shapes: MarketModels) -> None:
    """Add the route to `v1`."""

    @v1.route("/balancing-group")
    class BalancingGroup(Resource):
        @v1.doc(params=_QUERY.doc(), produces=["application/json", _CSV, _XLSX])
        @v1.response(200, "Slot by slot, with totals", shapes.group)
        @v1.response(404, "There is no such market")
        @groups("EVU")
        def get(self) -> Any:
            """Forecast, measured and traded energy of the balancing group."""
            query = _QUERY.read()
            begin, end = maybe(query, "from", parse_epoch), maybe(query, "to", parse_epoch)
            found = cases.group(market_of(query), begin, end, query["group"])
            write = _TABLES.get(query["format"] or _accepted())
            if write is not None:
                return write(found)
            return {
                "market": found.market,
                "group": found.group,
                "items": [_slot(slot, found.slot_s) for slot in found.slots],
                "totals": dict(found.totals),
            }


def _accepted() -> str:
    kinds = {"application/json": "json", _CSV: "csv", _XLSX: "xlsx"}
    return kinds[request.accept_mimetypes.best_match(list(kinds), default="application/json")]


def _slot(slot: Mapping[str, Any], slot_s: int) -> dict[str, Any]:
    shown = {**slot, "slot_start": iso(slot["slot"]), "slot_end": iso(slot["slot"] + slot_s)}
    return {name: shown[name] for name in GROUP_COLUMNS}


def _rows(group: Group) -> Iterator[Row]:
    """A head, a row a slot, and the sums."""
    yield list(GROUP_COLUMNS)
    for slot in group.slots:
        yield list(_slot(slot, group.slot_s).values())
    yield ["total", *(group.totals[name] if name in SUMMED else None for name in GROUP_COLUMNS[1:])]


def _as_csv(group: Group) -> Response:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(_rows(group))
    return _file(text.getvalue(), f"{_CSV}; charset=utf-8", "csv")


def _as_xlsx(group: Group) -> Response:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("balancing-group")
    for row in _rows(group):
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return _file(content.getvalue(), _XLSX, "xlsx")


def _file(content: str | bytes, content_type: str, ending: str) -> Response:
    name = {"Content-Disposition": f'attachment; filename="balancing-group.{ending}"'}
    return Response(content, 200, name, content_type=content_type)


_TABLES: Mapping[str, Callable[[Group], Response]] = {"csv": _as_csv, "xlsx": _as_xlsx}
