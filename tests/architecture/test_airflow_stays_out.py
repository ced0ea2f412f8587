"""curation_lib works where Airflow is not installed: every module imports with `airflow` blocked."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import importlib, pkgutil, sys
sys.modules["airflow"] = None
import curation_lib
names = [m.name for m in pkgutil.walk_packages(curation_lib.__path__, "curation_lib.")]
for name in names:
    importlib.import_module(name)
assert len(names) > 50, names
assert not [m for m in sys.modules if m.startswith(("airflow.", "winnow_airflow"))]
print("imported", len(names))
"""


def test_curation_lib_never_imports_airflow():
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert result.stdout.startswith("imported"), result.stderr
