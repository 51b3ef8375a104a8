"""What the long suites and the bench share: a fleet as a child process, the recorder under test, accounting of
processes, reading of recorded files, and the verdict at the end. Standard library only."""

import os

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(SCRIPTS)
