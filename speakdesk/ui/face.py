"""What every component is handed: the Desk, the look, the tasks, and a way to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from speakdesk.domain.errors import Problem, SpeakDeskError
from speakdesk.ui.desk_port import DeskPort
from speakdesk.ui.tasks import Tasks
from speakdesk.ui.theme import Look


@dataclass(frozen=True, slots=True)
class Face:
    """`tell(level, sentence, next_step)` shows a notice; `level` is info, attention or bad."""

    desk: DeskPort
    look: Look
    tasks: Tasks
    tell: Callable[[str, str, str], None]

    def tell_problem(self, problem: Problem) -> None:
        """Show a Problem in the notice bar, the vendor's words with it."""
        self.tell("bad", problem.sentence, next_words(problem))


def next_words(problem: Problem) -> str:
    """The next step, and what the other side said."""
    said = f"They said: “{problem.vendor_words}”" if problem.vendor_words else ""
    return f"{problem.next_step} {said}".strip()


def words_of_error(error: BaseException) -> tuple[str, str]:
    """A sentence and a next step for anything that was raised."""
    if isinstance(error, SpeakDeskError):
        return error.problem.sentence, next_words(error.problem)
    return (
        "That did not work because of a mistake in SpeakDesk.",
        f"Try it again; the Log tab says more ({type(error).__name__}).",
    )
