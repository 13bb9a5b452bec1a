"""What a case runs: a program, or another call of the C ABI that is to fail."""

import contextlib
import ctypes
import io
import os
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy as np

import dlpack
import fuseval_ctypes as fv
from fake_machine import FAKES

ROOT = Path(__file__).resolve().parents[2]


def strided(base, shape, byte_strides):
    """A view of an array that NumPy would refuse to make unasked."""
    return np.lib.stride_tricks.as_strided(base, shape, byte_strides)


def readonly(array):
    array.flags.writeable = False
    return array


class _Spoiled(fv.View):
    """A view that keeps what it points to."""


def spoiled(array, shape=..., byte_strides=..., **fields):
    """The array's fv_view with some fields replaced; shape and byte_strides are tuples or None."""
    made = fv._Views([array])
    view = _Spoiled()
    ctypes.memmove(ctypes.byref(view), made.array, ctypes.sizeof(fv.View))
    view.made = made
    for name, value in {"shape": shape, "byte_strides": byte_strides}.items():
        if value is not ...:
            view.made_of = value and (ctypes.c_int64 * len(value))(*value)
            setattr(view, name, view.made_of or ctypes.POINTER(ctypes.c_int64)())
            made.keep.append(view.made_of)
    for name, value in fields.items():
        setattr(view, name, value)
    return view


def evaluate(text, inputs, **options):
    fv.Session(default=True).evaluate(text, inputs, **options)


def program(text, inputs):
    return fv.Session(default=True).compile(text, inputs)


def session(**fields):
    """Makes a session with these fields of fv_session_options."""
    options = fv.SessionOptions(**{"struct_size": ctypes.sizeof(fv.SessionOptions)} | fields)
    made = ctypes.c_void_p()
    raw("fv_session_create", ctypes.byref(options), ctypes.byref(made))
    fv.library().fv_session_release(made)


def limited(call, **fields):
    """call(session) for a session with these fields of fv_session_options."""
    options = fv.SessionOptions(**{"struct_size": ctypes.sizeof(fv.SessionOptions)} | fields)
    made = fv.Session(default=True)
    raw("fv_session_create", ctypes.byref(options), ctypes.byref(made.handle))
    try:
        call(made)
    finally:
        made.close()


def within(text, inputs, **fields):
    """Evaluates in a session with these fields of fv_session_options."""
    limited(lambda session: session.evaluate(text, inputs), **fields)


def allowing(text, inputs, *names):
    """Evaluates in a session that allows these functions alone."""
    within(text, inputs, functions=(ctypes.c_char_p * max(len(names), 1))(*names), function_count=len(names))


def hooks(**functions):
    """A pointer to fv_hooks with these Python functions."""
    types = dict(fv.Hooks._fields_)
    made = fv.Hooks(ctypes.sizeof(fv.Hooks), **{name: types[name](function) for name, function in functions.items()})
    return ctypes.pointer(made)


def token():
    """A cancel token that is set."""
    made = ctypes.c_void_p()
    raw("fv_cancel_create", ctypes.byref(made))
    fv.library().fv_cancel_set(made)
    return made


def bounded(array, size):
    """Evaluates over an array that is said to lie in `size` bytes."""
    extent = fv.Extent(array.ctypes.data, size)
    raw_evaluate(inputs=(array,), options=run_options(input_extents=ctypes.pointer(extent)))


def named(text, inputs, names, values):
    """Runs a program compiled for `inputs` with these values by name."""
    made = program(text, inputs)
    views, results = fv._Views(list(values)), ctypes.c_void_p()
    given = (ctypes.c_char_p * max(len(names), 1))(*names)
    raw("fv_run_named", made.handle, given, views.array, len(values), NULL, 0, NULL, ctypes.byref(results))


def shrinking(count):
    """Evaluates into an output over a host's mapping of a file of `count` float64 that has lost all but its first page."""
    with tempfile.TemporaryFile() as file:
        file.truncate(8 * count)
        mapped = np.memmap(file, np.float64, "r", shape=(count,))
        file.truncate(4096)
        view = spoiled(mapped, flags=fv.MAPPED | fv.READONLY)
        evaluate("a + 1", {"a": view}, out=[np.zeros(count)])


