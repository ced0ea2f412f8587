"""S3 as moto serves it, here too."""

from tests.runner.conftest import s3, s3_endpoint

__all__ = ["s3", "s3_endpoint"]
