"""What may be chosen of an export, beside which lines are in it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """Captions always have times, and JSON has everything: what a format cannot leave out is not asked of it."""

    has_names: bool = True
    has_timestamps: bool = True
    has_paragraphs: bool = False


AS_IT_IS = ExportOptions()
