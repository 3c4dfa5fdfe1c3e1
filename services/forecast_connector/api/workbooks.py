"""The routes of the workbooks themselves."""

from __future__ import annotations

import re
from typing import Any, Final

from flask import Response, request

from services.forecast_connector.api.cases import UseCases
from services.forecast_connector.api.cursors import cursor_text, decoded, given
from services.forecast_connector.api.models import Models
from services.forecast_connector.domain.times import MAX_EPOCH, iso
from services.forecast_connector.shelf import STATUSES, Place, WorkbookRecord
from services.shared.web import Integer, Namespace, Problem, Query, Resource, Text, invalid, path_doc
from services.shared.web.body import read_body
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import SERVICE, caller, groups

MAX_UPLOAD_BYTES: Final = 16 * 1024 * 1024
"""A day of 4,000 series has 2 MiB."""

_READERS: Final = ("EVU", "Admin", SERVICE)
_NAME = r"^[^/\\\x00-\x1f]{1,120}$"
_UPLOADED = re.compile(r"[^\W_][^/\\:*?\"<>|\x00-\x1f\x7f]{0,99}\.xlsx", re.IGNORECASE)
_ID = Text("The workbook's id: the SHA-256 of its bytes", pattern="^[0-9a-f]{64}$")
_LIST = Query(
    {
        "name": Text("Only workbooks of this file name", pattern=_NAME),
        "status": Text("Only those: imported, rejected or withdrawn", pattern=f"^({'|'.join(STATUSES)})$"),
        "limit": Integer("How many at most", 1, 1000, default=100),
        "cursor": Text("`next_cursor` of the page before", pattern=r"^[A-Za-z0-9_-]{1,400}$"),
    }
)
_FILE = {
    "file": {
        "in": "formData",
        "type": "file",
        "required": True,
        "description": f"The workbook, .xlsx, at most {MAX_UPLOAD_BYTES // 2**20} MiB",
    }
}


def add_workbook_routes(v1: Namespace, cases: UseCases, shapes: Models, once: Idempotency) -> None:
    """Add them to `v1`."""
    _add_list(v1, cases, shapes)
    _add_one(v1, cases, shapes, once)


def _add_list(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/workbooks")
    class Workbooks(Resource):
        @groups(*_READERS)
        @v1.doc(params=_LIST.doc())
        @v1.response(200, "What was read last first", shapes.workbooks)
        def get(self) -> dict[str, Any]:
            """The workbooks that were read, with what became of each and what replaced it."""
            query = _LIST.read()
            found, following = cases.workbooks.page(
                query["limit"], given(query, "cursor", _place), query["name"], query["status"]
            )
            page: dict[str, Any] = {"items": [_shown(one) for one in found]}
            return page if following is None else {**page, "next_cursor": cursor_text(following)}

        @groups("EVU")
        @v1.doc(params=_FILE, consumes=["multipart/form-data"])
        @v1.response(202, "It lies in the forecast folder, and a job reads it", shapes.uploaded)
        @v1.response(503, "The folder cannot be written to, or the queue of jobs does not answer")
        def post(self) -> tuple[dict[str, Any], int]:
            """Hand in a workbook. The same content again is the same workbook, and is read once."""
            request.max_content_length = MAX_UPLOAD_BYTES + 4096
            name, data = _uploaded()
            identity, job = cases.workbooks.upload(name, data)
            return {"id": identity, "name": name, "job_id": job}, 202


def _add_one(v1: Namespace, cases: UseCases, shapes: Models, once: Idempotency) -> None:
    @v1.route("/workbooks/<string:workbook_id>")
    @v1.doc(params=path_doc(workbook_id=_ID))
    class Workbook(Resource):
        @groups(*_READERS)
        @v1.response(200, "The workbook", shapes.workbook)
        @v1.response(404, "There is none of that id")
        def get(self, workbook_id: str) -> dict[str, Any]:
            """A workbook, with all that was wrong with it."""
            found = cases.workbooks.one(_ID.parse("workbook_id", workbook_id))
            return _shown(found)

    @v1.route("/workbooks/<string:workbook_id>/report")
    @v1.doc(params=path_doc(workbook_id=_ID))
    class WorkbookReport(Resource):
        @groups(*_READERS)
        @v1.doc(produces=["text/plain"])
        @v1.response(200, "Sheet, cell, cause and cure of each finding")
        @v1.response(404, "There is none of that id, or it was imported")
        def get(self, workbook_id: str) -> Response:
            """The report on a workbook that was refused, for those who made it."""
            text = cases.workbooks.report(_ID.parse("workbook_id", workbook_id))
            header = {"Content-Disposition": f'attachment; filename="{workbook_id[:8]}.report.txt"'}
            return Response(text, 200, header, content_type="text/plain; charset=utf-8")

    @v1.route("/workbooks/<string:workbook_id>/withdraw")
    @v1.doc(params=path_doc(workbook_id=_ID))
    class WorkbookWithdraw(Resource):
        @groups("EVU")
        @v1.expect(shapes.withdrawal)
        @v1.response(200, "Withdrawn: nothing of it counts from now on", shapes.workbook)
        @v1.response(404, "There is none of that id")
        @v1.response(409, "It was refused, or is withdrawn already")
        @once
        def post(self, workbook_id: str) -> dict[str, Any]:
            """Withdraw a workbook. What it replaced holds again; `as_of` before now still sees it."""
            identity, body = _ID.parse("workbook_id", workbook_id), read_body(shapes.withdrawal)
            return _shown(cases.workbooks.withdraw(identity, caller().sub, body.get("reason", "")))


def _uploaded() -> tuple[str, bytes]:
    if request.mimetype != "multipart/form-data":
        raise Problem(400, "The body must be multipart/form-data with a part 'file'.")
    files = request.files.getlist("file")
    if len(files) != 1 or len(request.files) != 1:
        raise invalid({"file": "must be one file"})
    name = files[0].filename or ""
    if not _UPLOADED.fullmatch(name):
        raise invalid({"file": 'must have a file name that ends with .xlsx and has none of / \\ : * ? " < > | in it'})
    data = files[0].read(MAX_UPLOAD_BYTES + 1)
    if len(data) > MAX_UPLOAD_BYTES:
        raise invalid({"file": f"is larger than {MAX_UPLOAD_BYTES // 2**20} MiB; split it by days"})
    return name, data


def _place(text: str) -> Place:
    told = decoded(text)
    if not isinstance(told, list) or [type(part) for part in told] != [int, str] or not 0 <= told[0] < MAX_EPOCH:
        raise ValueError("is not one that this list gave")
    return told[0], told[1]


def _shown(record: WorkbookRecord) -> dict[str, Any]:
    times = {"issued_at": record.issued_at, "from": record.first, "to": record.end}
    shown: dict[str, Any] = {
        "id": record.id,
        "name": record.name,
        "status": record.status,
        "read_at": iso(record.read_at),
        **{name: iso(at) for name, at in times.items() if at is not None},
        "series": record.series,
        "values": record.values,
        "findings": [str(finding) for finding in record.findings],
    }
    if record.replaced_by is not None:
        shown["replaced_by"] = record.replaced_by
    if record.withdrawal is not None:
        shown["withdrawn_at"] = iso(record.withdrawal.at)
        shown["withdrawal_reason"] = record.withdrawal.reason
    return shown
