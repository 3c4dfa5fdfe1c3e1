"""A stand-in for the Background-Manager-Logic: its list of participants, behind its guard, a page at a time."""

from __future__ import annotations

import threading
from typing import Any

import waitress
from flask import request

from services.shared.web import Problem, Resource, create_service
from services.shared.web.tokens import SERVICE, TokenGuard, TokenVerifier, caller, groups, read_pool
from tests.integration.forecast.pool import Pool


class ManagerDoor:
    """`records` are the participants; `problem` a status that it answers instead; `callers` who asked;
    `knocks` at whose boxes, by whom."""

    def __init__(self, pool: Pool) -> None:
        self.records: list[dict[str, Any]] = []
        self.problem: int | None = None
        self.callers: list[str | None] = []
        self.knocks: list[tuple[str, str | None]] = []
        self._server = waitress.create_server(self._app(pool), host="127.0.0.1", port=0, threads=2)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.effective_port}"

    def close(self) -> None:
        self._server.close()
        self._thread.join(timeout=5)

    def put(self, salt: str | None, meter: str, *units: str) -> None:
        point = {"serial_number": meter, "kwh_annum": None, "unit_mastr_nrs": list(units)}
        when = {"created_at": "2026-11-01T00:00:00Z", "updated_at": "2026-11-01T00:00:00Z"}
        who = {"sub": meter, "username": meter, "disabled": False, "mirrored": True, "salt": salt}
        self.records.append({**who, **when, "metering_points": [point]})

    def _app(self, pool: Pool) -> Any:
        guard = TokenGuard(TokenVerifier(read_pool(pool.file)))
        frame = create_service("manager", base_path="/background-manager-logic", description="Manager", guard=guard)
        door = self

        @frame.v1.route("/participants")
        class Participants(Resource):
            @groups("Admin", SERVICE)
            def get(self) -> dict[str, Any]:
                """One a page."""
                door.callers.append(caller().service)
                if door.problem is not None:
                    raise Problem(door.problem, "As the test wants it.")
                place = int(request.args.get("cursor", "0"))
                more = str(place + 1) if place + 1 < len(door.records) else None
                return {"items": door.records[place : place + 1], "next_cursor": more}

        @frame.v1.route("/account/<string:account>/knock")
        class Knock(Resource):
            @groups(SERVICE)
            def post(self, account: str) -> tuple[dict[str, Any], int]:
                """Whose box, and who says so."""
                if door.problem is not None:
                    raise Problem(door.problem, "As the test wants it.")
                door.knocks.append((account, caller().service))
                return {}, 202

        return frame.app