def explain(text, inputs, stage):
    fv.Session(default=True).explain(text, inputs, stage)


def raw(function, *arguments):
    """A function of the C ABI with these arguments and an error."""
    fv._call(getattr(fv.library(), function), *arguments)


def raw_evaluate(text=b"a", length=1, names=(b"a",), inputs=(1.0,), input_count=None, outputs=None, output_count=0,
                 options=None, wants_results=True):
    """fv_evaluate with any argument wrong."""
    lib = fv.library()
    results = ctypes.c_void_p()
    made_names = None if names is None else (ctypes.c_char_p * max(len(names), 1))(*names)
    made_inputs = None if inputs is None else fv._Views(list(inputs))
    made_outputs = None if outputs is None else fv._Views(list(outputs))
    fv._call(lib.fv_evaluate, None, text, length, made_names, made_inputs and made_inputs.array,
             len(inputs or ()) if input_count is None else input_count, made_outputs and made_outputs.array,
             output_count, options, ctypes.byref(results) if wants_results else None)
    lib.fv_results_release(results)


def run_options(**fields):
    return fv.RunOptions(**{"struct_size": ctypes.sizeof(fv.RunOptions)} | fields)


def result(text, index):
    """Asks for one result of an evaluation."""
    lib = fv.library()
    call, results, view = fv._Text(text, {}), ctypes.c_void_p(), fv.View()
    fv._call(lib.fv_evaluate, None, *call.arguments, None, 0, None, ctypes.byref(results))
    try:
        fv._call(lib.fv_results_view, results, index, ctypes.byref(view))
    finally:
        lib.fv_results_release(results)


def results(text):
    """The fv_results of an evaluation, never released."""
    call, made = fv._Text(text, {}), ctypes.c_void_p()
    raw("fv_evaluate", NULL, *call.arguments, NULL, 0, NULL, ctypes.byref(made))
    return made


def hints(text):
    """The fv_hints of a text, which is not released."""
    handle = ctypes.c_void_p()
    raw("fv_lint", None, text, len(text), None, None, 0, ctypes.byref(handle))
    return handle


def result_types(text):
    """The fv_types of a text, which is not released."""
    made = handle()
    raw("fv_result_types", None, text, len(text), None, None, 0, made)
    return made._obj


def npy_file(path):
    """The fv_npy of a file of the repository, never released."""
    made = ctypes.c_void_p()
    raw("fv_npy_open", os.fsencode(ROOT / path), 0, ctypes.byref(made))
    return made


def npy(contents, path=None):
    """Opens a file of these bytes; messages name it as <file>."""
    with tempfile.TemporaryDirectory() as folder:
        made = os.path.join(folder, "array.npy")
        with open(made, "wb") as file:
            file.write(contents)
        try:
            raw("fv_npy_open", (path or made).encode(), 0, ctypes.byref(ctypes.c_void_p()))
        except fv.FusevalError as error:
            error.message = error.message.replace(made, "<file>")
            raise


def npy_header(text, version=1, data=b""):
    """A .npy file with this dictionary."""
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode() + data


