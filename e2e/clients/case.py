"""What all tests have: the server, and all clients."""

import json
import unittest
import urllib.error
import urllib.request

import clients
import server


class ServerCase(unittest.TestCase):
    """Asks the one server that was started for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.server = server.shared()
        cls.clients = clients.all_clients(cls.server)

    @classmethod
    def tearDownClass(cls):
        for each in cls.clients:
            each.close()

    def refused(self, status, *words, by):
        """Asserts that the call is refused with one of these statuses, in a sentence that has these words."""
        with self.assertRaises(clients.Refused) as refusal:
            by()
        self.assertIn(refusal.exception.status, status if isinstance(status, tuple) else (status,), refusal.exception.message)
        for word in words:
            self.assertIn(word, refusal.exception.message)

    def post(self, path, body, headers=None):
        """Status, headers and body of an answer to what no client would send."""
        return self.request(path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)

    def get(self, path):
        return self.request(path, None, None)

    def request(self, path, body, headers):
        request = urllib.request.Request(f"http://127.0.0.1:{self.server.rest}{path}", body, headers or {})
        if body is not None and not request.has_header("Content-type"):
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.headers, refusal.read()

    def said(self, status, answer, *words):
        """Asserts that an answer is a refusal of this status, as the protocol has it, with these words."""
        self.assertEqual(answer[0], status, answer[2][:500])
        error = json.loads(answer[2])["error"]
        for word in words:
            self.assertIn(word, error)
