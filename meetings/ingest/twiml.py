"""TwiML: what Twilio does with a call that comes in. Pure."""

from xml.etree.ElementTree import Element, SubElement, tostring

CONTENT_TYPE = "text/xml; charset=utf-8"
PAUSE_S = 1


def twiml_stream(*, ws_url: str, caller: str, again_url: str | None) -> str:
    """Connect the call to the socket; should that be lost while the call lasts, ask `again_url` what to do."""
    response = Element("Response")
    stream = SubElement(SubElement(response, "Connect"), "Stream", url=ws_url)
    if caller:
        SubElement(stream, "Parameter", name="caller", value=caller)
    if again_url is not None:
        SubElement(response, "Pause", length=str(PAUSE_S))
        SubElement(response, "Redirect", method="POST").text = again_url
    return _document(response)


def twiml_hang_up() -> str:
    response = Element("Response")
    SubElement(response, "Hangup")
    return _document(response)


def _document(response: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + tostring(response, encoding="unicode")