@contextlib.contextmanager
def environment(**variables):
    """These environment variables for a while; the library asks for them when a session first uses a device."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def there(array, device="cudasim"):
    """The array on a device of the default session; never released."""
    made = fv.Session(default=True).to_device(array, device)
    KEPT.append(made)
    return made


def empty(*arguments):
    fv.Session(default=True).empty(*arguments)


def copy(source, target):
    fv.Session(default=True).copy(source, target)


def device_view(array, **fields):
    """The view of an Array, in C order, with some fields replaced; keeps the array."""
    there = {"data": array.view.data, "byte_strides": None, "device_type": array.view.device_type}
    view = spoiled(np.zeros(array.shape, array.dtype), **there | fields)
    view.array = array
    return view


def freed(size):
    """The view of memory on the simulator that was given back."""
    view = device_view(there(np.zeros(size)))
    view.array.close()
    return view


def created(device=b"cpu", pinned=0, dtype=11, rank=1, shape=(3,), wants_array=True):
    """fv_array_create with any argument wrong."""
    extents = None if shape is None else (ctypes.c_int64 * max(len(shape), 1))(*shape)
    raw("fv_array_create", NULL, device, pinned, dtype, rank, extents, handle() if wants_array else NULL)


def handle():
    return ctypes.byref(ctypes.c_void_p())


def written_result():
    """Asks for the array of a result that was written to an output."""
    call, made, out = fv._Text("1.5", {}), ctypes.c_void_p(), fv._Views([np.zeros(())], writable=True)
    raw("fv_evaluate", NULL, *call.arguments, out.array, 1, NULL, ctypes.byref(made))
    raw("fv_results_array", made, 0, handle())


def tensor(array, versioned=True, **fields):
    """The address of a hand-made tensor over an array, with some fields replaced ("device" and "dtype" by tuples)."""
    made = dlpack.STRUCTURES[versioned]()
    if versioned:
        made.major = fields.pop("major", 1)
        made.flags = dlpack.READ_ONLY if not array.flags.writeable else 0
    shape, strides = (fv._vector(numbers) for numbers in (array.shape, [n // array.itemsize for n in array.strides]))
    made.tensor = dlpack.Tensor(array.ctypes.data, dlpack.Device(dlpack.CPU, 0), array.ndim,
                                dlpack.DataType(dlpack.TYPE_CODES[array.dtype.kind], array.itemsize * 8, 1), shape, strides)
    for name, value in fields.items():
        setattr(made.tensor, name, fv._vector(value) if name in ("shape", "strides") else value)
    KEPT.append((made, array))
    return ctypes.addressof(made)


KEPT = []  # what outlives the expression that made it


def import_tensor(managed, versioned=1):
    raw("fv_array_from_dlpack", NULL, managed, versioned, handle())


def exported(array, versioned=1):
    array.to_dlpack(versioned)


def on_fake_gpu(call):
    """call(session) on the fake machine of tests/fakes."""
    with environment(FUSEVAL_LIBCUDA=str(FAKES / "libcuda-fake.so"), FUSEVAL_LIBNVRTC=str(FAKES / "libnvrtc-fake.so"),
                     FUSEVAL_CACHE_DIR=""), fv.Session() as session:
        call(session)


def without_driver():
    with environment(FUSEVAL_LIBCUDA="/nowhere/libcuda.so.1"), fv.Session() as session:
        session.evaluate("a + 1", {"a": np.zeros(3)}, device="cuda")


def write_npy(path, array):
    view = fv._Views([array])
    raw("fv_npy_write", path.encode(), view.array)


def data_options(names=None, shape=None, **fields):
    """fv_data_options with these fields; names are bytes."""
    made = fv.DataOptions(**{"struct_size": ctypes.sizeof(fv.DataOptions)} | fields)
    if names is not None:
        made.names, made.name_count = (ctypes.c_char_p * max(len(names), 1))(*names), len(names)
    if shape is not None:
        made.shape, made.rank = (ctypes.c_int64 * max(len(shape), 1))(*shape), len(shape)
    return made


def view_all(path, options):
    """Opens a data file and asks for each of its arrays."""
    lib, made = fv.library(), ctypes.c_void_p()
    raw("fv_data_open", path, options, ctypes.byref(made))
    try:
        for index in range(lib.fv_data_count(made)):
            raw("fv_data_view", made, index, fv.View())
    finally:
        lib.fv_data_release(made)


@contextlib.contextmanager
def file_of(name, contents):
    """The path of a file of these bytes; messages name it as <file> and its ending."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        Path(path).write_bytes(contents)
        try:
            yield os.fsencode(path)
        except fv.FusevalError as error:
            error.message = error.message.replace(path, "<file>" + Path(name).suffix)
            raise


@contextlib.contextmanager
def standing_for(descriptor, number):
    """The open file `descriptor` has that number for a while."""
    before = os.dup(number)
    try:
        os.dup2(descriptor, number)
        yield
    finally:
        os.dup2(before, number)
        os.close(before)


