"""S3 as moto serves it and an HTTP server, here too."""

from tests.runner.conftest import s3, s3_endpoint
from tests.sources.conftest import web

__all__ = ["s3", "s3_endpoint", "web"]
