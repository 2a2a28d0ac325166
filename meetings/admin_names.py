"""Names of models as the admin shows them, where Django's plurals and capitals are no English.

Set here and not in the models, because there each would be a migration that changes nothing in the database.
"""

from meetings.models import ApiToken, SecondPass, SignOnIdentity

NAMES = {
    ApiToken: ("API token", "API tokens"),
    SecondPass: ("second pass", "second passes"),
    SignOnIdentity: ("sign-on identity", "sign-on identities"),
}

for _model, (_name, _plural) in NAMES.items():
    _model._meta.verbose_name, _model._meta.verbose_name_plural = _name, _plural
