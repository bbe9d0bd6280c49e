"""What a person reads after a press, as the history checker knows it."""

import html
import re

import requests

from vps.services import action_words as words

NOTICE = re.compile(r'<div class="notice"[^>]*>(.*?)</div>', re.DOTALL)


def read_answer(response: requests.Response, command: str, name: str) -> str:
    """The state that was told, or "conflict"; whatever else was answered, as it came. Of a whole page, the notices."""
    page = response.text
    told = "".join(NOTICE.findall(page)) if "<html" in page else page
    text = html.unescape(re.sub(r"<[^>]*>", "", told))
    if response.status_code == 409:
        return "conflict"
    said = {
        "succeeded": words.ACCEPTED[command],
        "failed": words.FAILED[command],
        "unknown": words.UNKNOWN[command],
        "sent": words.UNDER_WAY[command],
    }
    names = {"name": name, "why": "…"}
    found = {state for state, sentence in said.items() if (sentence % names).partition("…")[0] in text}
    if f"{name}: the provider is being asked." in text:
        found.add("requested")
    if response.status_code == 200 and len(found) == 1:
        return found.pop()
    return f"{response.status_code} {' '.join(text.split())[:300]}"
