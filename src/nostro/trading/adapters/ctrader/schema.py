"""The messages of `manager.proto`, made when they are first asked for: no compiler takes part.

The file's grammar is the part of proto2 that it needs (protobuf.dev, Language Guide proto2).
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

TEXT = Path(__file__).with_name("manager.proto")
MESSAGE = re.compile(r"^message (\w+) \{(.*?)^\}", re.DOTALL | re.MULTILINE)
FIELD = re.compile(r"^  (required|optional|repeated) (\w+) (\w+) = (\d+);$", re.MULTILINE)
LABELS = {
    "optional": FieldDescriptorProto.LABEL_OPTIONAL,
    "required": FieldDescriptorProto.LABEL_REQUIRED,
    "repeated": FieldDescriptorProto.LABEL_REPEATED,
}
TYPES = {
    "double": FieldDescriptorProto.TYPE_DOUBLE, "int64": FieldDescriptorProto.TYPE_INT64,
    "uint64": FieldDescriptorProto.TYPE_UINT64, "int32": FieldDescriptorProto.TYPE_INT32,
    "uint32": FieldDescriptorProto.TYPE_UINT32, "bool": FieldDescriptorProto.TYPE_BOOL,
    "string": FieldDescriptorProto.TYPE_STRING, "bytes": FieldDescriptorProto.TYPE_BYTES,
}  # fmt: skip


def described(text: str) -> FileDescriptorProto:
    """What a .proto file says, for a pool. A type that is no scalar is a message of the file."""
    file = FileDescriptorProto(name="manager.proto", package="ctrader", syntax="proto2")
    for name, body in MESSAGE.findall(text):
        message = DescriptorProto(name=name)
        for label, kind, field, number in FIELD.findall(body):
            one = message.field.add(name=field, number=int(number), label=LABELS[label])
            if kind in TYPES:
                one.type = TYPES[kind]
            else:
                one.type = FieldDescriptorProto.TYPE_MESSAGE
                one.type_name = f".ctrader.{kind}"
        file.message_type.append(message)
    return file


@cache
def _pool() -> DescriptorPool:
    pool = DescriptorPool()
    pool.Add(described(TEXT.read_text(encoding="utf-8")))
    return pool


@cache
def message(name: str) -> Any:
    """The class of a message, such as `ProtoDeal`."""
    found: Any = _pool().FindMessageTypeByName(f"ctrader.{name}")
    return GetMessageClass(found)
