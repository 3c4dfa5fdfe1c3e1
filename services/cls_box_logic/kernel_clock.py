"""What the kernel was told of its clock (adjtimex, which needs no right to set it): in a container it is the host's."""

from __future__ import annotations

import ctypes

from services.cls_box_logic.domain.clock import ClockState, of_kernel


class _Timex(ctypes.Structure):
    """The beginning of <sys/timex.h>'s struct timex, and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", ctypes.c_long * 2),
        ("tick", ctypes.c_long),
        ("rest", ctypes.c_char * 256),
    )


def kernel_clock() -> ClockState:
    """How the clock stands by the kernel; unknown where that has no word for it."""
    told = _Timex()  # modes 0: read only
    try:
        code = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(told))
    except (OSError, AttributeError):
        code = -1
    if code < 0:
        return ClockState(None, None, "the kernel does not tell how its clock goes")
    return of_kernel(told.status, told.maxerror, told.freq, told.tick)
