"""Every key management service wraps and unwraps alike; without it running processes go on."""

import secrets
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from moto import mock_aws

from accounts import crypto, keys, kms

grpc = pytest.importorskip("grpc", reason="google-cloud-kms is an extra (gcp) and is not installed")
from google.cloud.kms_v1 import KeyManagementServiceClient  # noqa: E402
from google.cloud.kms_v1.services.key_management_service.transports import (  # noqa: E402
    KeyManagementServiceGrpcTransport,
)
from google.cloud.kms_v1.types import service as messages  # noqa: E402

GCP_KEY = "projects/p/locations/seoul/keyRings/r/cryptoKeys/k"
GCP_SERVICE = "google.cloud.kms.v1.KeyManagementService"


class GcpServer:
    """Speaks Google's protocol for Encrypt and Decrypt over gRPC: a key by its name, bound to the associated data."""

    def __init__(self) -> None:
        self.kept: dict[bytes, tuple[str, bytes, bytes]] = {}

    def handlers(self) -> Any:
        encrypt = grpc.unary_unary_rpc_method_handler(
            self.encrypt,
            request_deserializer=messages.EncryptRequest.deserialize,
            response_serializer=messages.EncryptResponse.serialize,
        )
        decrypt = grpc.unary_unary_rpc_method_handler(
            self.decrypt,
            request_deserializer=messages.DecryptRequest.deserialize,
            response_serializer=messages.DecryptResponse.serialize,
        )
        return grpc.method_handlers_generic_handler(GCP_SERVICE, {"Encrypt": encrypt, "Decrypt": decrypt})

    def encrypt(self, request: Any, context: Any) -> Any:
        sealed = secrets.token_bytes(40)
        self.kept[sealed] = (request.name, request.additional_authenticated_data, request.plaintext)
        return messages.EncryptResponse(name=request.name, ciphertext=sealed)

    def decrypt(self, request: Any, context: Any) -> Any:
        name, bound, plain = self.kept.get(request.ciphertext, ("", b"", b""))
        if (name, bound) != (request.name, request.additional_authenticated_data):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Decryption failed")
        return messages.DecryptResponse(plaintext=plain)


@pytest.fixture
def local(settings) -> kms.Kms:
    settings.KMS_LOCAL_KEY = keys.to_text(secrets.token_bytes(32)).decode()
    return kms.LocalKms()


@pytest.fixture
def aws(settings, monkeypatch) -> Iterator[kms.Kms]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "ap-northeast-2",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        settings.KMS_AWS_KEY = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
        yield kms.AwsKms()


@pytest.fixture
def gcp(settings) -> Iterator[kms.Kms]:
    settings.KMS_GCP_KEY = GCP_KEY
    server = grpc.server(futures.ThreadPoolExecutor(2))
    double = GcpServer()
    server.add_generic_rpc_handlers((double.handlers(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    transport = KeyManagementServiceGrpcTransport(channel=channel)
    yield kms.GcpKms(KeyManagementServiceClient(transport=transport))
    channel.close()
    server.stop(None)


@pytest.fixture(params=["local", "aws", "gcp"])
def service(request) -> kms.Kms:
    return request.getfixturevalue(request.param)


def test_what_was_wrapped_is_unwrapped(service) -> None:
    secret = secrets.token_bytes(32)
    wrapped = service.wrap(secret)
    assert secret not in wrapped
    assert service.unwrap(wrapped) == secret


def test_two_wrappings_of_one_key_differ(service) -> None:
    secret = secrets.token_bytes(32)
    assert service.wrap(secret) != service.wrap(secret)


def test_what_was_altered_or_never_wrapped_is_refused(service) -> None:
    wrapped = bytearray(service.wrap(secrets.token_bytes(32)))
    wrapped[-1] ^= 1
    for bad in (bytes(wrapped), b"", b"nonsense" * 10):
        with pytest.raises(kms.KmsError):
            service.unwrap(bad)


def test_what_was_wrapped_for_another_purpose_is_refused(service, monkeypatch) -> None:
    wrapped = service.wrap(secrets.token_bytes(32))
    with monkeypatch.context() as other:
        other.setattr(kms, "PURPOSE", "something-else")
        with pytest.raises(kms.KmsError):
            service.unwrap(wrapped)


def test_the_ring_takes_wrapped_keys_and_asks_the_service_once(settings, local, monkeypatch) -> None:
    settings.FIELD_KEYS = [kms.wrapped_entry("local", secrets.token_bytes(32)), *settings.FIELD_KEYS]
    token = crypto.encrypt("secret")
    # From now on the service is away: who runs goes on.
    monkeypatch.setattr(kms.LocalKms, "unwrap", lambda self, wrapped: _away())
    assert crypto.decrypt(token) == "secret"
    # A process that starts has nothing remembered.
    keys.key_bytes.cache_clear()
    crypto._ring.cache_clear()
    with pytest.raises(ImproperlyConfigured, match=r"cannot be unwrapped\. local: away"):
        crypto.decrypt(token)


def _away() -> bytes:
    raise kms.KmsError("local: away")


def test_a_service_that_does_not_answer_is_named(settings, monkeypatch) -> None:
    monkeypatch.setattr(kms, "TIMEOUT_SECONDS", 1)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
    settings.KMS_AWS_KEY, settings.KMS_AWS_ENDPOINT = "alias/megacity", "http://127.0.0.1:1"
    with pytest.raises(ImproperlyConfigured, match="aws: decrypt failed"):
        keys.key_bytes("aws:" + keys.to_text(b"x" * 32).decode())


@pytest.mark.parametrize("entry", ["vault:abcd", "local:", "aws:", ":abcd"])
def test_an_entry_of_an_unknown_service_is_refused(entry: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        keys.check_entry(entry)


def test_the_command_makes_entries_and_wraps_plain_ones(settings, local, monkeypatch, capsys) -> None:
    call_command("field_key")
    plain = capsys.readouterr().out.strip()
    monkeypatch.setenv("OLD_KEY", plain)
    call_command("field_key", kms="local", from_variable="OLD_KEY")
    wrapped = capsys.readouterr().out.strip()
    assert wrapped.startswith("local:")
    assert keys.key_bytes(wrapped) == keys.key_bytes(plain)
    settings.KMS_LOCAL_KEY = ""
    with pytest.raises(CommandError, match="KMS_LOCAL_KEY must be set"):
        call_command("field_key", kms="local")
