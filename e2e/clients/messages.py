"""KServe's messages beside Triton's in one process: both are named as the protocol has them, and a pool of descriptors takes a name once."""

from unittest import mock

from google.protobuf import descriptor_pool

# Triton's first, into the pool that everybody shares.
import tritonclient.grpc  # noqa: F401  isort: skip

_own = descriptor_pool.DescriptorPool()
with mock.patch.object(descriptor_pool, "Default", lambda: _own):
    from kserve.protocol.grpc import grpc_predict_v2_pb2
    from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

ModelInferRequest = grpc_predict_v2_pb2.ModelInferRequest
ModelReadyRequest = grpc_predict_v2_pb2.ModelReadyRequest
InferTensorContents = grpc_predict_v2_pb2.InferTensorContents
__all__ = ["GRPCInferenceServiceStub", "InferTensorContents", "ModelInferRequest", "ModelReadyRequest"]
