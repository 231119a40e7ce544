"""What CONTRIBUTING.md shows works as it is printed, and is tested unasked."""

import re
import subprocess
import sys

from tests.guide import sections

WINGS = [
    f"tests/{wing}"
    for wing in ["penalties", "losses", "networks", "groups", "proximal", "display", "onnx"]
]


def test_whatever_the_guide_adds_is_tested_unasked():
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.guide", "-q", *WINGS],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    counts = dict(re.findall(r"^(\w+): (\d+) tests$", run.stdout, re.MULTILINE))
    assert len(counts) == len(sections())
    assert all(int(count) >= 3 for count in counts.values()), counts
