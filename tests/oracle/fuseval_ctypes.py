"""The C ABI (include/fuseval/fuseval.h) over ctypes and NumPy, for the tests and the benchmarks.

    evaluate("a + sum(b)", {"a": array, "b": 2})          -> a NumPy array, or a tuple of them
    program = compile_text("a*b", {"a": a, "b": b}); program.run([a, b], out=[c])

Python bool, int and float bind as weak scalars; NumPy arrays and scalars as they are, strides included. A result is a
copy unless it was written to `out`, or it is on a device: then it is an Array. Arrays on devices:

    session = Session(); there = session.to_device(array, "cuda"); session.evaluate("a*b", {"a": there, "b": 2})

Array has __dlpack__ and __cuda_array_interface__, and what has the latter can be bound. The library is build/release/engine/libfuseval.so, or $FUSEVAL_LIBRARY.
"""

import ctypes
import os
from ctypes import POINTER, byref, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from pathlib import Path

import dlpack
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
DTYPES = [np.dtype(name) for name in (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "complex64", "complex128")]
CODES = {dtype: code for code, dtype in enumerate(DTYPES)}
STATUS = ["OK", "SYNTAX", "UNKNOWN_NAME", "UNKNOWN_FUNCTION", "ARGUMENT", "DTYPE", "SHAPE", "CASTING", "AXIS", "LIMIT",
          "VALUE", "FILE", "MEMORY", "UNSUPPORTED", "INVALID_HANDLE", "CANCELLED", "INTERNAL", "HOOK", "DEVICE"]
READONLY, WEAK, MAPPED = 1, 2, 4
CPU, CUDA, CUDASIM = 0, 1, 2  # fv_device_type
RESULTS_ON = {"inputs": 0, "host": 1, "device": 2}
CASTING = {"same_kind": 0, "unsafe": 1, "safe": 2, "no": 3}


class View(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("dtype", c_int32), ("rank", c_int32), ("shape", POINTER(c_int64)),
                ("byte_strides", POINTER(c_int64)), ("device_type", c_int32), ("device_id", c_int32),
                ("flags", c_uint32)]


class Extent(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("bytes", c_size_t)]


class Hint(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("kind", c_int32), ("begin", c_uint32), ("end", c_uint32), ("line", c_uint32),
                ("column", c_uint32), ("message", c_char_p), ("caret", c_char_p)]


class DataOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("format", c_char_p), ("descriptor", c_int32), ("together", c_int32),
                ("copy", c_int32), ("rank", c_int32), ("shape", POINTER(c_int64)), ("dtype", c_char_p),
                ("names", POINTER(c_char_p)), ("name_count", c_int32), ("passes_over_missing", c_int32)]


class Hooks(ctypes.Structure):
    TASK = ctypes.CFUNCTYPE(None, c_void_p, c_int64)
    _fields_ = [("struct_size", c_size_t), ("user", c_void_p),
                ("allocate", ctypes.CFUNCTYPE(c_void_p, c_void_p, c_size_t, c_size_t)),
                ("deallocate", ctypes.CFUNCTYPE(None, c_void_p, c_void_p, c_size_t)),
                ("parallel_for", ctypes.CFUNCTYPE(ctypes.c_int, c_void_p, c_int64, TASK, c_void_p)),
                ("log", ctypes.CFUNCTYPE(None, c_void_p, c_int32, c_char_p)),
                ("release", ctypes.CFUNCTYPE(None, c_void_p))]


class SessionOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("threads", c_int32), ("vector_bits", c_int32),
                ("program_limit", c_int64), ("kernel_limit", c_int64), ("hooks", POINTER(Hooks)), ("text_limit", c_int64),
                ("depth_limit", c_int64), ("node_limit", c_int64), ("operand_limit", c_int64), ("memory_limit", c_int64),
                ("work_limit", c_int64), ("time_limit", c_int64), ("compile_limit", c_int64), ("functions", POINTER(c_char_p)),
                ("function_count", c_int32)]


class RunOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("threads", c_int32), ("casting", c_int32), ("device", c_char_p),
                ("result_dtype", c_char_p), ("cancel", c_void_p),
                ("progress", ctypes.CFUNCTYPE(ctypes.c_int, c_void_p, c_double)), ("progress_user", c_void_p),
                ("input_extents", POINTER(Extent)), ("output_extents", POINTER(Extent)),
                ("results_on", c_int32), ("stream", c_void_p), ("world", c_void_p), ("input_distributions", c_void_p),
                ("output_distributions", c_void_p), ("work_limit", c_int64), ("time_limit", c_int64)]


class Counters(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t)] + [(name, c_int64) for name in (
        "launches", "tasks", "threads_used", "kernels_compiled", "kernels_cached", "code_bytes", "programs_cached",
        "plans_made")] + [("compile_seconds", c_double), ("front_seconds", c_double), ("kernels_run", c_int64)]


def _load():
    path = os.environ.get("FUSEVAL_LIBRARY", str(ROOT / "build" / "release" / "engine" / "libfuseval.so"))
    lib = ctypes.CDLL(path)
    names, views, handle = POINTER(c_char_p), POINTER(View), POINTER(c_void_p)
    text = [c_char_p, c_size_t]
    prototypes = {
        "fv_error_code": (c_int32, [c_void_p]),
        "fv_error_message": (c_char_p, [c_void_p]),
        "fv_error_span": (None, [c_void_p, POINTER(c_uint32), POINTER(c_uint32)]),
        "fv_error_line": (c_uint32, [c_void_p]),
        "fv_error_column": (c_uint32, [c_void_p]),
        "fv_error_caret": (c_char_p, [c_void_p]),
        "fv_error_release": (None, [c_void_p]),
        "fv_session_create": (c_int32, [POINTER(SessionOptions), handle, handle]),
        "fv_session_release": (None, [c_void_p]),
        "fv_evaluate": (c_int32, [c_void_p, *text, names, views, c_int32, views, c_int32, POINTER(RunOptions), handle,
                                  handle]),
        "fv_compile": (c_int32, [c_void_p, *text, names, views, c_int32, handle, handle]),
        "fv_run": (c_int32, [c_void_p, views, c_int32, views, c_int32, POINTER(RunOptions), handle, handle]),
        "fv_run_named": (c_int32, [c_void_p, names, views, c_int32, views, c_int32, POINTER(RunOptions), handle, handle]),
        "fv_program_input": (c_int32, [c_void_p, c_int32, names, views, handle]),
        "fv_program_release": (None, [c_void_p]),
        "fv_free_names": (c_int32, [c_void_p, *text, handle, handle]),
        "fv_result_types": (c_int32, [c_void_p, *text, names, views, c_int32, handle, handle]),
        "fv_program_result_types": (c_int32, [c_void_p, views, c_int32, handle, handle]),
        "fv_types_get": (c_int32, [c_void_p, c_int32, views, handle]),
        "fv_names_count": (c_int32, [c_void_p]),
        "fv_names_get": (c_char_p, [c_void_p, c_int32]),
        "fv_names_kind": (c_int32, [c_void_p, c_int32]),
        "fv_names_release": (None, [c_void_p]),
        "fv_words": (c_int32, [c_int32, handle, handle]),
        "fv_help": (c_int32, [c_char_p, handle, handle]),
        "fv_lint": (c_int32, [c_void_p, *text, names, views, c_int32, handle, handle]),
        "fv_hints_count": (c_int32, [c_void_p]),
        "fv_hints_get": (c_int32, [c_void_p, c_int32, POINTER(Hint), handle]),
        "fv_hints_release": (None, [c_void_p]),
        "fv_cancel_create": (c_int32, [handle, handle]),
        "fv_cancel_set": (None, [c_void_p]),
        "fv_results_count": (c_int32, [c_void_p]),
        "fv_results_is_tuple": (c_int32, [c_void_p]),
        "fv_results_view": (c_int32, [c_void_p, c_int32, views, handle]),
        "fv_results_release": (None, [c_void_p]),
        "fv_array_create": (c_int32, [c_void_p, c_char_p, c_int32, c_int32, c_int32, POINTER(c_int64), handle, handle]),
        "fv_to_device": (c_int32, [c_void_p, views, c_char_p, handle, handle]),
        "fv_to_host": (c_int32, [c_void_p, views, handle, handle]),
        "fv_copy": (c_int32, [c_void_p, views, views, handle]),
        "fv_array_view": (c_int32, [c_void_p, views, handle]),
        "fv_results_array": (c_int32, [c_void_p, c_int32, handle, handle]),
        "fv_array_from_dlpack": (c_int32, [c_void_p, c_void_p, c_int32, handle, handle]),
        "fv_array_to_dlpack": (c_int32, [c_void_p, c_int32, handle, handle]),
        "fv_array_release": (None, [c_void_p]),
        "fv_synchronize": (c_int32, [c_void_p, c_char_p, handle]),
        "fv_session_stream": (c_int32, [c_void_p, c_char_p, handle, handle]),
        "fv_session_wait_for_stream": (c_int32, [c_void_p, c_char_p, c_void_p, handle]),
        "fv_stream_wait_for_session": (c_int32, [c_void_p, c_char_p, c_void_p, handle]),
        "fv_explain": (c_int32, [c_void_p, *text, names, views, c_int32, c_char_p, handle, handle]),
        "fv_string_release": (None, [c_void_p]),
        "fv_session_counters": (c_int32, [c_void_p, POINTER(Counters), handle]),
        "fv_npy_open": (c_int32, [c_char_p, c_int32, handle, handle]),
        "fv_npy_view": (c_int32, [c_void_p, views, handle]),
        "fv_npy_release": (None, [c_void_p]),
        "fv_npy_write": (c_int32, [c_char_p, views, handle]),
        "fv_read_mapped": (c_int32, [views, c_int32, c_void_p, c_void_p, handle]),
        "fv_file_write": (c_int32, [c_char_p, c_void_p, c_size_t, handle]),
        "fv_files_check": (c_int32, [POINTER(c_char_p), c_int32, handle]),
        "fv_data_open": (c_int32, [c_char_p, POINTER(DataOptions), handle, handle]),
        "fv_data_count": (c_int32, [c_void_p]),
        "fv_data_view": (c_int32, [c_void_p, c_int32, views, handle]),
        "fv_data_release": (None, [c_void_p]),
        "fv_data_write": (c_int32, [c_char_p, POINTER(c_char_p), views, c_int32, POINTER(DataOptions), handle]),
        "fv_data_format": (c_int32, [c_char_p, c_int32, POINTER(c_char_p), handle]),
        "fv_file_check_kind": (c_int32, [c_char_p, handle]),
        "fv_version": (c_char_p, []),
        "fv_info": (c_int32, [c_void_p, handle, handle]),
        "fv_dtype_name": (c_char_p, [c_int32]),
        "fv_dtype_from_name": (c_int32, [c_char_p]),
        "fv_dtype_size": (c_int32, [c_int32]),
    }
    for name, (result, arguments) in prototypes.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


