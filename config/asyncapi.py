"""The AsyncAPI document of the sockets, for the host that is asked."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from streaming.protocol.asyncapi import asyncapi_document


@require_safe
def asyncapi(request: HttpRequest) -> HttpResponse:
    document = asyncapi_document(host=request.get_host(), is_secure=request.is_secure())
    return JsonResponse(document, json_dumps_params={"ensure_ascii": False})
