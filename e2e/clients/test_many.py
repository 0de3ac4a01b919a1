"""Many at once, of varying shapes; and what the server keeps of it all."""

import tritonclient.http

from case import ServerCase
from load import Load


class ManyTest(ServerCase):
    def test_everybody_gets_his_own_answer(self):
        load = Load(self.server, 16)
        self.assertGreater(load.run(5), 16)
        self.assertTrue(all(load.answers), load.answers)


class LastTest(ServerCase):
    """Run after all others."""

    def test_nothing_is_left_of_it(self):
        after = self.server.settled()
        before = self.server.before
        self.assertLessEqual(after.heap, before.heap + 12, f"MiB of Java's heap after a collection: before {before}, after {after}")
        # A pool of twenty fills up as it is used.
        self.assertLessEqual(after.threads, before.threads + 20, f"before {before}, after {after}")
        self.assertLessEqual(after.files, before.files + 4, f"open files and connections: before {before}, after {after}")

    def test_memory_is_flat_under_shapes_that_change(self):
        load = Load(self.server, 5)
        load.run(3)
        warm = self.server.settled()
        answers = load.run(6)
        after = self.server.settled()
        self.assertLessEqual(after.rss, warm.rss + 24, f"MiB resident, {answers} answers later: before {warm}, after {after}")

    def test_it_is_ready_still(self):
        with tritonclient.http.InferenceServerClient(f"127.0.0.1:{self.server.rest}") as client:
            self.assertTrue(client.is_server_ready())
        self.assertIsNone(self.server.process.poll())
