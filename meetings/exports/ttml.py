"""TTML in the text profile of IMSC 1 (https://www.w3.org/TR/ttml-imsc1/): speakers are agents, losses are nobody's."""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from meetings.exports.cues import Cue, clock_of, cues_in_order, is_right_to_left, line_of

_TT = "http://www.w3.org/ns/ttml"
_TTM, _TTP, _TTS = f"{_TT}#metadata", f"{_TT}#parameter", f"{_TT}#styling"
_XML = "http://www.w3.org/XML/1998/namespace"
_PROFILE = "http://www.w3.org/ns/ttml/profile/imsc1/text"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

for _prefix, _uri in (("", _TT), ("ttm", _TTM), ("ttp", _TTP), ("tts", _TTS)):
    ET.register_namespace(_prefix, _uri)


def ttml(cues: Iterable[Cue], *, title: str, language: str) -> str:
    """`language` is the meeting's; a line in another says so."""
    shown = cues_in_order(cues)
    root = ET.Element(f"{{{_TT}}}tt", {f"{{{_XML}}}lang": language, f"{{{_TTP}}}profile": _PROFILE})
    root.set(f"{{{_TTP}}}timeBase", "media")
    head = ET.SubElement(root, f"{{{_TT}}}head")
    agents = _agents(head, shown, title=title)
    region = ET.SubElement(ET.SubElement(head, f"{{{_TT}}}layout"), f"{{{_TT}}}region", {f"{{{_XML}}}id": "bottom"})
    for name, value in (("origin", "10% 70%"), ("extent", "80% 25%"), ("displayAlign", "after")):
        region.set(f"{{{_TTS}}}{name}", value)
    body = ET.SubElement(root, f"{{{_TT}}}body", {"region": "bottom"})
    division = ET.SubElement(body, f"{{{_TT}}}div")
    for cue in shown:
        _paragraph(division, cue, agent=agents.get(_voice(cue), ""), language=language)
    return _DECLARATION + ET.tostring(root, encoding="unicode") + "\n"


def _agents(head: ET.Element, cues: Iterable[Cue], *, title: str) -> dict[tuple[str, str], str]:
    """Declares who speaks; returns each one's id."""
    metadata = ET.SubElement(head, f"{{{_TT}}}metadata")
    ET.SubElement(metadata, f"{{{_TTM}}}title").text = line_of(title)
    agents: dict[tuple[str, str], str] = {}
    for cue in cues:
        if cue.speaker is None or _voice(cue) in agents:
            continue
        agents[_voice(cue)] = f"agent-{len(agents) + 1}"
        agent = ET.SubElement(metadata, f"{{{_TTM}}}agent", {f"{{{_XML}}}id": agents[_voice(cue)], "type": "person"})
        ET.SubElement(agent, f"{{{_TTM}}}name", {"type": "full"}).text = cue.speaker
    return agents


def _voice(cue: Cue) -> tuple[str, str]:
    return cue.speaker_id, cue.speaker or ""


def _paragraph(division: ET.Element, cue: Cue, *, agent: str, language: str) -> None:
    line = ET.SubElement(division, f"{{{_TT}}}p", {f"{{{_XML}}}id": f"line-{cue.id}"})
    line.set("begin", clock_of(cue.start_ms, separator="."))
    line.set("end", clock_of(cue.end_ms, separator="."))
    if agent:
        line.set(f"{{{_TTM}}}agent", agent)
    if cue.language and cue.language != language:
        line.set(f"{{{_XML}}}lang", cue.language)
    if is_right_to_left(cue.text):
        line.set(f"{{{_TTS}}}direction", "rtl")
    ET.SubElement(line, f"{{{_TT}}}span").text = cue.text
