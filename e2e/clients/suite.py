"""All tests in order, the memory's last: suite.py [TEST...], each as unittest names it, such as test_tensors.TensorsTest."""

import sys
import unittest

import server
from load import Load
from test_events import EventsTest
from test_guarded import GuardedTest
from test_many import LastTest, ManyTest
from test_protocol import ProtocolTest
from test_refusals import RefusalsTest
from test_requests import RequestsTest
from test_tensors import TensorsTest
from test_wire import WireTest

ALL = (ProtocolTest, TensorsTest, RequestsTest, RefusalsTest, WireTest, ManyTest, LastTest, GuardedTest, EventsTest)


def main():
    started = server.shared()
    # Once through what is compiled and laid out on first use, so that only what is left behind counts.
    Load(started, 5).run(2)
    started.before = started.settled()
    loader = unittest.TestLoader()
    named = loader.loadTestsFromNames(sys.argv[1:])
    whole = unittest.TestSuite(loader.loadTestsFromTestCase(each) for each in ALL)
    result = unittest.TextTestRunner(verbosity=2).run(named if sys.argv[1:] else whole)
    if not result.wasSuccessful():
        print("The end of what the server said:\n" + started.said())
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
