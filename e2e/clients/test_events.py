"""What a training came to, as TensorBoard's own code reads it from the file that the worker writes."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import server
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer

FILE = "events.out.tfevents.0.capstan"
EPOCHS = 3
# What metrics.json and TensorBoard call the same.
NAMES = {"loss": "loss/train", "validationLoss": "loss/validation", "validationAccuracy": "accuracy/validation"}


def job(folder: Path):
    rows = {"place": {"path": f"{folder}/rows.csv", "uri": "pvc://data/rows.csv"}, "format": "CSV", "csv": {"header": False, "labelColumn": -1}}
    return {
        "version": 3,
        "job": {"namespace": "default", "name": "clients", "uid": "events", "attempt": 1},
        "work": {
            "kind": "train",
            "model": {"layers": [{"kind": "output", "units": 2, "activation": "softmax", "loss": "mcxent"}]},
            "data": {"train": rows, "test": rows},
            "training": {
                "epochs": EPOCHS,
                "batchSize": 16,
                "optimizer": {"kind": "sgd", "learningRate": 0.1},
                "l1": 0,
                "l2": 0,
                "seed": 1,
                "validationSplit": 0.2,
                "engine": "DEEPLEARNING4J",
            },
        },
        "checkpoints": {"path": f"{folder}/checkpoints", "uri": "pvc://data/checkpoints", "everySteps": 0, "everySeconds": 0, "keep": 1},
        "peers": ["localhost:1"],
        "output": {"path": f"{folder}/out", "uri": "pvc://data/out", "ifExists": "FAIL"},
        "timeouts": {"silence": 30, "late": 1800, "storage": 600},
    }


class EventsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="capstan-events-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        (cls.folder / "rows.csv").write_text("1,0,0\n0,1,1\n" * 50)
        (cls.folder / "token").write_text("token of the tests")
        (cls.folder / "scratch").mkdir()
        (cls.folder / "job.json").write_text(json.dumps(job(cls.folder)))
        environment = os.environ | {
            "CAPSTAN_JOB_FILE": str(cls.folder / "job.json"),
            "CAPSTAN_TOKEN_FILE": str(cls.folder / "token"),
            "CAPSTAN_SCRATCH": str(cls.folder / "scratch"),
            "CAPSTAN_TERMINATION_MESSAGE": str(cls.folder / "outcome"),
            "CAPSTAN_HTTP_PORT": "0",
            "CAPSTAN_RANK": "0",
            "OMP_NUM_THREADS": "1",
        }
        ended = subprocess.run(server.command(cls.folder, "train"), env=environment, capture_output=True, text=True, timeout=300)
        if ended.returncode != 0:
            raise SystemExit(f"clients: the training failed. It said:\n{ended.stdout[-3000:]}{ended.stderr[-2000:]}")
        cls.history = json.loads((cls.folder / "out" / "metrics.json").read_text())["history"]

    def runs(self, folder):
        """What TensorBoard finds under a folder: for each run and tag, its events."""
        found = EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload()
        return {run: {tag: found.Scalars(run, tag) for tag in tags["scalars"]} for run, tags in found.Runs().items()}

    def check(self, scalars):
        for field, tag in NAMES.items():
            self.assertEqual([each.step for each in scalars[tag]], [1, 2, 3], tag)
            for each, epoch in zip(scalars[tag], self.history, strict=True):
                self.assertEqual(each.step, epoch["epoch"])
                self.assertAlmostEqual(each.value, epoch[field], 6)
        times = [each.wall_time for each in scalars["loss/train"]]
        self.assertEqual(times, sorted(times))

    def test_a_finished_training_is_a_run(self):
        runs = self.runs(self.folder)
        self.assertEqual(list(runs), ["out"])
        self.check(runs["out"])
        metrics = json.loads((self.folder / "out" / "metrics.json").read_text())
        for name in ("accuracy", "f1", "loss"):
            (event,) = runs["out"][name + "/test"]
            self.assertEqual(event.step, EPOCHS)
            self.assertAlmostEqual(event.value, metrics[name], 6)
        self.assertEqual(set(runs["out"]), set(NAMES.values()) | {"accuracy/test", "f1/test", "loss/test"})

    def test_one_that_goes_on_is_a_run_and_each_epoch_is_there_once(self):
        """Under the name of an attempt, and for a moment beside what the next one, or the model, comes with."""
        written = (self.folder / "out" / FILE).read_bytes()
        going = self.folder / "going"
        going.mkdir()
        (going / f".capstan-uid-1-{FILE}").write_bytes(written)
        self.check(self.runs(going)["."])
        (going / f".capstan-uid-2-{FILE}").write_bytes(written)
        (going / FILE).write_bytes(written)
        self.check(self.runs(going)["."])
        # Half a record, as while it is written: what came before counts.
        half = self.folder / "half"
        half.mkdir()
        (half / FILE).write_bytes(written[:-20])
        self.check(self.runs(half)["."])
        shutil.rmtree(going)
        shutil.rmtree(half)
