"""What is or was deleted for good, and why, in words for those who read of it on a page."""

from meetings.models import Purge

NOT_SURE = "Tick that you are sure: there is no way back."

WHAT: dict[str, str] = {
    Purge.What.TEXT: "all text",
    Purge.What.UNKEPT: "the words that were only to be shown live",
    Purge.What.AUDIO: "all recorded sound",
    "participant": "what one person said, their voice and their name",
}
WHY: dict[str, str] = {
    Purge.Reason.RETENTION: "its time was over",
    Purge.Reason.EPHEMERAL: "nothing of this meeting was to be kept",
    Purge.Reason.CAPTIONS_ONLY: "their speakers had not agreed to more",
    Purge.Reason.ASKED: "somebody asked for it",
}


def deletion_words(*, what: str, why: str) -> str:
    return f"{WHAT.get(what, what)}, because {WHY.get(why, why)}"
