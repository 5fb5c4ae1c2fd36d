"""What runs C is collected where there is a compiler."""

import os
import shlex
from shutil import which

collect_ignore = [] if which(shlex.split(os.environ.get("CC", "cc"))[0]) else ["test_c.py"]
