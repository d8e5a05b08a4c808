"""Writes all golden values that tests compare with: runs every script beside it that writes a file.

    python3 tests/golden/generate.py            all of them
    python3 tests/golden/layers.py              one
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

for script in sorted(HERE.glob("*.py")):
    if "\nwrite(" in script.read_text():
        print(script.stem)
        subprocess.run([sys.executable, str(script)], check=True)