_library = None


def library():
    """The loaded library, loaded once."""
    global _library
    if _library is None:
        _library = _load()
    return _library


class FusevalError(Exception):
    """What fv_error holds."""

    def __init__(self, error):
        lib = library()
        code = lib.fv_error_code(error)
        self.code = STATUS[code] if 0 <= code < len(STATUS) else str(code)
        self.message = lib.fv_error_message(error).decode()
        begin, end = c_uint32(), c_uint32()
        lib.fv_error_span(error, byref(begin), byref(end))
        self.span = (begin.value, end.value)
        self.line, self.column = lib.fv_error_line(error), lib.fv_error_column(error)
        self.caret = lib.fv_error_caret(error).decode()
        lib.fv_error_release(error)
        super().__init__(f"{self.code}: {self.message}")


def _check(status, error):
    if status != 0:
        raise FusevalError(error)


def _call(function, *arguments):
    """Calls a function whose last parameter is fv_error**."""
    error = c_void_p()
    _check(function(*arguments, byref(error)), error)


def words(kind):
    """The language's words of an fv_word_kind: functions are 0."""
    names = c_void_p()
    _call(library().fv_words, kind, byref(names))
    try:
        return [library().fv_names_get(names, k).decode() for k in range(library().fv_names_count(names))]
    finally:
        library().fv_names_release(names)


def help_of(name):
    """fv_help: how a function is written, and what it is."""
    result = c_void_p()
    _call(library().fv_help, name.encode(), byref(result))
    return _take_string(result)


