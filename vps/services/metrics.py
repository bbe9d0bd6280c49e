"""What Prometheus may know, computed from the database at each scrape: any web process gives the same answer.

Tokens are named by their id alone. No name, address or word of a person, a machine or the provider is in it.
"""

from collections import Counter
from collections.abc import Callable, Iterator

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, Sum
from django.db.models.functions import Now
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from vps.models import CallCount, CollectorBeat, Status, Token
from vps.models import Collector as Running
from vps.services.budget_rows import Locked, read_budgets
from vps.services.counting import BUCKETS, LONGER
from vps.services.words import STATES

OTHER = "other"  # a word of the provider's that we do not know: it may be anything, and is no label


def write_metrics() -> bytes:
    """In Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_FromDatabase())
    return generate_latest(registry)


class _FromDatabase(Collector):
    def collect(self) -> Iterator[Metric]:
        for family in FAMILIES:
            yield from family()

    def describe(self) -> list[Metric]:
        """Nothing is asked of the database only to learn the names."""
        return []


def _machines() -> Iterator[Metric]:
    states: Counter[str] = Counter(dict.fromkeys((*STATES, OTHER), 0))
    read = Status.objects.filter(machine__accesses__isnull=False)
    for word, problem, machines in read.values_list("word", "problem").annotate(Count("pk", distinct=True)):
        state = problem or word or "unseen"
        states[state if state in STATES else OTHER] += machines
    family = GaugeMetricFamily("vps_machines", "Machines by what their cards say.", labels=["state"])
    for state, machines in states.items():
        family.add_metric([state], machines)
    yield family


def _lateness() -> Iterator[Metric]:
    now = timezone.now()
    read = Status.objects.filter(machine__accesses__isnull=False)
    told = read.aggregate(due=Min("due_at"), late=Count("pk", filter=Q(late_at__lt=now), distinct=True))
    overdue = max(0.0, (now - told["due"]).total_seconds()) if told["due"] else 0.0
    words = "Seconds that the oldest overdue check of a machine is overdue."
    yield GaugeMetricFamily("vps_oldest_overdue_check_seconds", words, overdue)
    words = "Machines whose check is so overdue that their cards say so."
    yield GaugeMetricFamily("vps_machines_late", words, told["late"])


def _collector() -> Iterator[Metric]:
    """The silence is absent where none was ever seen."""
    age = ExpressionWrapper(Now() - F("at"), output_field=DurationField())
    if (silence := CollectorBeat.objects.annotate(age=age).values_list("age", flat=True).first()) is not None:
        words = "Seconds since any collector was last alive."
        yield GaugeMetricFamily("vps_collector_silent_seconds", words, max(0.0, silence.total_seconds()))
    running = Running.objects.filter(ends_at__gt=Now()).count()
    yield GaugeMetricFamily("vps_collectors", "Collectors that run.", running)


def _calls() -> Iterator[Metric]:
    family = CounterMetricFamily(
        "vps_calls", "Calls of the collectors to the provider.", labels=["token", "outcome"]
    )
    known = CallCount.objects.filter(token_id__in=Token.objects.values("pk")).order_by("token_id", "outcome")
    for token, outcome, calls in known.values_list("token_id", "outcome").annotate(Sum("calls")):
        family.add_metric([str(token), outcome], calls)
    yield family


def _call_seconds() -> Iterator[Metric]:
    """Of all tokens together, those that were forgotten too until the collector drops them."""
    told = {
        bucket: (calls, seconds)
        for bucket, calls, seconds in CallCount.objects.values_list("bucket").annotate(
            Sum("calls"), Sum("seconds")
        )
    }
    below, buckets = 0, []
    for bucket in (*BUCKETS, LONGER):
        below += told.get(bucket, (0, 0.0))[0]
        buckets.append((str(bucket / 1000) if bucket else "+Inf", float(below)))
    family = HistogramMetricFamily("vps_call_seconds", "How long the collectors' calls took.")
    family.add_metric([], buckets=buckets, sum_value=sum(seconds for _calls, seconds in told.values()))
    yield family


def _budgets() -> Iterator[Metric]:
    budgets = read_budgets()
    for name, words, told in (
        (
            "vps_checks_per_minute",
            "Checks a minute that the token carries.",
            lambda b: 60 * b.pace.per_second,
        ),
        ("vps_calls_left", "Calls that are left for checks now.", calls_left),
        ("vps_token_limited", "1 while the provider wants no calls.", lambda b: b.pace.blocked_until > b.at),
        ("vps_token_unanswered", "1 while only probes are sent, as none is answered.", is_unanswered),
    ):
        family = GaugeMetricFamily(name, words, labels=["token"])
        for budget in budgets:
            family.add_metric([str(budget.row.token_id)], float(told(budget)))
        yield family


def calls_left(budget: Locked) -> float:
    return 0.0 if budget.pace.blocked_until > budget.at else max(0.0, budget.pace.saved)


def is_unanswered(budget: Locked) -> bool:
    return budget.pace.breaker.is_open


# What is measured. A new figure is a function more.
FAMILIES: tuple[Callable[[], Iterator[Metric]], ...] = (
    _machines, _lateness, _collector, _calls, _call_seconds, _budgets,
)  # fmt: skip
