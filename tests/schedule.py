"""In which order files of tests are taken, and which worker of xdist takes them."""

from typing import Any

from xdist.scheduler import LoadFileScheduling

# They share a city and a Chromium, whose start is dear: one worker takes them all.
BROWSER = "tests/browser/"
# The longest first, that no core waits at the end while another one is at a long file.
FIRST = (
    BROWSER,
    "tests/security/test_authorisation.py",
    "tests/megacity/test_launch.py",
    "tests/exams/test_calibration.py",
    "tests/api/test_matrix.py",
    "tests/concurrency/test_crash.py",
    "tests/concurrency/test_token_servers.py",
    "tests/megacity/test_translations.py",
    "tests/exams/cat/test_simulate.py",
    "tests/megacity/test_gateway.py",
    "tests/megacity/test_embedded.py",
    "tests/exams/test_analysis.py",
    "tests/security/test_deployment.py",
    "tests/concurrency/test_loop_laws.py",
    "tests/zones/test_isolation.py",
    "tests/zones/test_storage.py",
)


def in_order(item: Any) -> int:
    """The key to sort collected tests by; those of one file stay as they are."""
    return next((place for place, name in enumerate(FIRST) if item.nodeid.startswith(name)), len(FIRST))


class Files(LoadFileScheduling):
    """Each file goes whole to one worker, in the order of the collection; the files of BROWSER go together."""

    def __init__(self, config: Any, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)
