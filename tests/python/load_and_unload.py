"""Loads libfuseval.so, evaluates, closes it: 20 times, in threads of their own. Run by test_loading.py.

    load_and_unload.py LIBRARY [OTHER LIBRARY before|after]: another LLVM in the process, its symbols global.

Prints one JSON object: resident memory (KiB) and threads after each round, and what the rounds computed.
"""

import _ctypes
import ctypes
import json
import os
import sys
import threading
import time
from ctypes import POINTER, byref, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32, c_void_p

COUNT = 500_000
TEXT = b"sum(sin(a)*0 + a)"


class View(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("dtype", c_int32), ("rank", c_int32), ("shape", POINTER(c_int64)),
                ("byte_strides", c_void_p), ("device_type", c_int32), ("device_id", c_int32), ("flags", c_uint32)]


def resident():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


def threads_left():
    """A thread that was joined may be seen for a moment longer."""
    for _ in range(12_000):
        count = len(os.listdir("/proc/self/task"))
        if count == 1:
            break
        time.sleep(0.005)
    return count


def evaluate(lib):
    session, results, value = c_void_p(), c_void_p(), View()
    data = (c_double * COUNT)(*([1.0] * COUNT))
    view = View(ctypes.addressof(data), 11, 1, (c_int64 * 1)(COUNT), None, 0, 0, 0)
    assert lib.fv_session_create(None, byref(session), None) == 0
    assert lib.fv_evaluate(session, TEXT, c_size_t(len(TEXT)), (c_char_p * 1)(b"a"), byref(view), 1, None, 0, None,
                           byref(results), None) == 0
    assert lib.fv_results_view(results, 0, byref(value), None) == 0
    answer = ctypes.cast(value.data, POINTER(c_double))[0]
    lib.fv_results_release(results)
    lib.fv_session_release(session)
    return answer


def one_round(path, answers):
    lib = ctypes.CDLL(path, mode=os.RTLD_LOCAL | os.RTLD_NOW)
    answers.append(evaluate(lib))
    _ctypes.dlclose(lib._handle)


def use_other(path):
    """A context and a module of the other LLVM: it must be itself, not what libfuseval.so has inside."""
    other = ctypes.CDLL(path, mode=os.RTLD_GLOBAL)
    other.LLVMContextCreate.restype = c_void_p
    other.LLVMModuleCreateWithNameInContext.restype = c_void_p
    other.LLVMPrintModuleToString.restype = c_char_p
    context = c_void_p(other.LLVMContextCreate())
    module = c_void_p(other.LLVMModuleCreateWithNameInContext(b"host", context))
    assert b"ModuleID = 'host'" in other.LLVMPrintModuleToString(module)
    other.LLVMDisposeModule(module)
    other.LLVMContextDispose(context)


def main(path, other=None, when="before"):
    if other and when == "before":
        use_other(other)
    answers, memory, threads = [], [], []
    for _ in range(20):
        worker = threading.Thread(target=one_round, args=(path, answers))
        worker.start()
        worker.join()
        if other:
            use_other(other)
        memory.append(resident())
        threads.append(threads_left())
    print(json.dumps({"answers": answers, "memory": memory, "threads": threads}))


main(*sys.argv[1:])
