"""Use protobuf: a message type made at run time, in binary, JSON and text."""

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    json_format,
    message_factory,
    text_format,
)
from google.protobuf.internal import api_implementation
from google.protobuf.timestamp_pb2 import Timestamp


def probe_messages() -> str:
    """Round trips through all three forms, and a known encoding."""
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto3")
    kind = file.message_type.add(name="Row")
    label = descriptor_pb2.FieldDescriptorProto
    kind.field.add(name="n", number=1, type=label.TYPE_INT64, label=label.LABEL_OPTIONAL)
    kind.field.add(name="t", number=2, type=label.TYPE_STRING, label=label.LABEL_REPEATED)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    row = message_factory.GetMessageClass(pool.FindMessageTypeByName("t.Row"))(n=150, t=["é", ""])
    data = row.SerializeToString()
    assert data == b"\x08\x96\x01\x12\x02\xc3\xa9\x12\x00", data
    assert type(row).FromString(data) == row
    assert json_format.Parse(json_format.MessageToJson(row), type(row)()) == row
    assert text_format.Parse(text_format.MessageToString(row), type(row)()) == row
    stamp = Timestamp()
    stamp.FromJsonString("2024-02-29T00:00:00Z")
    assert stamp.seconds == 1709164800
    return f"binary, JSON and text are right ({api_implementation.Type()})"
