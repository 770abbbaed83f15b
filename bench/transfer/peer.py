"""One client of an object store, kept running so that its start is not timed: a line of JSON asks, a line answers."""

import json
import os
import sys


def boto3_client():
    import boto3

    client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    bucket = os.environ["BUCKET"]
    return {
        "put": lambda path, key: client.upload_file(path, bucket, key),
        "get": lambda path, key: client.download_file(bucket, key, path),
    }


def mlflow_client():
    import mlflow
    from mlflow.artifacts import download_artifacts

    mlflow.set_experiment("bench")
    run = mlflow.start_run()

    def get(path, key):
        download_artifacts(run_id=run.info.run_id, artifact_path=key, dst_path=os.path.dirname(path))

    return {"put": lambda path, key: mlflow.log_artifact(path), "get": get}


work = {"boto3": boto3_client, "mlflow": mlflow_client}[sys.argv[1]]()
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    try:
        work[asked["do"]](asked["path"], asked["key"])
        print(json.dumps({"done": True}), flush=True)
    except Exception as error:
        print(json.dumps({"error": repr(error)[:500]}), flush=True)
