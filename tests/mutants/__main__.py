"""`make mutants`: tries the mutants, shows those that no test noticed, and fails if one in the gate has no reason.

Names of mutants narrow it down: `python -m tests.mutants 'vps.access.*'`. The reasons are in survivors.txt, in blocks:
the function, the lines that were taken out (-) and put in (+), and why no test can or need notice (=). Mutants are
tried one after the other, as they share a database.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

REASONS = Path(__file__).parent / "survivors.txt"
GATE = "vps.access."
MUTMUT = [sys.executable, "-m", "mutmut"]
NAME = re.compile(r"(?P<module>[\w.]+)\.(?:xǁ(?P<owner>\w+)ǁ|x_)(?P<name>\w+)__mutmut_\d+")


class Mutant(NamedTuple):
    function: str
    taken_out: tuple[str, ...]
    put_in: tuple[str, ...]

    def __str__(self) -> str:
        lines = [*(f"- {line}" for line in self.taken_out), *(f"+ {line}" for line in self.put_in)]
        return "\n".join([self.function, *lines])


def say(*lines: object) -> None:
    sys.stdout.write("\n".join(map(str, lines)) + "\n")


def ask(*words: str) -> str:
    return subprocess.run([*MUTMUT, *words], capture_output=True, text=True, check=True).stdout


def survivors(wanted: list[str]) -> Iterator[Mutant]:
    for line in ask("results").splitlines():
        name, _colon, verdict = line.strip().rpartition(": ")
        if verdict in ("survived", "no tests", "timeout", "suspicious") and any(
            map(Path(name).match, wanted or ["*"])
        ):
            yield read_mutant(name, ask("show", name))


def read_mutant(name: str, diff: str) -> Mutant:
    found = NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"no mutant is called {name}")
    function = ".".join(filter(None, (found["module"], found["owner"], found["name"])))
    changed = [line for line in diff.splitlines() if re.match(r"[-+](?![-+])", line)]
    sides = [tuple(line[1:].strip() for line in changed if line[0] == sign) for sign in "-+"]
    return Mutant(function, *sides)


def read_reasons(text: str) -> dict[Mutant, str]:
    found = {}
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if lines:
            sides = [tuple(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+="]
            found[Mutant(lines[0], sides[0], sides[1])] = " ".join(sides[2])
    return found


def main(wanted: list[str]) -> int:
    done = subprocess.run([*MUTMUT, "run", "--max-children", "1", *wanted], check=False)
    if done.returncode:
        return done.returncode
    reasons, left = read_reasons(REASONS.read_text(encoding="utf-8")), list(survivors(wanted))
    unexplained = [mutant for mutant in left if mutant.function.startswith(GATE) and not reasons.get(mutant)]
    for mutant in left:
        say("", mutant, f"= {reasons.get(mutant, '')}")
    say("", f"{len(left)} mutants were noticed by no test; {len(unexplained)} in the gate have no reason.")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
