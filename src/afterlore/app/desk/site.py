"""The desk's pages: reading is GET and changes nothing, each deed is a form that is posted and answered by a redirect.

Everything works without JavaScript. With it, htmx sends the same forms and swaps the same page in place.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from afterlore.app.desk.guard import FORM, Guard
from afterlore.app.desk.view import Viewer
from afterlore.app.desk.words import words_of
from afterlore.brief.desk.edits import LONGEST_LABEL, LONGEST_TITLE, Edit, Forget, live
from afterlore.brief.desk.session import Desk
from afterlore.brief.desk.state import State
from afterlore.core import AfterloreError, DeedRefused, digest
from afterlore.report import Page, asset, environment

__all__ = ["site"]

_PACKAGE = "afterlore.app.desk"
_PAGES = ("desk", "changes", "history", "learned", "trouble")


@dataclass(frozen=True, slots=True)
class _Form:
    """The fields that were posted. Raises DeedRefused for one that is missing."""

    fields: Mapping[str, list[str]]

    def one(self, name: str) -> str:
        values = self.fields.get(name, [])
        if len(values) != 1:
            raise _unfit(f"the form lacks {name!r}")
        return values[0]

    def all(self, name: str) -> list[str]:
        return self.fields.get(name, [])

    def number(self, name: str) -> int:
        value = self.one(name)
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise _unfit(f"{name!r} is a whole number, not {value[:20]!r}")
        return int(value)


def _unfit(detail: str) -> DeedRefused:
    return DeedRefused("form", f"{detail}; load the page again")


def _move(desk: Desk, form: _Form) -> Edit:
    way = form.one("way")
    if way not in ("up", "down"):
        raise _unfit(f"a story moves up or down, not {way[:20]!r}")
    return desk.move(form.one("story"), "up" if way == "up" else "down")


_DEEDS: dict[str, Callable[[Desk, _Form], Edit]] = {
    "merge": lambda desk, form: desk.merge(form.all("story")),
    "split": lambda desk, form: desk.split(form.one("story"), form.all("article")),
    "pin": lambda desk, form: desk.pin(form.one("story")),
    "promote": lambda desk, form: desk.promote(form.one("story")),
    "drop": lambda desk, form: desk.drop(form.one("story")),
    "move": _move,
    "retitle": lambda desk, form: desk.retitle(form.one("story"), form.one("title")),
    "recategorise": lambda desk, form: desk.recategorise(form.one("story"), form.one("category")),
    "relabel": lambda desk, form: desk.relabel(form.one("story"), form.one("claim"), form.one("label")),
    "reject": lambda desk, form: desk.reject(form.one("story"), form.one("claim")),
    "forget": lambda desk, _: desk.forget(),
    "undo": lambda desk, form: desk.undo(form.number("event")),
}


class _Site:
    def __init__(self, desk: Desk, token: str) -> None:
        self._desk = desk
        self._token = token
        vertical = desk.state().request.vertical
        self._language = vertical.language
        self._title = " ".join(part for part in (vertical.emoji, vertical.title) if part)
        self._words = words_of(vertical.language)
        self._viewer = Viewer(desk, vertical.language)
        templates: Environment = environment(_PACKAGE)
        css, js = asset(_PACKAGE, "desk.css"), asset(_PACKAGE, "desk.js")
        policy = {"script-src": "'self'", "connect-src": "'self'", "form-action": "'self'"}
        self._pages = {name: Page(templates, f"{name}.html", css=css, js=js, policy=policy) for name in _PAGES}
        self._htmx = asset(_PACKAGE, "htmx/htmx.min.js").encode()

    @property
    def policy(self) -> str:
        """Of all pages; frames can only be forbidden by a header."""
        return f"{self._pages['desk'].content_policy}; frame-ancestors 'none'"

    def routes(self) -> list[Route]:
        return [
            Route("/", self.day, methods=["GET"]),
            Route("/changes", self.changes, methods=["GET"]),
            Route("/history", self.history, methods=["GET"]),
            Route("/learned", self.learned, methods=["GET"]),
            Route("/do/{verb}", self.do, methods=["POST"]),
            # Where a browser's address line stands after a form that was refused.
            Route("/do/{verb}", lambda _: RedirectResponse("/", 303), methods=["GET"]),
            Route("/assets/htmx.min.js", self.htmx, methods=["GET"]),
        ]

    def htmx(self, _: Request) -> Response:
        return Response(self._htmx, media_type="text/javascript")

    def day(self, request: Request) -> Response:
        state = self._desk.state()
        return self._show("desk", request, state, **self._viewer.day(state, request.query_params.get("story")))

    def changes(self, request: Request) -> Response:
        return self._show("changes", request, self._desk.state(), **self._changed())

    def _changed(self) -> dict[str, Any]:
        state = self._desk.state()
        return {
            "draft": self._viewer.changes(self._desk.changes()),
            "run": self._viewer.changes(self._desk.last_changes()),
            "later": [str(day) for day in self._desk.folder.days() if day > self._desk.day],
            "file": f"{self._desk.day}/brief.json",
            "seen": digest(state.drafted.encoded),
        }

    def history(self, request: Request) -> Response:
        state = self._desk.state()
        events = self._viewer.history(state)
        return self._show("history", request, state, events=events, file=f"{self._desk.day}/edits.jsonl")

    def learned(self, request: Request) -> Response:
        state = self._desk.state()
        learned = self._viewer.learned(self._desk.learned())
        forgot = max((e.seq for e in live(state.events) if isinstance(e, Forget)), default=None)
        return self._show("learned", request, state, learned=learned, forgot=forgot)

    def do(self, request: Request) -> Response:
        form = _Form(request.scope[FORM])
        verb = request.path_params["verb"]
        try:
            if verb == "publish":
                self._desk.publish(form.one("draft"))
                return RedirectResponse(f"/?{urlencode({'done': self._desk.last_published()})}", 303)
            if verb not in _DEEDS:
                raise _unfit(f"no deed {verb[:20]!r}; there are {', '.join(_DEEDS)}, publish")
            event = _DEEDS[verb](self._desk, form)
        except (AfterloreError, OSError) as error:
            return self._refused(request, form, verb, self._said(error))
        state = self._desk.state()
        back = next(iter(form.all("back")), "")
        if back in ("history", "learned"):
            return RedirectResponse(f"/{back}?{urlencode({'done': event.seq})}", 303)
        key = self._viewer.place_of(state, event) or next(iter(form.all("story")), "")
        query = urlencode({"story": key, "done": event.seq} if key else {"done": event.seq})
        return RedirectResponse(f"/?{query}" + (f"#s-{key}" if key else ""), 303)

    def _said(self, error: Exception) -> str:
        """In the desk's words where it has some."""
        return self._words.get(f"no_{error.reason}", str(error)) if isinstance(error, DeedRefused) else str(error)

    def _refused(self, request: Request, form: _Form, verb: str, why: str) -> Response:
        state = self._desk.state()
        if verb == "publish":
            return self._show("changes", request, state, status=422, error=why, **self._changed())
        selected = next(iter(form.all("story")), None)
        return self._show("desk", request, state, status=422, error=why, **self._viewer.day(state, selected))

    def trouble(self, _: Request, error: Exception) -> Response:
        """A page for when the day cannot be shown: the one message that names what to mend."""
        if isinstance(error, HTTPException):
            words = {404: self._words["no_page"], 405: self._words["no_page"]}
            status, why = error.status_code, words.get(error.status_code, error.detail)
        else:
            status, why = 503, self._said(error)
        return self._render("trouble", status, error=why, done=None, fresh=None)

    def _show(
        self, name: str, request: Request, state: State, *, status: int = 200, error: str = "", **data: object
    ) -> Response:
        done = request.query_params.get("done", "")
        event = self._viewer.undoable(state, int(done)) if done.isascii() and done.isdigit() and len(done) < 9 else None
        return self._render(
            name,
            status,
            fresh=state.fresh,
            half=state.half,
            readable=state.published is not None,
            top=state.request.top,
            done=event,
            error=error,
            **data,
        )

    def _render(self, name: str, status: int, **data: object) -> Response:
        page = self._pages[name].render(
            lang=self._language,
            title=f"{self._words[name]} · {self._title} {self._desk.day}",
            heading=self._title,
            day=self._desk.day,
            words=self._words,
            page=name,
            token=self._token,
            longest_title=LONGEST_TITLE,
            longest_label=LONGEST_LABEL,
            **data,
        )
        return HTMLResponse(page, status)


def site(desk: Desk, port: int) -> Starlette:
    """The desk as an ASGI application that answers on 127.0.0.1:``port``."""
    token = secrets.token_urlsafe(32)
    pages = _Site(desk, token)
    guard = Middleware(Guard, port=port, token=token, policy=pages.policy)
    handled = (AfterloreError, OSError, HTTPException)
    return Starlette(
        routes=pages.routes(), middleware=[guard], exception_handlers=dict.fromkeys(handled, pages.trouble)
    )