def lint(text, inputs=None):
    """(kind, begin, end, message) of each hint on a text: fv_hint_kind, bytes of the text."""
    call, hints = _Text(text, inputs or {}), c_void_p()
    _call(library().fv_lint, None, *call.arguments, byref(hints))
    try:
        found = []
        for k in range(library().fv_hints_count(hints)):
            hint = Hint(ctypes.sizeof(Hint))
            _call(library().fv_hints_get, hints, k, byref(hint))
            found.append((hint.kind, hint.begin, hint.end, hint.message.decode()))
        return found
    finally:
        library().fv_hints_release(hints)


def _vector(numbers):
    return (c_int64 * max(len(numbers), 1))(*numbers)


def cuda_view(array, device_id=0):
    """The fv_view of what has a __cuda_array_interface__ (version 2 or 3); who uses it sees to the order of streams."""
    interface = array.__cuda_array_interface__
    data, is_readonly = interface["data"]
    shape, strides = interface["shape"], interface.get("strides")
    view = View(data, CODES[np.dtype(interface["typestr"])], len(shape), _vector(shape), strides and _vector(strides),
                CUDA, device_id, READONLY if is_readonly else 0)
    view.keep = array
    return view


class _Views:
    """An array of fv_view over NumPy arrays, Arrays and others' arrays on a GPU, which it keeps alive."""

    def __init__(self, values, writable=False):
        self.keep = []
        self.array = (View * max(len(values), 1))()
        for view, value in zip(self.array, values):
            self._fill(view, value, writable)

    def _fill(self, view, value, writable):
        self.keep.append(value)
        if isinstance(value, View):  # as it is, well-formed or not
            ctypes.memmove(ctypes.byref(view), ctypes.byref(value), ctypes.sizeof(View))
            return
        if isinstance(value, Array):
            return self._fill(view, value.view, writable)
        if hasattr(value, "__cuda_array_interface__"):
            return self._fill(view, cuda_view(value), writable)
        if value is None:
            view.dtype = -1  # an output that asks for an owned result, of its own dtype
            return
        weak = type(value) in (bool, int, float)
        array = np.asarray(value)
        if writable and array is not value:
            raise TypeError("an output must be an array")
        shape, strides = _vector(array.shape), _vector(array.strides)
        self.keep += [array, shape, strides]
        view.data = array.ctypes.data
        view.dtype = CODES[array.dtype]
        view.rank = array.ndim
        view.shape, view.byte_strides = shape, strides
        view.flags = (0 if array.flags.writeable else READONLY) | (WEAK if weak else 0)


def to_numpy(view):
    """A copy of what a view shows."""
    shape = tuple(view.shape[k] for k in range(view.rank))
    dtype = DTYPES[view.dtype]
    result = np.empty(shape, dtype)
    if result.size == 0:
        return result
    strides = tuple(view.byte_strides[k] for k in range(view.rank)) if view.byte_strides else result.strides
    low = sum(min(0, s * (n - 1)) for s, n in zip(strides, shape))
    high = sum(max(0, s * (n - 1)) for s, n in zip(strides, shape)) + dtype.itemsize
    memory = (ctypes.c_char * (high - low)).from_address(view.data + low)
    result[...] = np.ndarray(shape, dtype, memory, -low, strides)
    return result


def _result(results, index, session):
    view = View()
    _call(library().fv_results_view, results, index, byref(view))
    return to_numpy(view) if view.device_type == CPU else _result_array(results, index, session)


def _is_there(value):
    """Whether an output is an array on a device."""
    return not (value is None or isinstance(value, np.ndarray))


def _take_results(results, session=None, out=None, take=_result):
    """take: of (results, index, session). Outputs on a device are given back as they are."""
    lib = library()
    there = {k: value for k, value in enumerate(out or []) if _is_there(value)}
    try:
        count = lib.fv_results_count(results)
        arrays = [there[index] if index in there else take(results, index, session) for index in range(count)]
        return tuple(arrays) if lib.fv_results_is_tuple(results) else arrays[0]
    finally:
        lib.fv_results_release(results)


def _run_options(threads, casting, device=None, result_dtype=None, results_on="inputs", stream=None):
    encoded = [name.encode() if name is not None else None for name in (device, result_dtype)]
    return RunOptions(ctypes.sizeof(RunOptions), threads, CASTING.get(casting, casting), *encoded,
                      results_on=RESULTS_ON.get(results_on, results_on), stream=stream)


