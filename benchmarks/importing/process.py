"""`python -m benchmarks.importing.process`: one import in a process of its own, so that its memory is its own."""

import json
import resource
import sys
import time
from pathlib import Path
from uuid import UUID

from flowpilot.clock import now
from flowpilot.imports.loader import import_log
from flowpilot.imports.mapping.loading import load_mapping

# Linux counts kilobytes, and macOS bytes.
_PER_MB = 1024**2 if sys.platform == "darwin" else 1024
# What `resource` says of a process on Linux begins with what its parent had.
_STATUS = Path("/proc/self/status")


def main(url: str, account: str, file: str) -> None:
    """Import the log into the account, and print what that took as JSON."""
    mapping, before = load_mapping("servicenow"), _peak_mb()
    started, cpu = time.perf_counter(), time.process_time()
    summary = import_log(url, UUID(account), Path(file), mapping, now=now())
    taken = {
        "rows": summary.rows,
        "seconds": time.perf_counter() - started,
        "own_cpu_seconds": time.process_time() - cpu,
        "before_mb": before,
        "peak_mb": _peak_mb(),
    }
    sys.stdout.write(json.dumps(taken))


def _peak_mb() -> float:
    if _STATUS.exists():
        return int(next(line for line in _STATUS.read_text().splitlines() if "VmHWM" in line).split()[1]) / _PER_MB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PER_MB


if __name__ == "__main__":
    main(*sys.argv[1:])
