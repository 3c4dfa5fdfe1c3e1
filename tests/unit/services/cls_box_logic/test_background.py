"""A thread that fails is begun again, and health tells of it."""

from __future__ import annotations

import threading

from services.cls_box_logic.background import Background
from services.shared.wait import wait_until


def test_what_fails_is_begun_again_and_told() -> None:
    begun: list[int] = []
    well = threading.Event()

    def work(stopped: threading.Event) -> None:
        begun.append(len(begun))
        if len(begun) < 3:
            raise OSError(28, "No space left on device")
        well.set()
        stopped.wait()

    def other(stopped: threading.Event) -> None:
        stopped.wait()

    background = Background({"sampler": work, "notary": other}, again_s=0.01)
    assert background.trouble() is None
    background.start()
    assert well.wait(5)
    assert background.trouble() == "sampler: OSError: [Errno 28] No space left on device"
    background.stop()
    wait_until(lambda: not any(thread.name == "sampler" for thread in threading.enumerate()), 5, what="its end")
    assert begun == [0, 1, 2]
