"""One way of asking for all clients: tritonclient and KServe's SDK, each by HTTP and by gRPC, tensors as JSON and as bytes."""

import asyncio
import logging
from dataclasses import dataclass, field

import grpc
import httpx
import messages  # noqa: F401  before KServe's own, see there
import kserve
import numpy
import tritonclient.grpc
import tritonclient.http
from kserve.inference_client import RESTConfig
from kserve.protocol.infer_type import RequestedOutput, to_http_parameters
from tritonclient.utils import InferenceServerException

# It logs each refusal with a traceback.
logging.getLogger("kserve").setLevel(logging.CRITICAL)
logging.getLogger("kserve.trace").setLevel(logging.CRITICAL)
logging.getLogger("httpx").setLevel(logging.WARNING)

# A status of HTTP for each of gRPC's, as the protocol's servers pair them.
GRPC_STATUS = {
    "INVALID_ARGUMENT": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "CANCELLED": 499,
}


class Refused(Exception):
    """The server said no.

    status: of HTTP, or the one that stands for gRPC's
    message: what it said
    """

    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


@dataclass
class Answer:
    model: str
    version: str
    id: str
    outputs: dict
    parameters: dict = field(default_factory=dict)


def refused_by_triton(error):
    status = error.status() or ""
    if status.startswith("StatusCode."):
        return Refused(GRPC_STATUS[status.removeprefix("StatusCode.")], error.message())
    return Refused(int(status) if status.isdigit() else None, error.message())


def datatype_of(array):
    return tritonclient.utils.np_to_triton_dtype(array.dtype)


class TritonHttp:
    """tritonclient.http; binary: tensors as bytes both ways."""

    def __init__(self, server, binary=True):
        self.name = "tritonclient.http" + ("" if binary else ", JSON")
        self.binary = binary
        # Its greenlets belong to the thread that made them.
        self.client = tritonclient.http.InferenceServerClient(f"127.0.0.1:{server.rest}", network_timeout=60)

    def infer(self, model, inputs, outputs=None, id="", version="", parameters=None, headers=None, **options):
        asked = []
        for name, array in inputs.items():
            asked.append(tritonclient.http.InferInput(name, array.shape, datatype_of(array)))
            asked[-1].set_data_from_numpy(array, binary_data=self.binary)
        try:
            if not outputs and not self.binary:
                # It asks for bytes unless told otherwise for each output.
                outputs = [each["name"] for each in self.client.get_model_metadata(model, version)["outputs"]]
            wanted = outputs and [tritonclient.http.InferRequestedOutput(each, binary_data=self.binary) for each in outputs]
            result = self.client.infer(
                model, asked, version, wanted, id, parameters=parameters, headers=headers, **options
            )
        except InferenceServerException as error:
            raise refused_by_triton(error) from error
        said = result.get_response()
        return Answer(
            said["model_name"],
            said["model_version"],
            said.get("id", ""),
            {each["name"]: result.as_numpy(each["name"]) for each in said["outputs"]},
            said.get("parameters", {}),
        )

    def close(self):
        self.client.close()


class TritonGrpc:
    """tritonclient.grpc, which sends and takes bytes only."""

    name = "tritonclient.grpc"
    binary = True

    def __init__(self, server):
        self.client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{server.grpc}")

    def infer(self, model, inputs, outputs=None, id="", version="", parameters=None, headers=None, **options):
        asked = []
        for name, array in inputs.items():
            asked.append(tritonclient.grpc.InferInput(name, array.shape, datatype_of(array)))
            asked[-1].set_data_from_numpy(array)
        wanted = outputs and [tritonclient.grpc.InferRequestedOutput(each) for each in outputs]
        try:
            result = self.client.infer(model, asked, version, wanted, id, parameters=parameters, headers=headers, **options)
        except InferenceServerException as error:
            raise refused_by_triton(error) from error
        said = result.get_response()
        return Answer(
            said.model_name,
            said.model_version,
            said.id,
            {each.name: result.as_numpy(each.name) for each in said.outputs},
            {key: getattr(value, value.WhichOneof("parameter_choice")) for key, value in said.parameters.items()},
        )

    def close(self):
        self.client.close()


class KServe:
    """What is common to KServe's two clients, which are both asynchronous; a version can be named by gRPC only."""

    def __init__(self, server, binary):
        self.binary = binary
        self.loop = asyncio.new_event_loop()
        self.server = server

    def request(self, model, inputs, outputs, id, version, parameters):
        asked = []
        for name, array in inputs.items():
            asked.append(kserve.InferInput(name, list(array.shape), datatype_of(array)))
            asked[-1].set_data_from_numpy(array, binary_data=self.binary)
        wanted = outputs and [RequestedOutput(each) for each in outputs]
        parameters = dict(parameters or {})
        if self.binary and isinstance(self, KServeRest):
            parameters["binary_data_output"] = True
        return kserve.InferRequest(
            model, asked, id or None, parameters=parameters or None, request_outputs=wanted, model_version=version or None
        )

    def answer(self, result):
        return Answer(
            result.model_name,
            result.model_version,
            result.id,
            {each.name: each.as_numpy() for each in result.outputs},
            to_http_parameters(result.parameters) if result.parameters else {},
        )

    def run(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    def close(self):
        self.run(self.client.close())
        self.loop.close()


class KServeRest(KServe):
    """kserve.InferenceRESTClient."""

    def __init__(self, server, binary=True):
        super().__init__(server, binary)
        self.name = "kserve REST" + ("" if binary else ", JSON")
        self.url = f"http://127.0.0.1:{server.rest}"
        self.client = kserve.InferenceRESTClient(RESTConfig(protocol="v2", retries=0))

    def infer(self, model, inputs, outputs=None, id="", version="", parameters=None, headers=None, timeout=60):
        request = self.request(model, inputs, outputs, id, version, parameters)
        try:
            return self.answer(self.run(self.client.infer(self.url, request, model, headers, timeout=timeout)))
        except httpx.HTTPStatusError as error:
            raise Refused(error.response.status_code, str(error)) from error


class KServeGrpc(KServe):
    """kserve.InferenceGRPCClient."""

    def __init__(self, server, binary=True):
        super().__init__(server, binary)
        self.name = "kserve gRPC" + ("" if binary else ", typed")

        async def connect():
            return kserve.InferenceGRPCClient(f"127.0.0.1:{server.grpc}", retries=0)

        self.client = self.run(connect())

    def infer(self, model, inputs, outputs=None, id="", version="", parameters=None, headers=None, timeout=60):
        request = self.request(model, inputs, outputs, id, version, parameters)
        try:
            return self.answer(self.run(self.client.infer(request, timeout=timeout, headers=headers)))
        except grpc.RpcError as error:
            raise Refused(GRPC_STATUS[error.code().name], error.details()) from error


def all_clients(server):
    return [
        TritonHttp(server),
        TritonHttp(server, binary=False),
        TritonGrpc(server),
        KServeRest(server),
        KServeRest(server, binary=False),
        KServeGrpc(server),
        KServeGrpc(server, binary=False),
    ]
