"""Requests that are wrong: the right status, a sentence that says what is wrong and what would be right, and the next one is answered."""

import grpc
import numpy
import messages

from case import ServerCase


def entry(**changed):
    """A right input, but for what is said."""
    right = {"name": "in", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]} | changed
    return {key: value for key, value in right.items() if value is not ...}


# What is sent to the model echo_FP32, and words of the refusal.
BODIES = {
    "no JSON": (b"{", "JSON"),
    "no object": (b"[1, 2]", "object"),
    "nothing": (b"", "empty"),
    "no UTF-8": (b'{"id": "\xff\xfe", "inputs": []}', "UTF-8"),
    "deeper than anyone needs": (b'{"inputs": ' + b"[" * 100_000, ""),
    "more behind": (b'{"inputs": []} {}', "more"),
    "no inputs": ({}, "in", "missing"),
    "inputs are none": ({"inputs": {}}, "array"),
    "inputs twice": (b'{"inputs": [], "inputs": []}', "inputs"),
    "a shape twice": (b'{"inputs": [{"name": "in", "datatype": "FP32", "shape": [1, 2], "data": [1, 2], "shape": [2, 1]}]}', "shape"),
    "no name": ({"inputs": [entry(name=...)]}, "name"),
    "another name": ({"inputs": [entry(name="x")]}, '"in"', "FP32"),
    "one too many": ({"inputs": [entry(), entry(name="y")]}, '"y"'),
    "twice the same": ({"inputs": [entry(), entry()]}, "twice"),
    "no datatype": ({"inputs": [entry(datatype=...)]}, "datatype"),
    "unknown datatype": ({"inputs": [entry(datatype="FLOAT")]}, "FLOAT", "FP32"),
    "another datatype": ({"inputs": [entry(datatype="INT32")]}, "INT32", "FP32"),
    "no shape": ({"inputs": [entry(shape=...)]}, "shape"),
    "shape of text": ({"inputs": [entry(shape=["1", 2])]}, "shape"),
    "shape of fractions": ({"inputs": [entry(shape=[1, 2.5])]}, "2.5"),
    "shape below zero": ({"inputs": [entry(shape=[-1, 2])]}, "-1"),
    "shape of one dimension": ({"inputs": [entry(shape=[2])]}, "[2]", "[-1,-1]"),
    "shape beyond all": ({"inputs": [entry(shape=[2**40, 2**40])]}, "elements"),
    "shape that no long holds": ({"inputs": [entry(shape=[2**70, 1])]}, "shape"),
    "as many dimensions as one likes": ({"inputs": [entry(shape=[1] * 10_000)]}, "dimensions"),
    "too few numbers": ({"inputs": [entry(data=[1])]}, "2"),
    "too many numbers": ({"inputs": [entry(data=[1, 2, 3])]}, "2"),
    "no data": ({"inputs": [entry(data=...)]}, "data"),
    "data of text": ({"inputs": [entry(data=["one", 2])]}, "one"),
    "data of nothing": ({"inputs": [entry(data=[None, 2])]}, "null"),
    "data of objects": ({"inputs": [entry(data=[{}, 2])]}, "FP32"),
    "data is a number": ({"inputs": [entry(data=1)]}, "data"),
    "outputs are none": ({"inputs": [entry()], "outputs": 1}, "array"),
    "unknown output": ({"inputs": [entry()], "outputs": [{"name": "x"}]}, '"x"', '"out"'),
    "the same output twice": ({"inputs": [entry()], "outputs": [{"name": "out"}, {"name": "out"}]}, "twice"),
    "parameters are none": ({"inputs": [entry()], "parameters": []}, "parameters"),
    "a timeout of text": ({"inputs": [entry()], "parameters": {"timeout": "soon"}}, "timeout"),
    "an id of objects": ({"inputs": [entry()], "id": {}}, "id"),
    "shared memory": ({"inputs": [entry(data=..., parameters={"shared_memory_region": "r"})]}, "shared memory"),
    "classification": ({"inputs": [entry()], "outputs": [{"name": "out", "parameters": {"classification": 1}}]}, "classification"),
    "binary without where": ({"inputs": [entry(data=..., parameters={"binary_data_size": 8})]}, "Inference-Header-Content-Length"),
}

# Numbers that a datatype hasn't.
NUMBERS = {
    "UINT8": (-1, 256, 1.5),
    "INT8": (-129, 128),
    "UINT16": (65536,),
    "INT32": (2**31,),
    "UINT64": (-1, 2**64),
    "INT64": (2**63, 1.5, "1"),
    "BOOL": (2, "true"),
    "BYTES": (1, None),
}


