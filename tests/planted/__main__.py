"""`python -m tests.planted`: plant every defect, or those whose name holds a word, and print who caught it."""

import sys

from tests.planted.defects import DEFECTS
from tests.planted.runner import garden


def main(words: list[str]) -> int:
    chosen = [one for one in DEFECTS if all(word in one.name for word in words)]
    if not chosen:
        print("No defect has a name like that.")
        return 2
    with garden() as ground:
        code, said = ground.try_nothing(chosen)
        if code:
            print(f"Without any defect these tests fail already:\n{said[-3000:]}")
            return 1
        caught = 0
        for verdict in ground.try_all(chosen):
            caught += verdict.caught
            print(
                f"{'caught' if verdict.caught else 'NOT CAUGHT':10}  {verdict.defect.name:45}  {verdict.seconds:5.1f} s"
            )
            print(f"{'':12}{verdict.defect.test}")
            print("\n".join(f"{'':12}{line}" for line in verdict.words[:600].splitlines()))
    print(f"{len(chosen)} planted, {caught} caught")
    return int(caught < len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
