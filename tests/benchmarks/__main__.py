"""`make bench` runs all benchmarks, `python -m tests.benchmarks NAME [options]` one: chain, prover,
identities, mlp, unrolled, peers or balls."""

import sys

from tests.benchmarks import balls, chain, compare, identities, mlp, prover, unrolled

BENCHMARKS = {
    "chain": chain.main,
    "prover": prover.main,
    "identities": identities.main,
    "mlp": mlp.main,
    "peers": compare.main,
    "balls": balls.main,
    "unrolled": unrolled.main,
}


def main(arguments: list[str]) -> int:
    if not arguments:
        for run in BENCHMARKS.values():
            run(())
        return 0
    name, *options = arguments
    if name not in BENCHMARKS:
        print(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    BENCHMARKS[name](options)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
