"""What a request may say beside its tensors: ids, outputs, parameters, versions, how it is packed and how long it may take."""

import json
import os
import threading
import time
import uuid

import numpy
import tritonclient.grpc
import tritonclient.http
from tritonclient.utils import InferenceServerException

from case import ServerCase

FLOATS = numpy.array([[1, 2, 3], [4, 5, 6]], numpy.float32)
INTEGERS = numpy.array([[1, 1], [2, 2]], numpy.int64)
SUMS = {"floats": FLOATS, "integers": INTEGERS}
RIGHT = {"of_floats": [6, 15], "of_integers": [2, 4], "product": [12, 60]}


def turns(count):
    return {"times": numpy.array([count], numpy.int64)}


class RequestsTest(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients[2].infer("slow", turns(100))
        start = time.monotonic()
        cls.clients[2].infer("slow", turns(500))
        # Turns of the slow model that take a second on this machine, as busy as it is.
        cls.second = int(500 / (time.monotonic() - start))

    def checked(self, answer, *outputs):
        self.assertEqual({name: each.tolist() for name, each in answer.outputs.items()}, {each: RIGHT[each] for each in outputs})

    def test_all_outputs_unless_some_are_chosen(self):
        for client in self.clients:
            with self.subTest(client=client.name):
                self.checked(client.infer("sums", SUMS), *RIGHT)
                self.checked(client.infer("sums", SUMS, outputs=["product"]), "product")
                answer = client.infer("sums", SUMS, outputs=["of_integers", "of_floats"])
                self.checked(answer, "of_floats", "of_integers")
                self.assertEqual(list(answer.outputs), ["of_integers", "of_floats"])
                self.refused(400, "nothing", "product", by=lambda: client.infer("sums", SUMS, outputs=["nothing"]))

    def test_names_model_and_version_and_gives_the_id_back(self):
        for client in self.clients:
            with self.subTest(client=client.name):
                for id in ("7", "ü \"quoted\" " + "x" * 200, str(uuid.uuid4())):
                    answer = client.infer("sums", SUMS, id=id)
                    # KServe's REST client leaves the version out.
                    self.assertEqual((answer.model, answer.version or "1", answer.id), ("sums", "1", id))

    def test_versions(self):
        for client in filter(lambda each: "kserve REST" not in each.name, self.clients):
            with self.subTest(client=client.name):
                self.checked(client.infer("sums", SUMS, version="1"), *RIGHT)
                self.refused(404, "2", by=lambda: client.infer("sums", SUMS, version="2"))

    def test_models_that_are_not_there(self):
        for client in filter(lambda each: each.binary, self.clients):
            with self.subTest(client=client.name):
                self.refused(404, "none", by=lambda: client.infer("none", SUMS))

    def test_parameters_of_the_client_come_back(self):
        given = {"truth": True, "number": 7, "text": "ü"}
        for client in self.clients:
            with self.subTest(client=client.name):
                self.assertEqual(client.infer("sums", SUMS, parameters=dict(given)).parameters, given)

    def test_packed(self):
        http, grpc_client = self.clients[0], self.clients[2]
        for request in (None, "gzip", "deflate"):
            for response in (None, "gzip", "deflate"):
                with self.subTest(request=request, response=response):
                    answer = http.infer("sums", SUMS, request_compression_algorithm=request, response_compression_algorithm=response)
                    self.checked(answer, *RIGHT)
        for packing in ("gzip", "deflate"):
            with self.subTest(grpc=packing):
                self.checked(grpc_client.infer("sums", SUMS, compression_algorithm=packing), *RIGHT)
        body = {"inputs": [{"name": "in", "shape": [100, 100], "datatype": "FP32", "data": [0.5] * 10000}]}
        status, headers, packed = self.post("/v2/models/echo_FP32/infer", body, {"Accept-Encoding": "gzip"})
        self.assertEqual((status, headers["Content-Encoding"]), (200, "gzip"))
        self.assertLess(len(packed), 10000)

    def test_takes_as_long_as_the_client_waits(self):
        http, grpc_client, kserve_rest = self.clients[0], self.clients[2], self.clients[3]
        long = turns(self.second)
        for name, call in {
            "tritonclient.http": lambda: http.infer("slow", long, timeout=100_000),
            "tritonclient.grpc": lambda: grpc_client.infer("slow", long, timeout=100_000),
            "deadline of gRPC": lambda: grpc_client.infer("slow", long, client_timeout=0.1),
            "header": lambda: kserve_rest.infer("slow", long, headers={"Request-Timeout": "0.1"}),
        }.items():
            with self.subTest(name):
                start = time.monotonic()
                self.refused((504, 499), by=call)
                self.assertLess(time.monotonic() - start, 0.8)
        # What was given up doesn't hold up others for long.
        self.assertGreater(grpc_client.infer("slow", turns(1)).outputs["sum"], 0)

    def test_what_is_cancelled_is_not_computed(self):
        entry = tritonclient.grpc.InferInput("times", [1], "INT64")
        entry.set_data_from_numpy(turns(self.second)["times"])
        ended = threading.Semaphore(0)
        errors = []

        def end(result, error):
            errors.append(error)
            ended.release()

        client = self.clients[2].client
        start = time.monotonic()
        calls = [client.async_infer("slow", [entry], end) for _ in range(8)]
        time.sleep(0.2)
        for call in calls:
            call.cancel()
        for _ in calls:
            self.assertTrue(ended.acquire(timeout=10))
        self.assertEqual({each.status() for each in errors}, {"StatusCode.CANCELLED"})
        self.clients[0].infer("slow", turns(1))
        self.assertLess(time.monotonic() - start, 4, "the other seven would have taken seven seconds")

    def test_too_many_are_told_to_come_back(self):
        client = self.clients[2].client
        long = tritonclient.grpc.InferInput("times", [1], "INT64")
        long.set_data_from_numpy(turns(3 * self.second)["times"])
        short = tritonclient.grpc.InferInput("times", [1], "INT64")
        short.set_data_from_numpy(turns(1)["times"])
        ended = threading.Semaphore(0)
        outcomes = []

        def end(result, error):
            outcomes.append(error)
            ended.release()

        # As many as it has threads.
        for _ in range(os.cpu_count()):
            client.async_infer("slow", [long], end)
        time.sleep(0.1)
        for _ in range(2 * self.server.queue):
            client.async_infer("slow", [short], end)
        # Who is refused hears it at once.
        self.assertTrue(ended.acquire(timeout=10))
        ended.release()
        body = {"inputs": [{"name": "times", "shape": [1], "datatype": "INT64", "data": [1]}]}
        answer = self.post("/v2/models/slow/infer", body)
        self.said(429, answer, str(self.server.queue))
        self.assertGreaterEqual(int(answer[1]["Retry-After"]), 1)
        # Another model has a place of its own.
        self.checked(self.clients[0].infer("sums", SUMS), *RIGHT)
        for _ in range(2 * self.server.queue + os.cpu_count()):
            self.assertTrue(ended.acquire(timeout=20))
        refused = [each for each in outcomes if each is not None]
        self.assertEqual({each.status() for each in refused}, {"StatusCode.RESOURCE_EXHAUSTED"})
        self.assertAlmostEqual(len(refused), self.server.queue, delta=2)

    def test_a_model_that_fails_says_so_and_goes_on(self):
        for client in self.clients:
            with self.subTest(client=client.name):
                self.refused((400, 500), "idx=7", by=lambda: client.infer("picked", {"index": numpy.array([7])}))
                self.assertEqual(client.infer("picked", {"index": numpy.array([2])}).outputs["row"].tolist(), [[4, 5]])

    def test_ids_that_are_no_strings(self):
        body = {"inputs": [{"name": "in", "shape": [1, 1], "datatype": "FP32", "data": [1]}]}
        for id, given in ((7, "7"), (None, None)):
            status, _, answer = self.post("/v2/models/echo_FP32/infer", body | {"id": id})
            self.assertEqual((status, json.loads(answer).get("id")), (200, given))

    def test_asynchronous_calls_of_both_tritonclients(self):
        with tritonclient.http.InferenceServerClient(f"127.0.0.1:{self.server.rest}", concurrency=8) as http:
            calls = []
            for number in range(64):
                entry = tritonclient.http.InferInput("in", [1, 1], "FP32")
                entry.set_data_from_numpy(numpy.full((1, 1), number, numpy.float32))
                calls.append(http.async_infer("echo_FP32", [entry], request_id=str(number)))
            for number, call in enumerate(calls):
                result = call.get_result()
                self.assertEqual((result.as_numpy("out").item(), result.get_response()["id"]), (number, str(number)))

    def test_refusals_are_errors_of_the_clients_own_kind(self):
        with self.assertRaises(InferenceServerException):
            self.clients[2].client.infer("none", [])
