"""The worker's own server as a process, started from what Maven built, with the models of models.py."""

import atexit
import functools
import glob
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import models

ROOT = Path(__file__).resolve().parents[2]
# Of the heap, so that what stays in it is noticed.
MOST_HEAP = "192m"


@dataclass
class Kept:
    """What a process keeps: MiB of Java's heap after a collection, MiB resident, threads, and open files and connections."""

    heap: float
    rss: float
    threads: int
    files: int


class Server:
    """Serves models of models.py, all unless told.

    access: of the service file
    """

    most_bytes = 4 << 20
    queue = 64
    open_to_all = {"tls": None, "token": None, "repository": False}

    def __init__(self, folder: Path, names=None, access=None):
        self.folder = folder
        self.names = names or list(models.all_models())
        self.access = access or self.open_to_all
        self.rest, self.grpc, self.management = free_ports(3)
        models.write(folder / "models")
        (folder / "token").write_text("token of the tests")
        (folder / "scratch").mkdir()
        (folder / "service.json").write_text(json.dumps(self.service()))
        self.log = open(folder / "log", "w+")
        self.process = subprocess.Popen(command(folder, "serve"), env=self.environment(), stdout=self.log, stderr=subprocess.STDOUT)
        self.await_ready()

    def service(self):
        return {
            "version": 1,
            "service": {"namespace": "default", "name": "clients", "uid": "0b7c0a56-7f0b-4c5e-9d1c-6a0f5c9a3f10", "revision": 1},
            "models": [self.model(name) for name in self.names],
            "batching": {"maxSize": 32, "maxDelayMicros": 2000},
            "limits": {"maxRequestBytes": self.most_bytes, "queue": self.queue, "timeoutMillis": 20_000},
            "access": self.access,
            "replicas": None,
        }

    def model(self, name):
        file = self.folder / "models" / name / "model.onnx"
        digest = "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
        return {
            "name": name,
            "from": {"place": {"path": str(file), "uri": f"pvc://models/{name}/model.onnx", "s3": None}, "digest": digest},
            "runtime": "ONNX",
            "jar": None,
            "keep": None,
            "keepDigests": [],
        }

    def environment(self):
        return os.environ | {
            "CAPSTAN_SERVICE_FILE": str(self.folder / "service.json"),
            "CAPSTAN_TOKEN_FILE": str(self.folder / "token"),
            "CAPSTAN_SCRATCH": str(self.folder / "scratch"),
            "CAPSTAN_TERMINATION_MESSAGE": str(self.folder / "outcome"),
            "CAPSTAN_REST_PORT": str(self.rest),
            "CAPSTAN_GRPC_PORT": str(self.grpc),
            "CAPSTAN_MANAGEMENT_PORT": str(self.management),
            "OMP_NUM_THREADS": "1",
        }

    def await_ready(self):
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.management}/readyz", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise SystemExit(f"clients: the server isn't ready. It said:\n{self.said()}")

    def said(self):
        self.log.flush()
        return (self.folder / "log").read_text()[-5000:]

    def kept(self):
        pid = self.process.pid
        jcmd = os.environ["JAVA_HOME"] + "/bin/jcmd"
        subprocess.run([jcmd, str(pid), "GC.run"], check=True, stdout=subprocess.DEVNULL)
        heap = subprocess.run([jcmd, str(pid), "GC.heap_info"], check=True, capture_output=True, text=True).stdout
        used = sum(int(each) for each in re.findall(r"(?:def new generation|tenured generation|DefNew|Tenured) .*used (\d+)K", heap))
        status = Path(f"/proc/{pid}/status").read_text()
        return Kept(
            used / 1024,
            int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024,
            int(re.search(r"Threads:\s+(\d+)", status)[1]),
            len(os.listdir(f"/proc/{pid}/fd")),
        )

    def settled(self):
        """What it keeps once it has ended what clients left behind: nothing gets less any more."""
        least = self.kept()
        for _ in range(10):
            time.sleep(1)
            now = self.kept()
            if now.threads >= least.threads and now.files >= least.files and now.heap > least.heap - 1:
                return now
            least = now
        return least

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise SystemExit(f"clients: the server didn't end within 30 s of SIGTERM. It said:\n{self.said()}") from None
        finally:
            self.log.close()


def command(folder: Path, role):
    """A worker in that role, as its image starts it."""
    jar = glob.glob(str(ROOT / "worker/target/capstan-worker-*.jar"))
    if not jar:
        raise SystemExit("clients: worker/target has no capstan-worker-*.jar: build it by ./mvnw -pl worker -am -DskipTests package")
    return [
        os.environ["JAVA_HOME"] + "/bin/java",
        f"@{ROOT}/worker/jvm.options",
        "-Xmx" + MOST_HEAP,
        f"-Dorg.bytedeco.javacpp.cachedir={folder}/natives",
        "-cp",
        f"{jar[0]}:{ROOT}/worker/target/lib/*",
        "dev.capstan.worker.Main",
        role,
    ]


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def started(*arguments):
    """A server that ends with this process, and its folder with it."""
    folder = Path(tempfile.mkdtemp(prefix="capstan-clients-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = Server(folder, *arguments)
    atexit.register(server.stop)
    return server


@functools.cache
def shared():
    """The one server of nearly all tests."""
    return started()
