"""KServe's Python server with one scikit-learn model: python kserve_server.py <model.joblib> <port>"""

import sys

import joblib
from kserve import InferOutput, InferResponse, Model, ModelServer


class Trees(Model):
    def load(self):
        self.trees = joblib.load(sys.argv[1])
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        probabilities = self.trees.predict_proba(payload.inputs[0].as_numpy())
        output = InferOutput("probabilities", list(probabilities.shape), "FP64")
        output.set_data_from_numpy(probabilities, binary_data=payload.use_binary_outputs)
        return InferResponse(payload.id or "bench", self.name, [output], use_binary_outputs=payload.use_binary_outputs)


if __name__ == "__main__":
    trees = Trees("late")
    trees.load()
    ModelServer(http_port=int(sys.argv[2]), enable_grpc=False, workers=1).start([trees])
