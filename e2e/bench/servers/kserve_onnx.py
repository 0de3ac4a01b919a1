"""KServe's Python server with models as its documentation has custom ones: kserve_onnx.py REST_PORT GRPC_PORT NAME=MODEL.onnx...

https://kserve.github.io/website/docs/model-serving/predictive-inference/frameworks/custom-predictor
"""

import logging
import sys

import kserve
import onnxruntime
from kserve import InferOutput, InferRequest, InferResponse


class OnnxModel(kserve.Model):
    def __init__(self, name: str, file: str):
        super().__init__(name)
        self.file = file
        self.load()

    def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(self.file, options, providers=["CPUExecutionProvider"])
        self.ready = True

    def predict(self, payload: InferRequest, headers=None) -> InferResponse:
        (answers,) = self.session.run(["output"], {"input": payload.inputs[0].as_numpy()})
        output = InferOutput(name="output", shape=list(answers.shape), datatype="FP32")
        output.set_data_from_numpy(answers, binary_data=True)
        return InferResponse(response_id=payload.id, model_name=self.name, infer_outputs=[output])


if __name__ == "__main__":
    rest, grpc, *models = sys.argv[1:]
    # It would write several lines a request, which ours doesn't.
    logging.disable(logging.INFO)
    server = kserve.ModelServer(http_port=int(rest), grpc_port=int(grpc), enable_latency_logging=False)
    server.start([OnnxModel(*each.split("=", 1)) for each in models])
