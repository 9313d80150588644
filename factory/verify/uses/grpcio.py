"""Use grpcio: a server and a client on loopback, one answer, a stream, an error."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc


class _Service(grpc.GenericRpcHandler):
    def service(self, details: grpc.HandlerCallDetails) -> object:
        """Choose what answers a method."""
        return {
            "/t/upper": grpc.unary_unary_rpc_method_handler(lambda data, _: data.upper()),
            "/t/bytes": grpc.unary_stream_rpc_method_handler(self._bytes),
        }.get(details.method)

    def _bytes(self, data: bytes, context: object) -> Iterator[bytes]:
        yield from (bytes([letter]) for letter in data)


def probe_calls() -> str:
    """Answers come, streams end, and an unknown method is an error."""
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((_Service(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    options = (("grpc.enable_http_proxy", 0),)
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        upper = channel.unary_unary("/t/upper")
        assert upper(b"x" * 100_000, timeout=30) == b"X" * 100_000
        futures = [upper.future(b"%d" % n, timeout=30) for n in range(50)]
        assert [future.result() for future in futures] == [b"%d" % n for n in range(50)]
        stream = channel.unary_stream("/t/bytes")(b"hello", timeout=30)
        assert b"".join(stream) == b"hello"
        try:
            channel.unary_unary("/t/none")(b"", timeout=30)
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.UNIMPLEMENTED
        else:
            raise AssertionError("an unknown method answered")
    server.stop(None).wait(10)
    return "51 calls, a stream and an error"