class Array:
    """An fv_array: memory of its own on the host or a device, or what an import by DLPack shares."""

    def __init__(self, handle, session=None):
        """session: whose stream its data is ready in; None: the default session's."""
        self.handle, self.session = handle, session or Session(default=True)
        self.view = View()
        _call(library().fv_array_view, handle, byref(self.view))

    def close(self):
        library().fv_array_release(self.handle)
        self.handle = None

    def __del__(self):
        if self.handle is not None:
            self.close()

    @property
    def shape(self):
        return tuple(self.view.shape[k] for k in range(self.view.rank))

    @property
    def strides(self):
        """In bytes."""
        return tuple(self.view.byte_strides[k] for k in range(self.view.rank))

    @property
    def dtype(self):
        return DTYPES[self.view.dtype]

    @property
    def device(self):
        return {CPU: "cpu", CUDA: f"cuda:{self.view.device_id}", CUDASIM: "cudasim"}[self.view.device_type]

    def numpy(self):
        """A copy on the host."""
        if self.view.device_type == CPU:
            return to_numpy(self.view)
        return self.session.to_device(self, "cpu").numpy()

    def to_dlpack(self, versioned=True):
        """The address of a tensor, which is the caller's."""
        managed = c_void_p()
        _call(library().fv_array_to_dlpack, self.handle, int(versioned), byref(managed))
        return managed.value

    def __dlpack_device__(self):
        return (dlpack.CPU, 0) if self.view.device_type == CPU else (dlpack.CUDA, self.view.device_id)

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        if dl_device not in (None, self.__dlpack_device__()) or copy:
            raise BufferError("this array is given as it is, where it is")
        if stream != -1 and self.view.device_type == CUDA:
            self.session.let_stream_wait(self.device, 1 if stream is None else stream)  # None: the legacy default stream
        versioned = max_version is not None and max_version >= (1, 0)
        return dlpack.capsule_of(self.to_dlpack(versioned), versioned)

    @property
    def __cuda_array_interface__(self):
        if self.view.device_type != CUDA:
            raise AttributeError(f"the array is on {self.device}")
        return {"shape": self.shape, "typestr": self.dtype.str, "strides": self.strides, "version": 3,
                "data": (self.view.data or 0, bool(self.view.flags & READONLY)),
                "stream": self.session.stream(self.device)}


def _result_array(results, index, session):
    array = c_void_p()
    _call(library().fv_results_array, results, index, byref(array))
    return Array(array, session)


class _Text:
    """text, length, names, views and count, as several functions take them."""

    def __init__(self, text, inputs):
        data = text if isinstance(text, bytes) else text.encode()
        self.views = _Views(list(inputs.values()))
        self.names = (c_char_p * max(len(inputs), 1))(*[name.encode() for name in inputs])
        self.arguments = (data, len(data), self.names, self.views.array, len(inputs))


