"""The names of everything that the audit trail records, with words for people. Whoever records adds a line here.

What `data` holds where texts come and go, so that `audit_check` and proofs can follow them:

- an entry that makes or changes texts names each as `{"id", "rev", "text_hash"}` in `data["segments"]`; one whose
  target is `segment:ID` may hold `rev` and `text_hash` itself instead. Where the speaker is not (any more) the
  participant who committed it, it also holds `participant`;
- an entry whose action `removes_text` says that texts before it are gone, with their salts: those that
  `data["segments"]` names (`{"id"}`), else that of its target `segment:ID`, else those of its target
  `participant:ID`, else all of the meeting. It may say what stands instead, as above. Where `data["what"]` is there
  and not `text`, or the action only `lets_text_go`, texts may be gone from then on, and need not be.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`words` go on after the name of whoever did it: "Ada corrected a line"."""

    words: str
    removes_text: bool = False
    lets_text_go: bool = False


def _did(words: str) -> Action:
    return Action(words=words)


def _removed(words: str) -> Action:
    return Action(words=words, removes_text=True)


ACTIONS: dict[str, Action] = {
    # The meeting and who is in it
    "meeting.created": _did("made the meeting"),
    "meeting.updated": _did("changed the meeting's settings"),
    "meeting.ended": _did("ended the meeting"),
    "meeting.deleted": _removed("deleted the meeting"),
    "participant.admitted": _did("was let in"),
    "participant.renamed": _did("changed the name of a participant"),
    "participant.language": _did("changed the language that is spoken"),
    "participant.consented": _did("said what may be done with their words"),
    "participant.removed": _did("removed a participant"),
    # Their words in other people's microphones go as well.
    "participant.erased": Action(words="erased a participant", removes_text=True, lets_text_go=True),
    "participant.data_read": _did("took a copy of what is stored of a participant"),
    "feed.opened": _did("opened the captions"),
    # Voices
    "session.opened": _did("connected their microphone"),
    "session.detached": _did("lost the connection"),
    "session.returned": _did("came back after a silence of the server"),
    "session.left": _did("left"),
    "session.ended": _did("ended their session"),
    "session.committed": _did("said something"),
    # Texts
    "segment.corrected": _did("corrected a line"),
    "segment.undone": _did("took a correction back"),
    "segment.split": _did("split a line in two"),
    "segment.merged": _did("joined two lines"),
    "segment.retracted": _did("took a line out of the transcript"),
    "segment.restored": _did("put a line back"),
    "segment.redacted": _removed("blacked out a passage"),
    "segment.past_redacted": _removed("blacked out what a line had said before"),
    "segment.improved": _did("heard a line better in the recording"),
    "segment.timed": _did("found the times of a line's words in the recording"),
    "transcript.replaced": _did("replaced words in the whole transcript"),
    "transcript.reverted": _did("took a replacement back"),
    "transcript.viewed": _did("read the transcript without having taken part"),
    "transcript.export_requested": _did("asked for a copy of the transcript"),
    "transcript.exported": _did("took a copy of the transcript"),
    "purge.asked": Action(words="asked for content to be deleted", lets_text_go=True),
    "text.purged": _removed("deleted texts"),
    # Recorded sound
    "recording.on": _did("began to record"),
    "recording.off": _did("stopped recording"),
    "recording.left_out": _did("kept a stretch out of the recording"),
    "recording.missed": _did("was not recorded for a while"),
    "recording.made": _did("put a recording together"),
    "recording.played": _did("listened to a line"),
    "recording.downloaded": _did("took a copy of a recording"),
    "recording.purged": _did("deleted the recorded sound"),
    "recording.retried": _did("asked for a recording to be tried again"),
    "gap.repaired": _did("heard words that had been lost in the recording"),
    "gap.given_up": _did("found nothing in the recording where words had been lost"),
    "second_pass.started": _did("asked for the recording to be heard again"),
    "second_pass.done": _did("heard the recording again"),
    # Rights, rules and accounts
    "meeting.link_renewed": _did("renewed the link"),
    "meeting.link_closed": _did("turned joining by link off"),
    "meeting.link_opened": _did("turned joining by link on"),
    "meeting.organisation_set": _did("put the meeting under an organisation"),
    "organisation.created": _did("made an organisation"),
    "organisation.renamed": _did("renamed an organisation"),
    "organisation.policies_set": _did("changed what an organisation's meetings keep"),
    "membership.given": _did("took somebody into an organisation"),
    "membership.changed": _did("changed somebody's role in an organisation"),
    "membership.taken": _did("removed somebody from an organisation"),
    "role.given": _did("gave somebody a role"),
    "role.changed": _did("changed somebody's role"),
    "role.taken": _did("took a role away"),
    "hold.placed": _did("forbade that anything is deleted"),
    "hold.lifted": _did("allowed again that things are deleted"),
    "account.made": _did("made an account"),
    "account.changed": _did("changed an account"),
    "account.deleted": _did("deleted an account"),
    "password.changed": _did("changed their password"),
    "password.reset_asked": _did("asked for a link to set a new password"),
    "password.reset": _did("set a new password by a link that was mailed to them"),
    "sign_on.account_made": _did("got an account by signing on"),
    "sign_on.linked": _did("linked their account to a sign-on"),
    "ingest_key.created": _did("made a telephone key"),
    "ingest_key.revoked": _did("revoked a telephone key"),
    "token.created": _did("made an API token"),
    "token.revoked": _did("revoked an API token"),
    "webhook.created": _did("made a webhook"),
    "webhook.updated": _did("changed a webhook"),
    "webhook.rotated": _did("renewed a webhook's secret"),
    "webhook.tested": _did("tried a webhook"),
    "webhook.redelivered": _did("sent something to a webhook again"),
    "webhook.disabled": _did("switched a webhook off"),
    "webhook.deleted": _did("deleted a webhook"),
    # Looking behind the scenes, and the trail itself
    "support.transcript_read": _did("read the transcript for support, and said why"),
    "admin.viewed": _did("opened it in the administration"),
    "admin.searched": _did("searched in the administration"),
    "audit.proved": _did("took a copy of this history with its proof"),
    "audit.anchored": _did("noted where all histories end"),
}


def words_of(action: str) -> str:
    known = ACTIONS.get(action)
    return known.words if known else action
