"""Whose a second pass is, and how far it has come."""

from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.db.models.functions import Least

from meetings.errors import Conflict
from meetings.models import SecondPass

LEASE = timedelta(minutes=8)  # renewed with every line; a stretch takes that long at the very most


class LeaseLost(Conflict):
    """Somebody else goes on with it, or it was begun anew: what was heard is thrown away."""

    code = "lease_lost"


def pass_of(job: SecondPass) -> QuerySet[SecondPass]:
    """The row as long as it is ours."""
    return SecondPass.objects.filter(pk=job.pk, lease=job.lease, state=SecondPass.State.WAITING)


def pass_advance(*, job: SecondPass, done_to: int, now: datetime, n_replaced: int = 0, n_repaired: int = 0) -> None:
    """Inside the transaction of the line that is done; it renews the lease. Raises LeaseLost."""
    n_updated = pass_of(job).update(
        done_to=done_to,
        n_done=Least(F("n_lines"), F("n_done") + 1),  # lines may have been split since they were counted
        n_replaced=F("n_replaced") + n_replaced,
        n_repaired=F("n_repaired") + n_repaired,
        n_attempts=0,
        lease_until=now + LEASE,
    )
    if n_updated != 1:
        raise LeaseLost("The second pass is not ours any more.")