def data(name, contents, **options):
    """Reads all arrays of a file of this name and of these bytes."""
    with file_of(name, contents) as path:
        view_all(path, data_options(**options))


def unnumbered(call, descriptor):
    """call(descriptor); messages do not name its number."""
    try:
        call(descriptor)
    except fv.FusevalError as error:
        error.message = error.message.replace(f"descriptor {descriptor}", "descriptor <number>")
        raise


def piped(contents, **options):
    """Reads all arrays of a pipe that gives these bytes, which are few."""
    read, write = os.pipe()
    with os.fdopen(read), os.fdopen(write, "wb") as end:
        end.write(contents)
        end.close()
        unnumbered(lambda descriptor: view_all(NULL, data_options(descriptor=descriptor, **options)), read)


def standard_input(contents, **options):
    """Reads all arrays of standard input, which gives these bytes."""
    with tempfile.TemporaryFile() as file:
        file.write(contents)
        file.seek(0)
        with standing_for(file.fileno(), 0):
            view_all(NULL, data_options(descriptor=0, **options))


def opened_data(name, contents):
    """The fv_data of a file, never released."""
    made = ctypes.c_void_p()
    with file_of(name, contents) as path:
        raw("fv_data_open", path, NULL, ctypes.byref(made))
    return made


def write_data(path, arrays, names=None, **options):
    """Writes arrays to a path, or to the descriptor of the options."""
    made_names = None if names is None else (ctypes.c_char_p * max(len(names), 1))(*names)
    raw("fv_data_write", path, made_names, fv._Views(arrays).array, len(arrays), data_options(**options))


def write_to_full(number=None):
    """Writes an array to the device that is always full, as the descriptor of this number."""
    with open("/dev/full", "wb") as full:
        if number is None:
            return unnumbered(lambda descriptor: write_data(NULL, [np.zeros(3)], descriptor=descriptor), full.fileno())
        with standing_for(full.fileno(), number):
            write_data(NULL, [np.zeros(3)], descriptor=number)


def check_kind(name, contents):
    """Asks whether a file of this name and of these bytes is of another kind."""
    with file_of(name, contents) as path:
        raw("fv_file_check_kind", path)


def npy_bytes(array):
    """The bytes of a .npy file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(*members, packing=zipfile.ZIP_STORED):
    """The bytes of a .zip file of these (name, bytes); a name may be there twice."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", packing) as made:
        warnings.simplefilter("ignore")
        for name, contents in members:
            made.writestr(zipfile.ZipInfo(name), contents, packing)
    return file.getvalue()


def patched(contents, after, offset, replacement):
    """The bytes with others written `offset` behind the last beginning of `after`."""
    at = contents.rindex(after) + offset
    return contents[:at] + replacement + contents[at + len(replacement):]


read_nothing = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda context: None)


def check_files(*paths):
    raw("fv_files_check", (ctypes.c_char_p * len(paths))(*map(str.encode, paths)), len(paths))


NULL = None
TOOLS = {name: value for name, value in globals().items() if not name.startswith("_")}
NAMESPACE = {name: getattr(np, name) for name in np.__all__} | TOOLS | {"Counters": fv.Counters, "Hint": fv.Hint, "Extent": fv.Extent, "fv": fv}


def value_of(expression, **names):
    return eval(expression, dict(NAMESPACE), names)


def text_of(case):
    """The program of a case: str or bytes."""
    verbatim = [line for line in case.setup if line[:4] in (">>> ", "... ", ">>>", "...")]
    if verbatim:
        return "\n".join(line[4:] for line in verbatim)
    return value_of(case.lines_of(">>= ")[0])


def error_of(case):
    """The FusevalError that the case gives, or None."""
    inputs = {name: value_of(value) for name, value in case.given.items()}
    calls = case.lines_of("call ")
    try:
        if calls:
            value_of(calls[0], inputs=inputs)
        else:
            evaluate(text_of(case), inputs, **value_of(f"dict({', '.join(case.lines_of('with '))})"))
    except fv.FusevalError as error:
        return error
    return None
