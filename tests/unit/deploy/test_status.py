"""The table, the logs' choice, and what may be deleted."""

import json
from pathlib import Path

import pytest

from deploy.local.down import ResetError, down, reset
from deploy.local.logs import LogsError, files, of_trace
from deploy.local.plan import Plan
from deploy.local.status import Row, as_table, status


def test_nothing_runs_and_the_table_says_so(plan: Plan) -> None:
    rows = status(plan)
    assert {row.part for row in rows} == {program.name for program in plan.programs}
    assert {row.state for row in rows} == {"stopped"}
    assert not any(row.well for row in rows)


def test_the_table_stands_in_columns() -> None:
    rows = [
        Row("chain", "running", "12", "127.0.0.1:8888", "ok", "2026-11-22 07:00:00"),
        Row("a.b", "fatal", "-", "", "-", "-"),
    ]
    lines = as_table(rows).splitlines()
    assert lines[0].split() == ["PART", "STATE", "PID", "ADDRESS", "SINCE", "(UTC)", "HEALTH"]
    assert len({line.index(word) for line, word in zip(lines, ("STATE", "running", "fatal"), strict=True)}) == 1
    assert [row.well for row in rows] == [True, False]


def test_logs_of_a_part_of_a_box_and_of_all(plan: Plan) -> None:
    plan.settings.logs.mkdir(parents=True)
    for program in plan.programs:
        (plan.settings.logs / f"{program.name}.log").touch()
    assert [file.name for file in files(plan, "chain")] == ["chain.log"]
    assert len(files(plan, "seller")) == 7
    assert len(files(plan, None)) == len(plan.programs)


def test_a_trace_is_shown_over_all_parts_in_the_order_of_time(tmp_path: Path) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    box, gateway = tmp_path / "seller.cls-box-logic.log", tmp_path / "gateway.log"
    box.write_text(f"2026-11-28T10:00:00.900Z INFO x y: [{trace}/00f067aa0ba902b7] POST /offer 201 9 ms\nanother\n")
    gateway.write_text(f"2026-11-28T10:00:01+00:00 POST /b 201 7 B 0.2 s {trace}\n")
    assert [line.partition(":")[0] for line in of_trace([gateway, box], trace)] == ["seller.cls-box-logic", "gateway"]
    as_object = tmp_path / "mastr-connector.log"
    as_object.write_text(json.dumps({"time": "2026-11-28T10:00:00.950Z", "message": "x", "trace_id": trace}) + "\n{\n")
    function = tmp_path / "trigger-service.log"
    event = {"timestamp": "2026-11-28 10:00:00,970+0000", "correlation_id": "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"}
    function.write_text(json.dumps(event) + "\n")
    parts = [line.partition(":")[0] for line in of_trace([gateway, function, as_object, box], trace)]
    assert parts == ["seller.cls-box-logic", "mastr-connector", "trigger-service", "gateway"]
    assert of_trace([gateway], "0" * 32) == []
    with pytest.raises(LogsError, match="32 hex digits"):
        of_trace([gateway], "rubbish")


def test_an_unknown_part_is_told_with_those_that_there_are(plan: Plan) -> None:
    with pytest.raises(LogsError, match="there is no part 'chian'; parts are: supervisor, chain"):
        files(plan, "chian")


def test_down_and_reset_where_nothing_is(plan: Plan) -> None:
    assert down(plan) is False
    assert reset(plan) is False


def test_reset_deletes_nothing_that_is_not_ours(plan: Plan) -> None:
    plan.settings.data.mkdir()
    (plan.settings.data / "thesis.tex").touch()
    with pytest.raises(ResetError, match="it is not deleted"):
        reset(plan)
    assert (plan.settings.data / "thesis.tex").exists()


def test_reset_deletes_a_data_folder(plan: Plan) -> None:
    plan.settings.data.mkdir()
    plan.settings.mark.write_text("{}")
    assert reset(plan) is True
    assert not plan.settings.data.exists()
