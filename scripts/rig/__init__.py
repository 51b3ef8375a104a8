"""What the long suites and the bench share: a fleet as a child process, the recorder under test, accounting of
processes, reading of recorded files, and the verdict at the end. Standard library only."""

import os
import sys

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(SCRIPTS)


def cannot(why):
    """Ends a suite that could not run: one sentence and exit code 2; 1 is for a requirement that does not hold."""
    print(f"{os.path.basename(sys.argv[0])}: {why}", file=sys.stderr)
    raise SystemExit(2)
