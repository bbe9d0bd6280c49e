"""What power actions look like from outside: which are under way, and which are trouble.

The two conditions are about machines: they look at the machine's newest action that was not refused.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from vps.models import PowerAction

TROUBLE_LASTS = timedelta(hours=1)

State, Observed = PowerAction.State, PowerAction.Observed
OPEN = (State.REQUESTED, State.SENT)

# Machines that were asked to move, until it was seen or its time is over.
UNDER_WAY = Q(status__last_action__observed=Observed.WATCHING) | Q(status__last_action__state__in=OPEN)


def under_way(action: PowerAction | None) -> bool:
    """Whether the provider is being asked, or the machine is watched until it is seen in the wanted state."""
    return action is not None and (action.observed == Observed.WATCHING or action.state in OPEN)


def trouble(now: datetime) -> Q:
    """Machines whose newest action did not do what it should, in the last hour: it was not reached, or nobody knows
    whether it was done and the wanted state was not seen."""
    last = "status__last_action__"
    failed = Q(**{f"{last}observed": Observed.NOT_REACHED})
    unclear = Q(**{f"{last}state": State.UNKNOWN, f"{last}observed": Observed.NOT_SEEN})
    return Q(**{f"{last}observed_at__gt": now - TROUBLE_LASTS}) & (failed | unclear)


def in_trouble(action: PowerAction | None, now: datetime) -> bool:
    """The same of one action, in the last hour."""
    if action is None or action.observed_at is None or action.observed_at <= now - TROUBLE_LASTS:
        return False
    unclear = action.state == State.UNKNOWN and action.observed == Observed.NOT_SEEN
    return action.observed == Observed.NOT_REACHED or unclear
