"""Tensors of every type and shape, there and back, by every client: each bit of them."""

import json

import numpy

from case import ServerCase

FLOATS = (0.0, -0.0, 1 / 3, 65504.0)
VALUES = {
    "BOOL": numpy.array([[True, False]]),
    "UINT8": numpy.array([[0, 255]], numpy.uint8),
    "UINT16": numpy.array([[0, 65535]], numpy.uint16),
    "UINT32": numpy.array([[0, 2**32 - 1]], numpy.uint32),
    "UINT64": numpy.array([[0, 2**53 + 1, 2**63, 2**64 - 1]], numpy.uint64),
    "INT8": numpy.array([[-128, 127]], numpy.int8),
    "INT16": numpy.array([[-32768, 32767]], numpy.int16),
    "INT32": numpy.array([[-(2**31), 2**31 - 1]], numpy.int32),
    "INT64": numpy.array([[-(2**63), 2**63 - 1, 2**53 + 1, -(2**53) - 1]], numpy.int64),
    "FP16": numpy.array([FLOATS], numpy.float16),
    "FP32": numpy.array([FLOATS + (3.4028235e38, 1e-45)], numpy.float32),
    "FP64": numpy.array([FLOATS + (1.7976931348623157e308, 5e-324)], numpy.float64),
    "BYTES": numpy.array([[b"", b"gr\xc3\xbc\xc3\x9fe", b'"\\\n\x00', b"x" * 70000]], object),
}
STRANGE = numpy.array([[numpy.nan, numpy.inf, -numpy.inf, 1]])


def speaks(client, datatype):
    """By JSON and by gRPC's typed contents there is no FP16, the clients say."""
    return datatype != "FP16" or client.binary


def as_bytes(array):
    """Clients give texts as they came in JSON, or as bytes."""
    flat = [each.encode() if isinstance(each, str) else bytes(each) for each in array.ravel()]
    return numpy.array(flat, object).reshape(array.shape)


class TensorsTest(ServerCase):
    def same(self, sent, got):
        self.assertIsNotNone(got)
        self.assertEqual(sent.shape, tuple(got.shape))
        if sent.dtype == object:
            self.assertEqual(sent.tolist(), as_bytes(got).tolist())
        else:
            self.assertEqual(sent.dtype, got.dtype)
            # By bits: NaN isn't the same as itself, and the two zeros are.
            self.assertEqual(sent.tobytes(), got.tobytes())

    def test_each_type_comes_back_as_it_was_sent(self):
        for datatype, values in VALUES.items():
            for client in filter(lambda each: speaks(each, datatype), self.clients):
                with self.subTest(datatype=datatype, client=client.name):
                    self.same(values, client.infer("echo_" + datatype, {"in": values}).outputs["out"])

    def test_nothing_is_a_tensor_too(self):
        for datatype, values in VALUES.items():
            for shape in ((0, 2), (2, 0)):
                nothing = numpy.empty(shape, values.dtype)
                for client in filter(lambda each: speaks(each, datatype), self.clients):
                    with self.subTest(datatype=datatype, shape=shape, client=client.name):
                        self.same(nothing, client.infer("echo_" + datatype, {"in": nothing}).outputs["out"])

    def test_a_single_number_has_no_dimension(self):
        for client in self.clients:
            with self.subTest(client=client.name):
                self.same(numpy.array(2.5), client.infer("scalar", {"in": numpy.array(2.5)}).outputs["out"])

    def test_what_is_no_number_comes_back_exactly(self):
        for datatype in ("FP16", "FP32", "FP64"):
            strange = STRANGE.astype(VALUES[datatype].dtype)
            for client in filter(lambda each: each.binary, self.clients):
                with self.subTest(datatype=datatype, client=client.name):
                    self.same(strange, client.infer("echo_" + datatype, {"in": strange}).outputs["out"])

    def test_a_model_may_answer_what_is_no_number(self):
        given = numpy.array([[1, -1, 0]], numpy.float32)
        right = numpy.array([[numpy.inf, -numpy.inf, numpy.nan]], numpy.float32)
        for client in self.clients:
            with self.subTest(client=client.name):
                numpy.testing.assert_array_equal(right, client.infer("by_zero", {"in": given}).outputs["out"].astype(numpy.float32))

    def test_json_stays_json_where_numbers_are_none(self):
        body = {"inputs": [{"name": "in", "shape": [1, 3], "datatype": "FP32", "data": [1, -1, 0]}]}
        status, _, answer = self.post("/v2/models/by_zero/infer", body)
        self.assertEqual(status, 200)

        def no_such_constant(text):
            self.fail(text + " is no JSON")

        (output,) = json.loads(answer, parse_constant=no_such_constant)["outputs"]
        self.assertEqual(output["data"], ["Infinity", "-Infinity", "NaN"])
        body["inputs"][0]["data"] = output["data"]
        status, _, answer = self.post("/v2/models/echo_FP32/infer", body)
        self.assertEqual((status, json.loads(answer)["outputs"][0]["data"]), (200, output["data"]))

    def test_whole_numbers_beyond_those_of_a_double(self):
        for datatype, numbers in (("INT64", [2**53 + 1, -(2**63)]), ("UINT64", [2**53 + 1, 2**64 - 1])):
            body = {"inputs": [{"name": "in", "shape": [1, 2], "datatype": datatype, "data": numbers}]}
            status, _, answer = self.post(f"/v2/models/echo_{datatype}/infer", body)
            self.assertEqual((status, json.loads(answer)["outputs"][0]["data"]), (200, numbers))
            body["inputs"][0]["data"] = [2**64, 0]
            self.said(400, self.post(f"/v2/models/echo_{datatype}/infer", body), datatype, "18446744073709551616")

    def test_half_floats_as_json(self):
        body = {"inputs": [{"name": "in", "shape": [1, 2], "datatype": "FP16", "data": [0.5, -65504]}]}
        status, _, answer = self.post("/v2/models/echo_FP16/infer", body)
        self.assertEqual((status, json.loads(answer)["outputs"][0]["data"]), (200, [0.5, -65504]))

    def test_data_may_be_nested_as_the_shape_is(self):
        body = {"inputs": [{"name": "in", "shape": [2, 2], "datatype": "INT32", "data": [[1, 2], [3, 4]]}]}
        status, _, answer = self.post("/v2/models/echo_INT32/infer", body)
        self.assertEqual((status, json.loads(answer)["outputs"][0]["data"]), (200, [1, 2, 3, 4]))

    def test_bytes_that_are_no_text(self):
        """ONNX' strings are texts: such bytes are refused, rather than changed."""
        strange = numpy.array([[b"\xff\xfe\x00"]], object)
        for client in filter(lambda each: each.binary, self.clients):
            with self.subTest(client=client.name):
                self.refused(400, "UTF-8", by=lambda: client.infer("echo_BYTES", {"in": strange}))

    def test_many_rows(self):
        rows = numpy.random.default_rng(7).random((1000, 100), dtype=numpy.float32)
        for client in self.clients:
            with self.subTest(client=client.name):
                self.same(rows, client.infer("echo_FP32", {"in": rows}).outputs["out"])
