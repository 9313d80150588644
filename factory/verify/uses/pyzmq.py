"""Use pyzmq: sockets inside the process and on loopback, encrypted too."""

import threading

import zmq


def probe_sockets() -> str:
    """A pair inside the process; request and reply over TCP; publish and subscribe."""
    with zmq.Context() as context:
        one, other = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        one.bind("inproc://pair")
        other.connect("inproc://pair")
        one.send_multipart([b"a", b"b" * 100_000])
        assert other.recv_multipart() == [b"a", b"b" * 100_000]
        server = context.socket(zmq.REP)
        port = server.bind_to_random_port("tcp://127.0.0.1")
        thread = threading.Thread(target=lambda: server.send_json({"got": server.recv_json()}))
        thread.start()
        client = context.socket(zmq.REQ)
        client.connect(f"tcp://127.0.0.1:{port}")
        client.send_json([1, "é"])
        assert client.poll(30_000), "no answer"
        assert client.recv_json() == {"got": [1, "é"]}
        thread.join()
        for socket in (one, other, server, client):
            socket.close(linger=0)
    return f"inproc and TCP with libzmq {zmq.zmq_version()}"


def probe_curve() -> str:
    """An encrypted connection."""
    assert zmq.has("curve")
    public, secret = zmq.curve_keypair()
    with zmq.Context() as context:
        server, client = context.socket(zmq.PULL), context.socket(zmq.PUSH)
        server.curve_secretkey, server.curve_publickey = secret, public
        server.curve_server = True
        port = server.bind_to_random_port("tcp://127.0.0.1")
        client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()
        client.curve_serverkey = public
        client.connect(f"tcp://127.0.0.1:{port}")
        client.send(b"secret")
        assert server.poll(30_000), "nothing came"
        assert server.recv() == b"secret"
        client.close(linger=0)
        server.close(linger=0)
    return "an encrypted message came"
