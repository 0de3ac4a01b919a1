"""A server that speaks TLS, wants a token, and lets clients load and unload models."""

import datetime
import ipaddress
import ssl
import tempfile
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import clients
import gevent.ssl
import kserve
import numpy
import tritonclient.grpc
import tritonclient.http
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kserve.inference_client import RESTConfig
from tritonclient.utils import InferenceServerException

import server

TOKEN = "a token that clients know"
# While clients go over to a new one, both count.
OLDER = "the one before"
KNOWN = {"authorization": "Bearer " + TOKEN}
SENT = numpy.array([[1, 2]], numpy.float32)


def certificate(folder: Path):
    """A key, and a certificate for this machine that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


class GuardedTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="capstan-clients-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        certificate(cls.folder)
        (cls.folder / "client-token").write_text(f"{TOKEN}\n{OLDER}\n")
        access = {"tls": str(cls.folder), "token": str(cls.folder / "client-token"), "repository": True}
        cls.server = server.started(["echo_FP32", "sums"], access)
        cls.authority = str(cls.folder / "tls.crt")
        cls.http = tritonclient.http.InferenceServerClient(
            f"localhost:{cls.server.rest}",
            ssl=True,
            ssl_context_factory=lambda: gevent.ssl.create_default_context(cafile=cls.authority),
        )
        cls.addClassCleanup(cls.http.close)
        cls.grpc = tritonclient.grpc.InferenceServerClient(
            f"localhost:{cls.server.grpc}", ssl=True, root_certificates=cls.authority
        )
        cls.addClassCleanup(cls.grpc.close)

    def tensors(self, kind):
        entry = kind.InferInput("in", [1, 2], "FP32")
        entry.set_data_from_numpy(SENT)
        return [entry]

    def test_tritonclients_that_know_the_token(self):
        for client, kind in ((self.http, tritonclient.http), (self.grpc, tritonclient.grpc)):
            with self.subTest(kind=kind):
                self.assertTrue(client.is_model_ready("echo_FP32", headers=dict(KNOWN)))
                got = client.infer("echo_FP32", self.tensors(kind), headers=dict(KNOWN)).as_numpy("out")
                self.assertEqual(got.tolist(), [[1, 2]])

    def test_an_older_token_and_a_scheme_in_other_letters(self):
        for client, kind in ((self.http, tritonclient.http), (self.grpc, tritonclient.grpc)):
            for value in ("Bearer " + OLDER, "bearer " + TOKEN, "BEARER " + OLDER):
                with self.subTest(kind=kind, value=value):
                    self.assertTrue(client.is_model_ready("echo_FP32", headers={"authorization": value}))

    def test_kserves_clients_that_know_the_token(self):
        rest = clients.KServeRest(self.server)
        rest.url = f"https://localhost:{self.server.rest}"
        context = ssl.create_default_context(cafile=self.authority)
        rest.client = kserve.InferenceRESTClient(RESTConfig(protocol="v2", retries=0, verify=context))
        self.addCleanup(rest.close)
        self.assertEqual(rest.infer("echo_FP32", {"in": SENT}, headers=dict(KNOWN)).outputs["out"].tolist(), [[1, 2]])
        by_grpc = clients.KServeGrpc(self.server)
        self.addCleanup(by_grpc.close)

        async def connect():
            await by_grpc.client.close()
            url = f"localhost:{self.server.grpc}"
            return kserve.InferenceGRPCClient(url, use_ssl=True, root_certificates=self.authority, retries=0)

        by_grpc.client = by_grpc.run(connect())
        answer = by_grpc.infer("echo_FP32", {"in": SENT}, headers=tuple(KNOWN.items()))
        self.assertEqual(answer.outputs["out"].tolist(), [[1, 2]])

    def test_who_does_not_know_it_is_told_nothing(self):
        for client, kind, status in ((self.http, tritonclient.http, "401"), (self.grpc, tritonclient.grpc, "StatusCode.UNAUTHENTICATED")):
            for headers in (None, {"authorization": "Bearer another"}, {"authorization": TOKEN}, {"authorization": "Basic " + TOKEN}):
                for call in (
                    lambda: client.infer("echo_FP32", self.tensors(kind), headers=headers and dict(headers)),
                    lambda: client.get_model_metadata("echo_FP32", headers=headers and dict(headers)),
                    lambda: client.get_model_metadata("none", headers=headers and dict(headers)),
                    lambda: client.unload_model("sums", headers=headers and dict(headers)),
                ):
                    with self.subTest(kind=kind, headers=headers and dict(headers)):
                        with self.assertRaises(InferenceServerException) as refusal:
                            call()
                        self.assertEqual(refusal.exception.status(), status, refusal.exception.message())

    def test_in_clear_it_does_not_talk(self):
        with self.assertRaises((urllib.error.URLError, ConnectionError)):
            urllib.request.urlopen(f"http://localhost:{self.server.rest}/v2/health/live", timeout=10)
        with tritonclient.grpc.InferenceServerClient(f"localhost:{self.server.grpc}") as client:
            with self.assertRaises(InferenceServerException):
                client.is_server_live(client_timeout=2)

    def test_models_are_unloaded_and_loaded(self):
        for client, number in ((self.http, 0), (self.grpc, 1)):
            with self.subTest(number=number):
                self.assertEqual(self.states(client), {"echo_FP32": "READY", "sums": "READY"})
                client.unload_model("sums", headers=dict(KNOWN))
                self.assertEqual(self.states(client), {"echo_FP32": "READY", "sums": "UNAVAILABLE"})
                with self.assertRaises(InferenceServerException) as refusal:
                    client.get_model_metadata("sums", headers=dict(KNOWN))
                self.assertIn("sums", refusal.exception.message())
                client.load_model("sums", headers=dict(KNOWN))
                self.assertEqual(client.is_model_ready("sums", headers=dict(KNOWN)), True)
                client.load_model("sums", headers=dict(KNOWN))
                for call in (client.load_model, client.unload_model):
                    with self.assertRaises(InferenceServerException) as refusal:
                        call("none", headers=dict(KNOWN))
                    self.assertIn(refusal.exception.status(), ("404", "StatusCode.NOT_FOUND"))
                # Its weights would be the client's, and not those of the artifact.
                with self.assertRaises(InferenceServerException) as refusal:
                    client.load_model("sums", headers=dict(KNOWN), config="{}", files={"file:1/model.onnx": b"x"})
                self.assertIn(refusal.exception.status(), ("400", "StatusCode.INVALID_ARGUMENT"))
                self.assertEqual(self.states(client), {"echo_FP32": "READY", "sums": "READY"})

    def states(self, client):
        if client is self.http:
            index = client.get_model_repository_index(headers=dict(KNOWN))
        else:
            index = client.get_model_repository_index(headers=dict(KNOWN), as_json=True)["models"]
        return {each["name"]: each["state"] for each in index}
