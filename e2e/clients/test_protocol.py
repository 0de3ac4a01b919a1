"""Every message beside infer, by every client that knows it."""

import contextlib
import json
import queue

import grpc
import numpy
import tritonclient.grpc
import messages
from tritonclient.utils import InferenceServerException

from case import ServerCase
from models import TYPES, all_models


class ProtocolTest(ServerCase):
    def setUp(self):
        self.http, self.grpc = self.clients[0].client, self.clients[2].client
        self.rest, self.kserve = self.clients[3], self.clients[5]

    def test_lives_and_is_ready(self):
        for triton in (self.http, self.grpc):
            self.assertTrue(triton.is_server_live())
            self.assertTrue(triton.is_server_ready())
            self.assertTrue(triton.is_model_ready("sums"))
            self.assertTrue(triton.is_model_ready("sums", "1"))
        self.assertFalse(self.http.is_model_ready("sums", "2"))
        self.assertFalse(self.http.is_model_ready("none"))
        with self.assertRaises(InferenceServerException) as refusal:
            self.grpc.is_model_ready("sums", "2")
        self.assertEqual(refusal.exception.status(), "StatusCode.NOT_FOUND")
        rest, grpc_client = self.rest, self.kserve
        self.assertTrue(rest.run(rest.client.is_server_live(rest.url)))
        self.assertTrue(rest.run(rest.client.is_server_ready(rest.url)))
        self.assertTrue(rest.run(rest.client.is_model_ready(rest.url, "sums")))
        self.assertFalse(rest.run(rest.client.is_model_ready(rest.url, "none")))
        self.assertTrue(grpc_client.run(grpc_client.client.is_server_live()))
        self.assertTrue(grpc_client.run(grpc_client.client.is_server_ready()))
        self.assertTrue(grpc_client.run(grpc_client.client.is_model_ready("sums")))

    def test_says_what_it_is(self):
        by_http = self.http.get_server_metadata()
        by_grpc = self.grpc.get_server_metadata(as_json=True)
        self.assertEqual(by_http["name"], "capstan")
        self.assertEqual(by_http, by_grpc | {"extensions": by_grpc["extensions"]})
        self.assertIn("binary_tensor_data", by_http["extensions"])

    def test_says_what_each_model_takes_and_gives(self):
        for name, model in all_models().items():
            by_http = self.http.get_model_metadata(name)
            by_grpc = self.grpc.get_model_metadata(name, as_json=True)
            for described in (by_http, by_grpc):
                with self.subTest(model=name):
                    self.assertEqual(described["name"], name)
                    self.assertEqual(described["versions"], ["1"])
                    self.assertTrue(described["platform"])
                    for kind, tensors in (("inputs", model.graph.input), ("outputs", model.graph.output)):
                        self.assertEqual([self.tensor(each) for each in tensors], [self.told(each) for each in described[kind]])
        self.assertEqual(self.http.get_model_metadata("sums", "1"), self.http.get_model_metadata("sums"))

    @staticmethod
    def tensor(described):
        datatype = next(name for name, number in TYPES.items() if number == described.type.tensor_type.elem_type)
        shape = [each.dim_value if each.HasField("dim_value") else -1 for each in described.type.tensor_type.shape.dim]
        return described.name, datatype, shape

    @staticmethod
    def told(described):
        # Numbers of 64 bits are strings where protobuf is turned into JSON.
        return described["name"], described["datatype"], [int(each) for each in described.get("shape", [])]

    def test_of_a_model_or_version_that_is_not_there_nothing_is_told(self):
        for triton, not_found in ((self.http, 404), (self.grpc, "StatusCode.NOT_FOUND")):
            for model, version in (("none", ""), ("sums", "2"), ("sums", "latest"), ("ü", "")):
                with self.subTest(model=model, version=version):
                    with self.assertRaises(InferenceServerException) as refusal:
                        triton.get_model_metadata(model, version)
                    self.assertEqual(str(not_found), refusal.exception.status())
                    self.assertIn(version or model, refusal.exception.message())

    def test_paths_that_are_not_there(self):
        for path in ("/v2/nothing", "/v2/models", "/v2/models/sums/nothing", "/v1/models/sums:predict", "/v2/health"):
            with self.subTest(path=path):
                self.said(404, self.get(path))
        status, headers, _ = self.get("/v2/models/sums/infer")
        self.assertEqual(status, 405)
        self.assertIn("POST", headers["Allow"])
        self.assertEqual(self.post("/v2/health/live", b"")[0], 405)

    def test_repository_is_nobody_elses(self):
        for triton, forbidden in ((self.http, "403"), (self.grpc, "StatusCode.PERMISSION_DENIED")):
            for call in (triton.get_model_repository_index, lambda: triton.load_model("sums"), lambda: triton.unload_model("sums")):
                with self.subTest(call=call, forbidden=forbidden):
                    with self.assertRaises(InferenceServerException) as refusal:
                        call()
                    self.assertEqual(forbidden, refusal.exception.status(), refusal.exception.message())
        self.assertTrue(self.http.is_model_ready("sums"))

    def test_what_only_triton_has_is_refused_in_its_own_words(self):
        for call in ("get_model_config", "get_inference_statistics", "get_trace_settings"):
            arguments = ("sums",)
            with self.subTest(call=call):
                with self.assertRaises(InferenceServerException) as refusal:
                    getattr(self.http, call)(*arguments)
                self.assertEqual(refusal.exception.status(), "404")
                with self.assertRaises(InferenceServerException) as refusal:
                    getattr(self.grpc, call)(*arguments)
                self.assertEqual(refusal.exception.status(), "StatusCode.UNIMPLEMENTED")

    def test_streaming_is_refused(self):
        answers = queue.Queue()
        with tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{self.server.grpc}") as client:
            client.start_stream(lambda result, error: answers.put(error))
            entry = tritonclient.grpc.InferInput("in", [1, 1], "FP32")
            entry.set_data_from_numpy(numpy.zeros((1, 1), numpy.float32))
            with contextlib.suppress(InferenceServerException):
                # Which it raises if the refusal was there before.
                client.async_stream_infer("echo_FP32", [entry])
            error = answers.get(timeout=10)
        self.assertEqual(error.status(), "StatusCode.UNIMPLEMENTED", error)

    def test_messages_that_no_client_sends(self):
        with grpc.insecure_channel(f"127.0.0.1:{self.server.grpc}") as channel:
            for method, message, status in (
                ("ModelInfer", b"\xff\xff\xff", (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL)),
                ("ModelInfer", messages.ModelInferRequest().SerializeToString(), (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)),
                ("ModelReady", messages.ModelReadyRequest().SerializeToString(), (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)),
                ("Nothing", b"", (grpc.StatusCode.UNIMPLEMENTED,)),
            ):
                with self.subTest(method=method, message=message):
                    call = channel.unary_unary(
                        "/inference.GRPCInferenceService/" + method,
                        request_serializer=lambda raw: raw,
                        response_deserializer=lambda raw: raw,
                    )
                    with self.assertRaises(grpc.RpcError) as refusal:
                        call(message, timeout=10)
                    self.assertIn(refusal.exception.code(), status, refusal.exception.details())

    def test_health_as_the_protocol_has_it(self):
        self.assertEqual(json.loads(self.get("/v2/health/live")[2]), {"live": True})
        self.assertEqual(json.loads(self.get("/v2/health/ready")[2]), {"ready": True})
        self.assertEqual(self.get("/v2/models/none/ready")[0], 404)
        with grpc.insecure_channel(f"127.0.0.1:{self.server.grpc}") as channel:
            check = channel.unary_unary(
                "/grpc.health.v1.Health/Check", request_serializer=lambda raw: raw, response_deserializer=lambda raw: raw
            )
            self.assertEqual(check(b"", timeout=10), b"\x08\x01", "SERVING, as kubelets and proxies ask it")