class Session:
    """A session of its own; Session(default=True) stands for the process's default one."""

    def __init__(self, threads=0, vector_bits=0, program_limit=0, kernel_limit=0, default=False):
        self.handle = c_void_p()
        if not default:
            options = SessionOptions(ctypes.sizeof(SessionOptions), threads, vector_bits, program_limit, kernel_limit)
            _call(library().fv_session_create, byref(options), byref(self.handle))

    def close(self):
        library().fv_session_release(self.handle)
        self.handle = c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def evaluate(self, text, inputs=None, out=None, threads=0, casting="same_kind", device=None, result_dtype=None,
                 results_on="inputs", stream=None):
        call, outputs = _Text(text, inputs or {}), _Views(out or [], writable=True)
        results, options = c_void_p(), _run_options(threads, casting, device, result_dtype, results_on, stream)
        _call(library().fv_evaluate, self.handle, *call.arguments, outputs.array if out else None, len(out or []),
              byref(options), byref(results))
        return _take_results(results, self, out)

    def evaluate_arrays(self, text, inputs):
        """Results as Arrays, on the host too: memory of the results, not copies."""
        call, results = _Text(text, inputs), c_void_p()
        _call(library().fv_evaluate, self.handle, *call.arguments, None, 0, None, byref(results))
        return _take_results(results, self, take=_result_array)

    def compile(self, text, inputs):
        call, program = _Text(text, inputs), c_void_p()
        _call(library().fv_compile, self.handle, *call.arguments, byref(program))
        return Program(program)

    def explain(self, text, inputs=None, stage="plan"):
        call, result = _Text(text, inputs or {}), c_void_p()
        _call(library().fv_explain, self.handle, *call.arguments, stage.encode(), byref(result))
        return _take_string(result)

    def empty(self, shape, dtype, device, pinned=False):
        array = c_void_p()
        _call(library().fv_array_create, self.handle, device.encode(), int(pinned), CODES[np.dtype(dtype)], len(shape),
              _vector(shape), byref(array))
        return Array(array, self)

    def to_device(self, value, device):
        array, views = c_void_p(), _Views([value])
        _call(library().fv_to_device, self.handle, views.array, device.encode(), byref(array))
        return Array(array, self)

    def copy(self, source, target):
        views = _Views([source]), _Views([target], writable=True)
        _call(library().fv_copy, self.handle, views[0].array, views[1].array)

    def synchronize(self, device):
        _call(library().fv_synchronize, self.handle, device.encode())

    def stream(self, device):
        stream = c_void_p()
        _call(library().fv_session_stream, self.handle, device.encode(), byref(stream))
        return stream.value

    def wait_for_stream(self, device, stream):
        _call(library().fv_session_wait_for_stream, self.handle, device.encode(), stream)

    def let_stream_wait(self, device, stream):
        _call(library().fv_stream_wait_for_session, self.handle, device.encode(), stream)

    def cuda_view(self, array, device="cuda:0"):
        """The view of what has a __cuda_array_interface__, once the session waits for its stream."""
        stream = array.__cuda_array_interface__.get("stream")
        if stream is not None:
            self.wait_for_stream(device, stream)
        return cuda_view(array, int(device.partition(":")[2] or 0))

    def take_dlpack(self, managed, versioned):
        """The array of a tensor at this address, which is the array's from then on."""
        array = c_void_p()
        _call(library().fv_array_from_dlpack, self.handle, managed, int(versioned), byref(array))
        return Array(array, self)

    def from_dlpack(self, value, **arguments):
        """The array of what has __dlpack__, which is called with these arguments; CUDA's in the session's order."""
        kind, number = value.__dlpack_device__()
        if kind == dlpack.CUDA:
            arguments["stream"] = self.stream(f"cuda:{number}")
        capsule = value.__dlpack__(**arguments)
        array = self.take_dlpack(*dlpack.tensor_of(capsule))
        dlpack.take(capsule)
        return array

    def counters(self):
        counters = Counters(ctypes.sizeof(Counters))
        _call(library().fv_session_counters, self.handle, byref(counters))
        return counters


class Program:
    """A compiled text."""

    def __init__(self, handle):
        self.handle = handle

    def close(self):
        library().fv_program_release(self.handle)
        self.handle = None

    def run(self, inputs, out=None, threads=0, casting="same_kind"):
        views, outputs = _Views(inputs), _Views(out or [], writable=True)
        results, options = c_void_p(), _run_options(threads, casting)
        _call(library().fv_run, self.handle, views.array, len(inputs), outputs.array if out else None, len(out or []),
              byref(options), byref(results))
        return _take_results(results)

    def runner(self, inputs, out, threads=0):
        """A function of no arguments that runs into `out`, everything prepared: for measurements."""
        views, outputs, options = _Views(inputs), _Views(out, writable=True), _run_options(threads, "same_kind")
        run, handle, error = library().fv_run, self.handle, c_void_p()

        def call():
            status = run(handle, views.array, len(inputs), outputs.array, len(out), byref(options), None, byref(error))
            if status != 0:
                raise FusevalError(error)

        return call


def _take_string(result):
    try:
        return ctypes.cast(result, c_char_p).value.decode()
    finally:
        library().fv_string_release(result)


def evaluate(text, inputs=None, out=None, threads=0, casting="same_kind", device=None):
    """In the default session."""
    return Session(default=True).evaluate(text, inputs, out, threads, casting, device)


def info():
    result = c_void_p()
    _call(library().fv_info, None, byref(result))
    return _take_string(result)
