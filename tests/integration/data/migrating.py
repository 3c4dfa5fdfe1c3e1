"""A program that migrates: `python -m tests.integration.data.migrating DATABASE MARK`, with a service's variables.

It writes a line into MARK for each batch, so that a test knows when to kill it.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from services.shared.data import Migration, Schema, database

COUNT: Final = 1000


def doubling(mark: Path | None = None) -> Migration:
    """A change that shows when it was made twice."""

    def change(document: dict[str, Any]) -> dict[str, Any]:
        if mark is not None and document["n"] % 50 == 0:
            with mark.open("a") as file:
                file.write(f"{document['n']}\n")
            time.sleep(0.02)
        return {"$set": {"twice": document["n"] * 2}, "$inc": {"times": 1}}

    return Migration("twice as many", pending={"twice": None}, change=change)


def main(name: str, mark: Path) -> None:
    db = database(os.environ["MONGO_URI"], name, password_file=Path(os.environ["TBI_MONGO_PASSWORD_FILE"]))
    Schema(db, {"things": (doubling(mark),)}).bring_up()
    db.client.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