class RefusalsTest(ServerCase):
    def test_bodies(self):
        for name, (body, *words) in BODIES.items():
            with self.subTest(name):
                self.said(400, self.post("/v2/models/echo_FP32/infer", body), *words)
        self.good()

    def good(self):
        """Whatever came before, this is answered."""
        sent = numpy.ones((1, 2), numpy.float32)
        for client in self.clients:
            with self.subTest(client=client.name):
                self.assertEqual(client.infer("echo_FP32", {"in": sent}).outputs["out"].tolist(), [[1, 1]])

    def test_numbers_that_a_type_has_not(self):
        for datatype, numbers in NUMBERS.items():
            for number in numbers:
                with self.subTest(datatype=datatype, number=number):
                    body = {"inputs": [entry(datatype=datatype, shape=[1, 1], data=[number])]}
                    self.said(400, self.post(f"/v2/models/echo_{datatype}/infer", body), datatype)
        self.good()

    def test_bytes_behind_the_json(self):
        def answer(json_length, size, tail, datatype="FP32", shape="[1,2]"):
            json = b'{"inputs":[{"name":"in","shape":%s,"datatype":"%s","parameters":{"binary_data_size":%s}}]}' % (
                shape.encode(),
                datatype.encode(),
                size,
            )
            header = {"Inference-Header-Content-Length": json_length(len(json)), "Content-Type": "application/octet-stream"}
            return self.post(f"/v2/models/echo_{datatype}/infer", json + tail, header)

        def as_it_is(length):
            return str(length)

        self.assertEqual(answer(as_it_is, b"8", bytes(8))[0], 200)
        for name, arguments in {
            "fewer than said": (as_it_is, b"8", bytes(7)),
            "more than said": (as_it_is, b"8", bytes(9)),
            "not the shape's": (as_it_is, b"4", bytes(4)),
            "below zero": (as_it_is, b"-8", bytes(8)),
            "text": (as_it_is, b'"8"', bytes(8)),
            "JSON beyond the body": (lambda length: str(length + 100), b"8", bytes(8)),
            "JSON below zero": (lambda length: "-1", b"8", bytes(8)),
            "JSON of text": (lambda length: "all", b"8", bytes(8)),
            "JSON beyond all": (lambda length: str(2**40), b"8", bytes(8)),
            "JSON cut off": (lambda length: str(length - 3), b"8", bytes(8)),
            "a truth of 2": (as_it_is, b"2", b"\x01\x02", "BOOL"),
            "a text longer than all": (as_it_is, b"6", b"\xff\xff\xff\x7fab", "BYTES", "[1,1]"),
            "a text of less than nothing": (as_it_is, b"6", b"\xff\xff\xff\xffab", "BYTES", "[1,1]"),
            "half of a text's length": (as_it_is, b"2", b"\x01\x00", "BYTES", "[1,1]"),
            "one text instead of two": (as_it_is, b"5", b"\x01\x00\x00\x00a", "BYTES", "[1,2]"),
        }.items():
            with self.subTest(name):
                self.said(400, answer(*arguments))
        self.good()

    def test_packings(self):
        path = "/v2/models/echo_FP32/infer"
        self.said(415, self.post(path, b"x", {"Content-Encoding": "zstd-of-tomorrow"}), "gzip")
        self.said(400, self.post(path, b"no gzip at all", {"Content-Encoding": "gzip"}))
        self.said(400, self.post(path, b"", {"Content-Encoding": "gzip"}))
        self.good()

    def test_messages(self):
        Tensor = messages.ModelInferRequest.InferInputTensor
        raw = numpy.ones((1, 2), "<f4").tobytes()
        floats = messages.InferTensorContents(fp32_contents=[1, 1])
        right = Tensor(name="in", datatype="FP32", shape=[1, 2])
        typed = Tensor(name="in", datatype="FP32", shape=[1, 2], contents=floats)
        with grpc.insecure_channel(f"127.0.0.1:{self.server.grpc}") as channel:
            stub = messages.GRPCInferenceServiceStub(channel)

            def infer(inputs, contents=(), **more):
                return stub.ModelInfer(
                    messages.ModelInferRequest(model_name="echo_FP32", inputs=inputs, raw_input_contents=contents, **more), timeout=10
                )

            self.assertEqual(infer([right], [raw]).raw_output_contents, [raw])
            self.assertEqual(list(infer([typed]).outputs[0].contents.fp32_contents), [1, 1])
            ints = messages.InferTensorContents(int_contents=[1, 1])
            for name, arguments in {
                "nothing": ([],),
                "no data": ([right],),
                "too few bytes": ([right], [raw[:-1]]),
                "too many tensors of bytes": ([right], [raw, raw]),
                "both kinds of data": ([typed], [raw]),
                "typed as another": ([Tensor(name="in", datatype="FP32", shape=[1, 2], contents=ints)],),
                "too few numbers": ([Tensor(name="in", datatype="FP32", shape=[1, 3], contents=floats)],),
                "below zero": ([Tensor(name="in", datatype="FP32", shape=[-1, 2])], [raw]),
                "unknown datatype": ([Tensor(name="in", datatype="BF17", shape=[1, 2])], [raw]),
                "another name": ([Tensor(name="x", datatype="FP32", shape=[1, 2])], [raw]),
                "twice the same": ([right, right], [raw, raw]),
            }.items():
                with self.subTest(name):
                    with self.assertRaises(grpc.RpcError) as refusal:
                        infer(*arguments)
                    self.assertEqual(refusal.exception.code(), grpc.StatusCode.INVALID_ARGUMENT, refusal.exception.details())
                    self.assertTrue(refusal.exception.details())
        self.good()

    def test_what_clients_let_pass(self):
        for client in self.clients:
            with self.subTest(client=client.name):
                for wrong, word in (
                    (numpy.ones((1, 2), numpy.float64), "FP64"),
                    (numpy.ones((2,), numpy.float32), "[2]"),
                    (numpy.ones((1, 1, 2), numpy.float32), "[1,1,2]"),
                ):
                    self.refused(400, word, by=lambda: client.infer("echo_FP32", {"in": wrong}))
                self.refused(400, "samples", by=lambda: client.infer("sums", {
                    "floats": numpy.ones((2, 3), numpy.float32), "integers": numpy.ones((1, 2), numpy.int64)}))
                self.refused(400, "missing", by=lambda: client.infer("sums", {"floats": numpy.ones((1, 3), numpy.float32)}))
