"""A child on a platform that confines nothing: it starts a process of its own and says which, in the guard's words."""

import subprocess
import sys
import time

from documents.parsing.content import ParsedPage
from documents.parsing.wire import PageRecord, pack

if __name__ == "__main__":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], stdout=subprocess.DEVNULL)
    sys.stdout.buffer.write(pack(PageRecord(2, ParsedPage(1, "", str(child.pid)))))
    sys.stdout.buffer.flush()
    time.sleep(3600)
