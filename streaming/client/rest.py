"""The few REST calls that a participant makes: join, and a fresh ticket for every reconnect."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from streaming.client.errors import ClientError, ConnectionRefused

TIMEOUT_S = 15.0
FINAL_STATUSES = {401: 4401, 403: 4403, 404: 4404, 410: 4410}


class ServerAway(ClientError):
    """No answer, or an answer that means later. Trying again helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    participant_id: str
    session_id: str
    ticket: str
    resume_token: str
    ws_url: str


class Rest:
    """Raises ServerAway when trying again may help, ConnectionRefused or ClientError when it does not."""

    def __init__(self, base_url: str, *, api_token: str = "") -> None:
        headers = {"Authorization": f"Bearer {api_token}"} if api_token else {}
        try:
            self._http = httpx.AsyncClient(base_url=f"{base_url}/api/v1/", headers=headers, timeout=TIMEOUT_S)
        except httpx.InvalidURL as error:
            raise ClientError(f"{base_url} is not a URL.") from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def join(self, meeting: str, *, display_name: str, role: str = "speaker", language: str = "") -> Admission:
        """`language` is a BCP 47 tag of what will be spoken; empty: the meeting's."""
        person = {"display_name": display_name, "role": role, "language": language}
        body = await self._post(f"meetings/{meeting}/participants", person)
        return Admission(**{field: body[field] for field in Admission.__dataclass_fields__})

    async def fresh_ticket(self, session_id: str, *, resume_token: str) -> str:
        body = await self._post(f"sessions/{session_id}/ticket", {"resume_token": resume_token})
        return body["ticket"]

    async def _post(self, path: str, body: dict[str, str]) -> dict[str, str]:
        try:
            response = await self._http.post(path, json=body)
        except httpx.UnsupportedProtocol as error:
            raise ClientError("The URL must begin with http:// or https://.") from error
        except httpx.HTTPError as error:
            raise ServerAway("The server does not answer.") from error
        if response.status_code >= 500 or response.status_code == 429:
            raise ServerAway(f"The server answers {response.status_code}.")
        if response.status_code != 201:
            raise ConnectionRefused(_detail(response), close_code=FINAL_STATUSES.get(response.status_code, 4400))
        answer: dict[str, str] = response.json()
        return answer


def _detail(response: httpx.Response) -> str:
    try:
        problem = response.json()
        sentence = str(problem.get("detail") or problem.get("title") or problem)
        reasons = [str(each.get("detail", "")) for each in problem.get("errors", [])]
        return " ".join([sentence, *filter(None, reasons)])
    except (ValueError, AttributeError):
        return f"The server answers {response.status_code}; is this a Colloquy server?"
