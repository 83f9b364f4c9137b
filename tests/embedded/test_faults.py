"""The fault bench in small: a worker and the broker fall amid uploads and submissions; nothing is lost, nothing twice."""

from bench import faults
from tests.embedded.launched import data_folder


def test_amid_two_faults_nothing_is_lost_and_nothing_done_twice():
    with data_folder() as var:
        sink = faults.mail_sink()
        portal = faults.launched(var, sink)
        try:
            outcomes = [
                faults.run(portal, sink, fault, submissions=6, uploads=6, people=2) for fault in ("web", "valkey")
            ]
        finally:
            portal.asked_to_end()
            sink.shutdown()
            sink.server_close()
    for row in outcomes:
        assert (row.answered, row.unanswered, row.lost, row.twice) == (12, 0, [], []), row
    assert "| web | 12 |" in faults.table(outcomes)
