"""Starts moto's S3 server as a process, which checks signatures as Amazon does,
and looks into its buckets by Amazon's own client. Knows nothing of the service."""

import contextlib
import datetime
import hashlib
import ipaddress
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service import free_address, wait_for

REGION = "eu-central-1"
# What may be done before keys are asked for: the three calls that make one.
UNSIGNED_CALLS = 3
MAY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}
# Short, so that outages are noticed soon.
TIMEOUT_SECONDS = 2


@dataclass
class Server:
    process: subprocess.Popen
    endpoint: str
    key_id: str
    secret: str
    # A file with the authority that signed the server's certificate.
    authority: Path | None

    def settings(self, bucket: str) -> dict[str, str]:
        """The variables that put blobs into a bucket."""
        return {
            "BAITLINE_BLOBS": f"s3://{bucket}/evidence",
            "BAITLINE_S3_ENDPOINT": self.endpoint,
            "BAITLINE_S3_REGION": REGION,
            "BAITLINE_S3_ACCESS_KEY_ID": self.key_id,
            "BAITLINE_S3_SECRET_ACCESS_KEY": self.secret,
            "BAITLINE_S3_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
        }

    def client(self) -> Any:
        keys = {"aws_access_key_id": self.key_id, "aws_secret_access_key": self.secret}
        return connect("s3", self.endpoint, self.authority, **keys)

    def make_bucket(self, name: str) -> None:
        where = {"LocationConstraint": REGION}
        self.client().create_bucket(Bucket=name, CreateBucketConfiguration=where)

    def check_bucket(self, name: str) -> tuple[int, list[str]]:
        """Every object is a whole blob under the hash of its bytes, and no part of
        another is kept; returns how many there are, and the keys that are none."""
        s3 = self.client()
        for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
            # One begun for a caller that had gone by then has no parts.
            which = {"Key": upload["Key"], "UploadId": upload["UploadId"]}
            assert not s3.list_parts(Bucket=name, **which).get("Parts"), upload
        objects = s3.list_objects_v2(Bucket=name).get("Contents", [])
        keys = [one["Key"] for one in objects]
        blobs = [key for key in keys if key.startswith("evidence/clients/")]
        for key in blobs:
            content = s3.get_object(Bucket=name, Key=key)["Body"].read()
            assert hashlib.sha256(content).hexdigest() == key.rpartition("/")[2], key
        return len(blobs), [key for key in keys if key not in blobs]

    def stall(self) -> None:
        """From now on it accepts connections and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def connect(service: str, endpoint: str, authority: Path | None, **keys: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        verify=str(authority) if authority else None,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        **keys,
    )


@contextlib.contextmanager
def s3_server(folder: Path, tls: bool = False) -> Iterator[Server]:
    """A server whose one user may do everything with buckets."""
    address = free_address()
    host, _, port = address.partition(":")
    command = [sys.executable, "-c", "from moto.server import main; main()"]
    options = ["--host", host, "--port", port]
    authority = None
    if tls:
        authority, certificate, key = make_certificate(folder)
        options += ["--ssl-cert", str(certificate), "--ssl-key", str(key)]
    unsigned = {"INITIAL_NO_AUTH_ACTION_COUNT": str(UNSIGNED_CALLS)}
    with (folder / "moto.log").open("wb") as log:
        process = subprocess.Popen(
            command + options, env=os.environ | unsigned, stdout=log, stderr=log
        )
    try:
        endpoint = f"{'https' if tls else 'http'}://{address}"
        wait_for("the S3 server", lambda: b"Running on" in (folder / "moto.log").read_bytes())
        key_id, secret = make_key(endpoint, authority)
        yield Server(process, endpoint, key_id, secret, authority)
    finally:
        process.kill()
        process.wait()


def make_key(endpoint: str, authority: Path | None) -> tuple[str, str]:
    keys = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nothing"}
    users = connect("iam", endpoint, authority, **keys)
    users.create_user(UserName="baitline")
    policy = json.dumps(MAY_ALL)
    users.put_user_policy(UserName="baitline", PolicyName="all", PolicyDocument=policy)
    key = users.create_access_key(UserName="baitline")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def make_certificate(folder: Path) -> tuple[Path, Path, Path]:
    """An authority, and what it signed for this machine."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = signed("Test authority", authority_key, "Test authority", authority_key)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = signed("127.0.0.1", key, "Test authority", authority_key)
    paths = folder / "authority.pem", folder / "certificate.pem", folder / "key.pem"
    pem = serialization.Encoding.PEM
    paths[0].write_bytes(authority.public_bytes(pem))
    paths[1].write_bytes(certificate.public_bytes(pem))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths[2].write_bytes(key.private_bytes(pem, *plain))
    return paths


def signed(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - day).not_valid_after(now + day)
    is_authority = subject == issuer
    builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    if not is_authority:
        address = x509.IPAddress(ipaddress.ip_address(subject))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
