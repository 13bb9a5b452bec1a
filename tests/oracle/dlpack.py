"""DLPack's structures (https://dmlc.github.io/dlpack) and Python's capsules of them, over ctypes."""

import ctypes
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int32, c_int64, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p

CPU, CUDA, CUDA_HOST = 1, 2, 3
READ_ONLY = 1
TYPE_CODES = {"i": 0, "u": 1, "f": 2, "c": 5, "b": 6}  # by NumPy's kinds


class Device(ctypes.Structure):
    _fields_ = [("type", c_int32), ("id", c_int32)]


class DataType(ctypes.Structure):
    _fields_ = [("code", c_uint8), ("bits", c_uint8), ("lanes", c_uint16)]


class Tensor(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("device", Device), ("rank", c_int32), ("dtype", DataType),
                ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)), ("byte_offset", c_uint64)]


DELETER = CFUNCTYPE(None, c_void_p)


class ManagedTensor(ctypes.Structure):
    _fields_ = [("tensor", Tensor), ("manager", c_void_p), ("deleter", DELETER)]


class ManagedTensorVersioned(ctypes.Structure):
    _fields_ = [("major", c_uint32), ("minor", c_uint32), ("manager", c_void_p), ("deleter", DELETER),
                ("flags", c_uint64), ("tensor", Tensor)]


STRUCTURES = {False: ManagedTensor, True: ManagedTensorVersioned}  # by whether it is versioned
NAMES = {False: b"dltensor", True: b"dltensor_versioned"}
USED_NAMES = {False: b"used_dltensor", True: b"used_dltensor_versioned"}

# Their own prototypes: a capsule that is being destroyed must not be a py_object, which would count references to it.
_python = ctypes.PyDLL(None)
_new, _is_valid, _pointer, _rename = (getattr(_python, f"PyCapsule_{name}") for name in (
    "New", "IsValid", "GetPointer", "SetName"))
_DESTRUCTOR = CFUNCTYPE(None, c_void_p)
_new.restype, _new.argtypes = ctypes.py_object, [c_void_p, c_char_p, _DESTRUCTOR]
_is_valid.restype, _is_valid.argtypes = c_int, [c_void_p, c_char_p]
_pointer.restype, _pointer.argtypes = c_void_p, [c_void_p, c_char_p]
_rename.restype, _rename.argtypes = c_int, [c_void_p, c_char_p]


def structure(managed, versioned):
    """The tensor at this address."""
    return STRUCTURES[versioned].from_address(managed)


def delete(managed, versioned):
    """Gives a tensor back to who made it."""
    structure(managed, versioned).deleter(managed)


def _destroyer(versioned):
    @_DESTRUCTOR
    def destroy(capsule):  # nobody took the tensor: it would have another name
        if _is_valid(capsule, NAMES[versioned]):
            delete(_pointer(capsule, NAMES[versioned]), versioned)

    return destroy


_DESTROYERS = {versioned: _destroyer(versioned) for versioned in (False, True)}


def capsule_of(managed, versioned):
    """What __dlpack__ gives: it owns the tensor until somebody takes it."""
    return _new(managed, NAMES[versioned], _DESTROYERS[versioned])


def tensor_of(capsule):
    """(address, whether it is versioned) of the tensor in a capsule."""
    versioned = bool(_is_valid(id(capsule), NAMES[True]))
    if not versioned and not _is_valid(id(capsule), NAMES[False]):
        raise ValueError("the capsule's tensor was taken already, or it has none")
    return _pointer(id(capsule), NAMES[versioned]), versioned


def take(capsule):
    """The tensor belongs to who calls this from now on."""
    _rename(id(capsule), USED_NAMES[tensor_of(capsule)[1]])
