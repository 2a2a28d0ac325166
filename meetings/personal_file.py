"""All that is stored of a person as a file to keep: what the interface gives, set so that people can read it."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import slugify

NAME_MAX_CHARS = 60


def personal_file(data: Mapping[str, Any], *, whose: str, of: str) -> HttpResponse:
    """`whose` becomes a part of the file's name, as far as every file system takes it; `of` is one already."""
    name = "-".join(filter(None, ["data", slugify(whose, allow_unicode=True)[:NAME_MAX_CHARS].strip("-"), of]))
    content = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    disposition = content_disposition_header(True, f"{name}.json") or "attachment"
    return HttpResponse(content, content_type="application/json", headers={"Content-Disposition": disposition})
