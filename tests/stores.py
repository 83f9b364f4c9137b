"""A store that speaks S3 in this process, and a bucket of it as the place where documents lie.

It checks no signatures, so nothing that runs against it proves that a bucket is closed; docs/operations.md says how to close one.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

KEYS = {"access_key": "a", "secret_key": "s", "region_name": "us-east-1"}


@contextmanager
def s3() -> Iterator[str]:
    """Its address."""
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield "http://{}:{}".format(*running.get_host_and_port())
    running.stop()


def lay_documents_in(server: str, settings: Any) -> Callable[[], list[str]]:
    """An empty bucket that holds the documents of this test; tells the names in it."""
    name = f"documents-{os.urandom(4).hex()}"
    aws = {"aws_access_key_id": "a", "aws_secret_access_key": "s", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=server, **aws)
    client.create_bucket(Bucket=name)
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    options = {"bucket_name": name, "endpoint_url": server, "file_overwrite": False, "client_config": config, **KEYS}
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    settings.S3_DIRECT = True
    return lambda: sorted(one["Key"] for one in client.list_objects_v2(Bucket=name).get("Contents", ()))
