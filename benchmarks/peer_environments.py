"""The virtual environments of peers that cannot stand beside the others.

    python -m benchmarks.peer_environments [openwebmath] [lm_eval] [dedup]

makes them in `peers/` inside the environment that runs this; what is there already is left as it is. OpenWebMath's
extractor works with resiliparse 0.14 only (with 2.0 it raises `DOM document modified during traversal` on any page).
lm-evaluation-harness grades MATH with antlr 4.11 where ours has 4.13; torch, transformers, datasets and whatever else
it needs and finds here it takes from here, so that both harnesses run the same model code. The peers of deduplication
(datatrove, rensa) bring many packages that nothing else needs, and datatrove 0.10 fails with xxhash 4.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

PEERS = Path(sys.prefix) / "peers"
OPENWEBMATH = PEERS / "openwebmath"
LM_EVAL = PEERS / "lm_eval"
DEDUP = PEERS / "dedup"
PACKAGES = {
    OPENWEBMATH: ("openwebmath-text-extract==0.1.3", "resiliparse==0.14.0"),
    LM_EVAL: ("lm_eval[hf,math]==0.4.13", "antlr4-python3-runtime==4.11.0"),
    DEDUP: (
        "datatrove[io]==0.10.1",
        "tokenizers==0.23.3",
        "spacy==3.8.18",
        "nltk==3.10.4",
        "xxhash==3.8.2",
        "rensa==0.5.0",
    ),
}
SHARING = {LM_EVAL}


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the environments that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [path.name for path in PACKAGES]
    parser.add_argument("peers", nargs="*", choices=[[], *names], default=[], metavar="PEER", help=" or ".join(names))
    options = parser.parse_args(arguments)
    for path in PACKAGES:
        if not options.peers or path.name in options.peers:
            _make(path)
            print(f"{path.name} is in {path}.")
    return 0


def _make(path: Path) -> None:
    python = path / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(path)], check=True)
    if path in SHARING:
        # What a .pth file names comes after the environment's own packages, which so go before ours; and pip, which
        # sees ours as installed, adds only what is missing or of another version.
        own = Path(_purelib(python))
        (own / "of_mathmill.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*pip, *PACKAGES[path]], check=True)


def _purelib(python: Path) -> str:
    command = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
