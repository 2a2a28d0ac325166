"""Find the account that somebody means by a username or an e-mail address."""

from django.contrib.auth.models import User

from meetings.errors import Conflict, Invalid

MAX_CHARS = 254


def person_named(name: str) -> User:
    """A username goes before an e-mail address. Raises Invalid (unknown_user), Conflict (ambiguous_user).

    The refusal does not tell an account that is locked from one that is not there.
    """
    wanted = name.strip()
    if "\0" not in wanted and 0 < len(wanted) <= MAX_CHARS:
        active = User.objects.filter(is_active=True)
        by_name = active.filter(username=wanted).first()
        if by_name is not None:
            return by_name
        by_address = list(active.filter(email__iexact=wanted)[:2]) if "@" in wanted else []
        if len(by_address) > 1:
            raise Conflict("Several accounts have this e-mail address; give the username.", code="ambiguous_user")
        if by_address:
            return by_address[0]
    raise Invalid("Nobody here has this username or e-mail address.", code="unknown_user")
