"""What the interface says of a meeting's link."""

from pydantic import Field

from meetings.api.schemas import Schema


class LinkPatch(Schema):
    is_open: bool = Field(strict=True, description="whether whoever knows the link may join and read")


class LinkRenewIn(Schema):
    code: str | None = Field(
        None,
        max_length=100,
        description="the code that is to go: where it went already nothing is changed. Left out: whichever it is",
        examples=["tamo-rivu-keso-bani"],
    )


class LinkOut(Schema):
    code: str = Field(examples=["tamo-rivu-keso-bani"])
    join_url: str
    is_open: bool = Field(description="false: it leads in only those who have a right to the meeting")
