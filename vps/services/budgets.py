"""One process's part in the tokens' call budgets, which all processes share: what it draws ahead, and tells.

It asks for all its tokens at once, about once a second, in one short transaction. Time is the database's there, as the
processes may live on several hosts.
"""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from vps.services.budget_rows import Locked, back_off_together, lock, stretch, write
from vps.services.pace import Pace
from vps.services.purse import HOLD_SECONDS, Purse, Settled

SPACING = 0.1  # seconds between two times that a process asks, unless the provider has just refused


class Budgets:
    """`paces`: the purses that this process has handed out, by token."""

    def __init__(self, paces: Mapping[UUID, Pace]) -> None:
        self._paces = paces
        self._asked = float("-inf")

    @property
    def _purses(self) -> dict[UUID, Purse]:
        return {token_id: pace for token_id, pace in self._paces.items() if isinstance(pace, Purse)}

    def draw(self, waiting: Mapping[UUID, int], now: float) -> None:
        """Asks the budgets where that is due. `waiting`: how many calls each token could make at once."""
        purses = self._purses
        pressing = {t for t, purse in purses.items() if purse.presses(waiting.get(t, 0), now)}
        urgent = any(purses[token_id].refusal for token_id in pressing)
        if pressing and (urgent or now - self._asked >= SPACING):
            asked = {t: p for t, p in purses.items() if t in pressing or p.has_news or waiting.get(t)}
            self._settle(asked, waiting, now)

    def ask(self, calls: Mapping[UUID, int], now: float) -> None:
        """So many calls more are wanted with these tokens, now."""
        if asked := {token_id: self._purses[token_id] for token_id in calls}:
            self._settle(asked, calls, now)

    def close(self, now: float) -> None:
        """This process ends: what it holds is given back."""
        if known := {t: p for t, p in self._purses.items() if p.began_at}:
            for purse in known.values():
                purse.rest()
            self._settle(known, {}, now)

    def _settle(self, purses: Mapping[UUID, Purse], waiting: Mapping[UUID, int], now: float) -> None:
        self._asked = now
        done: list[tuple[Purse, Settled, Locked]] = []
        with transaction.atomic():
            budgets = lock(purses)
            for budget in budgets:
                token_id = budget.row.token_id
                settled = _settle_one(budget, purses[token_id], waiting.get(token_id, 0), now)
                done.append((purses[token_id], settled, budget))
            write(budgets)
        for token_id in purses.keys() - {budget.row.token_id for budget in budgets}:
            purses[token_id].forget()  # the token is gone
            purses[token_id].ready_at = now + HOLD_SECONDS
        for purse, settled, budget in done:
            purse.receive(settled, budget.pace, now, budget.at)
        if any(settled.refused for _purse, settled, _budget in done):
            back_off_together()


def _settle_one(budget: Locked, purse: Purse, waiting: int, now: float) -> Settled:
    row, at = budget.row, budget.at
    if purse.began_at != row.began_at:
        purse.forget()
        purse.began_at = row.began_at
    settled = purse.settle(budget.pace, waiting, now, at, row.learnt_at, stretch())
    row.calls += settled.counted
    if settled.refused:
        row.refused_at = at
    if purse.lesson and settled.learnt:
        rate, learnt = purse.lesson
        budget.note(rate, at - (now - learnt))
    return settled
