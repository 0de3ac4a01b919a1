"""Constant load of varying shapes, every answer checked: by `check` for seconds, by `./capstan bench soak` for an hour."""

import threading
import time

import numpy

import clients

# Seconds for a last answer, on a machine that does other things as well.
PATIENCE = 120

class Load:
    """Clients of all kinds, each in a thread of its own; each asks with numbers of its own, so that another's answer is noticed."""

    def __init__(self, server, threads, per_second=None):
        """per_second: of all clients together, at most; as often as they are answered if it is None"""
        self.server = server
        self.count = threads
        self.pause = threads / per_second if per_second else 0
        self.answers = [0] * threads
        self.faults = []

    def run(self, seconds):
        """Asks for so long; how many answers there were."""
        before = sum(self.answers)
        end = time.monotonic() + seconds
        threads = [threading.Thread(target=self.ask, args=(number, end), daemon=True) for number in range(self.count)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(max(0, end + PATIENCE - time.monotonic()))
        silent = [each for each in threads if each.is_alive()]
        if silent:
            raise AssertionError(f"{len(silent)} of {self.count} clients have had no answer for {PATIENCE} s")
        if self.faults:
            raise AssertionError(f"{len(self.faults)} of {sum(self.answers) - before} answers were wrong: {self.faults[0]}")
        return sum(self.answers) - before

    def ask(self, number, end):
        kinds = [
            clients.TritonHttp,
            clients.TritonGrpc,
            clients.KServeRest,
            clients.KServeGrpc,
            lambda server: clients.TritonHttp(server, binary=False),
        ]
        client = kinds[number % len(kinds)](self.server)
        random = numpy.random.default_rng(number)
        due = time.monotonic()
        try:
            while (due := max(due + self.pause, time.monotonic())) < end and not self.faults:
                time.sleep(max(0, due - time.monotonic()))
                self.once(client, number, random)
                self.answers[number] += 1
        except Exception as fault:
            self.faults.append(fault)
        finally:
            client.close()

    def once(self, client, number, random):
        rows = int(random.integers(1, 64))
        id = f"{number}-{self.answers[number]}"
        match random.integers(4):
            case 0:
                floats = random.random((rows, 3), dtype=numpy.float32)
                integers = random.integers(-1000, 1000, (rows, 2))
                answer = client.infer("sums", {"floats": floats, "integers": integers}, id=id)
                numpy.testing.assert_allclose(answer.outputs["of_floats"], floats.sum(1), rtol=1e-5)
                numpy.testing.assert_array_equal(answer.outputs["of_integers"], integers.sum(1))
            case 1:
                given = random.random((rows, int(random.integers(1, 2000))), dtype=numpy.float32)
                answer = client.infer("lengths", {"rows": given}, id=id)
                numpy.testing.assert_allclose(answer.outputs["mean"], given.mean(1), rtol=1e-4)
            case 2:
                texts = numpy.array([[f"{id} {'x' * int(random.integers(2000))}"] for _ in range(rows)], object)
                answer = client.infer("echo_BYTES", {"in": texts}, id=id)
                got = [each.decode() if isinstance(each, bytes) else each for each in answer.outputs["out"].ravel()]
                assert got == texts.ravel().tolist(), (texts, got)
            case 3:
                wide = random.integers(0, 2**63, (rows, int(random.integers(1, 500))), dtype=numpy.uint64)
                answer = client.infer("echo_UINT64", {"in": wide}, id=id)
                numpy.testing.assert_array_equal(answer.outputs["out"], wide)
        assert answer.id == id, (id, answer.id)
