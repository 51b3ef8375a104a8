"""Requirements, one line each, and the exit code: 0 all hold, 1 some do not, 2 the suite could not run (rig.cannot)."""

import sys


class Verdict:
    def __init__(self):
        self.passed = self.failed = 0

    def require(self, what, holds, found=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
        print(f"{'ok  ' if holds else 'FAIL'} {what}{f': {found}' if found != '' else ''}", flush=True)
        return holds

    def none(self, what, found):
        """Requires an empty list; shows its first entries."""
        shown = "; ".join(str(f) for f in found[:3]) + (f" ... {len(found)} in all" if len(found) > 3 else "")
        return self.require(what, not found, shown)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)
