"""What comes over the wire when a client is slow, breaks off, sends too much, or speaks something else."""

import gzip
import json
import socket
import threading
import time

import grpc
import numpy
import tritonclient.grpc
from tritonclient.utils import InferenceServerException

from case import ServerCase

BODY = json.dumps({"inputs": [{"name": "in", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]}).encode()
PATH = b"POST /v2/models/echo_FP32/infer HTTP/1.1\r\nHost: x\r\n"


def has_ipv6():
    """Whether this machine has such an address of its own."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


class WireTest(ServerCase):
    def connect(self, port=None):
        connection = socket.create_connection(("127.0.0.1", port or self.server.rest), timeout=20)
        self.addCleanup(connection.close)
        return connection

    def status(self, connection):
        """Of the next answer, whose body is read to its end; None if the server closed the connection."""
        received = b""
        try:
            while b"\r\n\r\n" not in received:
                received += connection.recv(1) or self.end(received)
            head = received.lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in head else 0
            while length > 0:
                length -= len(connection.recv(length) or self.end(received))
        except (ConnectionError, EOFError):
            return None
        return int(received.split(b" ")[1])

    def end(self, received):
        raise EOFError(received)

    def good(self, within=2):
        start = time.monotonic()
        sent = numpy.ones((1, 2), numpy.float32)
        for client in self.clients:
            self.assertEqual(client.infer("echo_FP32", {"in": sent}).outputs["out"].tolist(), [[1, 1]])
        self.assertLess(time.monotonic() - start, within)

    def test_slow_clients_hold_up_nobody(self):
        slow = []
        for sent in (b"", b"POST /v2", PATH, PATH + b"Content-Length: %d\r\n\r\n" % len(BODY), PATH + b"Content-Length: 1000\r\n\r\n{"):
            for _ in range(20):
                slow.append(self.connect())
                slow[-1].sendall(sent)
        self.good()
        connection = slow[65]
        for byte in BODY:
            connection.sendall(bytes([byte]))
        self.assertEqual(self.status(connection), 200)
        for each in slow:
            each.close()
        self.good()

    def test_who_reads_slowly_gets_it_all(self):
        rows = [0.25] * 250_000
        body = json.dumps({"inputs": [{"name": "in", "shape": [250, 1000], "datatype": "FP32", "data": rows}]}).encode()
        connection = self.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
        connection.sendall(PATH + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        time.sleep(0.5)
        self.good()
        with connection.makefile("rb") as answer:
            self.assertIn(b" 200 ", answer.readline())
            length = 0
            while (line := answer.readline()) != b"\r\n":
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            (output,) = json.loads(answer.read(length))["outputs"]
        self.assertEqual(output["data"], rows)

    def test_broken_off(self):
        for _ in range(50):
            for sent in (PATH, PATH + b"Content-Length: 1000\r\n\r\n{", PATH + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n{"):
                connection = socket.create_connection(("127.0.0.1", self.server.rest), timeout=20)
                connection.sendall(sent)
                connection.close()
        half = self.connect()
        half.sendall(PATH + b"Content-Length: 1000\r\n\r\n{")
        half.shutdown(socket.SHUT_WR)
        self.assertIn(self.status(half), (400, None))
        # The answer comes when nobody is there any more.
        for _ in range(20):
            gone = socket.create_connection(("127.0.0.1", self.server.rest), timeout=20)
            gone.sendall(PATH + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
            gone.close()
        self.good()

    def test_too_large(self):
        most = self.server.most_bytes
        declared = self.connect()
        declared.sendall(PATH + b"Content-Length: %d\r\n\r\n" % (10 << 30))
        self.assertEqual(self.status(declared), 413)
        asked = self.connect()
        asked.sendall(PATH + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (10 << 30))
        self.assertEqual(self.status(asked), 413)
        self.assertEqual(self.endless(), 413)
        bomb = gzip.compress(bytes(100 << 20))
        self.assertLess(len(bomb), most)
        self.said(413, self.post("/v2/models/echo_FP32/infer", bomb, {"Content-Encoding": "gzip"}), str(most))
        self.good()

    def endless(self):
        """The status to a body that doesn't end: who sends on all the same is cut off within seconds."""
        connection = self.connect()
        connection.sendall(PATH + b"Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"%x\r\n" % (1 << 16) + b" " * (1 << 16) + b"\r\n"
        end = time.monotonic() + 10
        try:
            while time.monotonic() < end:
                connection.sendall(chunk)
                time.sleep(0.005)
        except ConnectionError:
            # What was said before may be lost with the connection.
            return self.status(connection) or 413
        self.fail("all of it was taken")

    def test_too_large_by_grpc(self):
        rows = numpy.zeros((1, self.server.most_bytes // 4 + 1000), numpy.float32)
        for client in filter(lambda each: "rpc" in each.name.lower(), self.clients):
            with self.subTest(client=client.name):
                self.refused((429, 413), by=lambda: client.infer("echo_FP32", {"in": rows}))
        self.refused(413, str(self.server.most_bytes), by=lambda: self.clients[0].infer("echo_FP32", {"in": rows}))
        self.good()

    def test_packed_bombs_by_grpc(self):
        entry = tritonclient.grpc.InferInput("in", [1, 5 << 20], "FP32")
        entry.set_data_from_numpy(numpy.zeros((1, 5 << 20), numpy.float32))
        with tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{self.server.grpc}") as client:
            with self.assertRaises(InferenceServerException) as refusal:
                client.infer("echo_FP32", [entry], compression_algorithm="gzip")
        self.assertEqual(refusal.exception.status(), "StatusCode.RESOURCE_EXHAUSTED", refusal.exception.message())
        self.good()

    def test_one_behind_the_other(self):
        connection = self.connect()
        connection.sendall(3 * (PATH + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY))
        self.assertEqual([self.status(connection) for _ in range(3)], [200, 200, 200])
        # A refusal leaves the connection usable.
        connection.sendall(PATH + b"Content-Length: 1\r\n\r\n{" + PATH + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
        self.assertEqual([self.status(connection) for _ in range(2)], [400, 200])

    def test_in_chunks(self):
        connection = self.connect()
        connection.sendall(PATH + b"Transfer-Encoding: chunked\r\n\r\n")
        for byte in BODY:
            connection.sendall(b"1\r\n%c\r\n" % byte)
        connection.sendall(b"0\r\n\r\n")
        self.assertEqual(self.status(connection), 200)

    def test_two_lengths(self):
        connection = self.connect()
        connection.sendall(PATH + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(BODY) + BODY)
        self.assertEqual(self.status(connection), 400)

    def test_other_tongues(self):
        for port in (self.server.rest, self.server.grpc):
            for sent in (b"\x16\x03\x01\x02\x00" + bytes(100), b"HELO\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", bytes(1000), b"A" * 100_000 + b"\r\n\r\n"):
                with self.subTest(port=port, sent=sent[:20]):
                    connection = self.connect(port)
                    try:
                        connection.sendall(sent)
                        connection.shutdown(socket.SHUT_WR)
                        received = connection.recv(100)
                    except ConnectionError:
                        received = b""
                    self.assertNotIn(b" 200 ", received)
        self.good()

    def test_many_headers(self):
        """A token that names all groups of a person is longer than the 8 KiB that servers take as a rule; there is an end to it."""
        for count, statuses in ((30, (200,)), (100, (400, 431, None))):
            many = b"".join(b"X-%d: %s\r\n" % (each, b"y" * 1000) for each in range(count))
            connection = self.connect()
            connection.sendall(PATH + many + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
            self.assertIn(self.status(connection), statuses)
        sent = numpy.ones((1, 2), numpy.float32)
        for client in self.clients:
            headers = {"x-large": "y" * 30_000}
            with self.subTest(client=client.name):
                given = tuple(headers.items()) if client.name.startswith("kserve gRPC") else headers
                self.assertEqual(client.infer("echo_FP32", {"in": sent}, headers=given).outputs["out"].tolist(), [[1, 1]])
        self.good()

    def test_other_ways_of_http(self):
        """As proxies and old clients ask: HTTP/1.0, the whole URL, IPv6, a slash at the end, a body where none belongs."""
        body = b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
        for head in (
            b"POST /v2/models/echo_FP32/infer HTTP/1.0\r\n",
            b"POST http://x/v2/models/echo_FP32/infer HTTP/1.1\r\nHost: x\r\n",
            b"POST /v2/models/echo_FP32/infer/ HTTP/1.1\r\nHost: x\r\n",
            b"GET /v2/health/ready HTTP/1.1\r\nHost: x\r\n",
        ):
            with self.subTest(head=head):
                connection = self.connect()
                connection.sendall(head + body)
                self.assertEqual(self.status(connection), 200)
        if has_ipv6():
            with socket.create_connection(("::1", self.server.rest), timeout=20) as connection:
                connection.sendall(PATH + body)
                self.assertEqual(self.status(connection), 200)

    def test_many_connections(self):
        for _ in range(40):
            with grpc.insecure_channel(f"127.0.0.1:{self.server.grpc}", options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
                grpc.channel_ready_future(channel).result(timeout=10)
            self.connect().sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        self.good()

    def test_threads_that_share_a_client(self):
        """gRPC's channels may be shared, and are."""
        client = self.clients[2]
        wrong = []

        def ask(number):
            sent = numpy.full((1, 2), number, numpy.float32)
            for _ in range(20):
                got = client.infer("echo_FP32", {"in": sent}).outputs["out"]
                if not numpy.array_equal(sent, got):
                    wrong.append((sent, got))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(wrong, [])
