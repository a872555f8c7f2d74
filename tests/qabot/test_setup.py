"""`bin/setup`, which bin/run and bin/test begin with: what several of them in one folder do to each other."""

import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings

PROCESSES, TIMES = 6, 4
# Reads, lets the others have a go, and writes: two at once lose each other's count.
COUNT = """
source bin/setup
count() { local before; before="$(cat count)"; "$BASH" -c ':'; echo $((before + 1)) >count; }
for _ in $(seq "$1"); do alone count; done
"""


def test_one_set_up_at_a_time_runs_in_a_folder(tmp_path: Path):
    (tmp_path / "bin").mkdir()
    shutil.copy(Path(settings.BASE_DIR) / "bin" / "setup", tmp_path / "bin")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "count").write_text("0\n")

    several = [subprocess.Popen(["bash", "-c", COUNT, "count", str(TIMES)], cwd=tmp_path) for _ in range(PROCESSES)]

    assert [one.wait(timeout=120) for one in several] == [0] * PROCESSES
    assert int((tmp_path / "count").read_text()) == PROCESSES * TIMES
