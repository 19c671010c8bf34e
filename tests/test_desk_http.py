"""The desk as a server, over real HTTP: what it refuses, that reading changes nothing, and how it starts and stops."""

import hashlib
import html
import http.client
import json
import re
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from afterlore.app.cli import run
from afterlore.app.desk.guard import LIMIT
from afterlore.app.desk.words import words_of
from afterlore.brief.desk.apply import LAPSES
from afterlore.brief.desk.rules import REFUSALS
from conftest import ROOT
from desk_server import desk_process, served

DAY = "2026-03-10"
HTMX = ROOT / "src" / "afterlore" / "app" / "desk" / "assets" / "htmx"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Site:
    address: str
    out: Path

    @property
    def netloc(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def log(self) -> bytes:
        path = self.out / DAY / "edits.jsonl"
        return path.read_bytes() if path.exists() else b""

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> Answer:
        """One request with exactly these headers besides Host and Content-Length, which may be given too."""
        connection = http.client.HTTPConnection(self.netloc, timeout=20)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        sent = {
            "Host": self.netloc,
            **({"Content-Length": str(len(body))} if body is not None else {}),
            **(headers or {}),
        }
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders()
        if body is not None:
            # A server that refuses by the head alone may have hung up already.
            with suppress(ConnectionError):
                connection.send(body)
        answer = connection.getresponse()
        found = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode())
        connection.close()
        return found

    def page(self, path: str = "/") -> str:
        answer = self.ask("GET", path)
        assert answer.status == 200
        return answer.text

    def form(self, verb: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Answer:
        """A form as the desk's own page sends it, unless ``headers`` say otherwise; None takes one away."""
        own = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.address.rstrip("/"),
            "Sec-Fetch-Site": "same-origin",
            **(headers or {}),
        }
        return self.ask("POST", f"/do/{verb}", {k: v for k, v in own.items() if v}, urlencode(fields).encode())

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.page())
        assert found
        return found[1]

    @property
    def key(self) -> str:
        found = re.search(r'id="s-([0-9a-f]{12})"', self.page())
        assert found
        return found[1]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    out = tmp_path_factory.mktemp("http") / "out"
    words = ["brief", "build", str(ROOT / "samples" / DAY), "--out", str(out), "--date", DAY, "--offline", "--quiet"]
    assert run(words) == 0
    with served(out, DAY) as address:
        yield Site(address, out)


def files(out: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file() and ".afterlore" not in p.parts}


FOREIGN = {
    "cross-origin": {"Origin": "https://evil.example"},
    "cross-origin, another port": {"Origin": "http://127.0.0.1:1"},
    "https is another origin": {"Origin": "https://127.0.0.1"},
    "opaque origin": {"Origin": "null"},
    "cross-site by its own word": {"Sec-Fetch-Site": "cross-site"},
    "same-site is not same-origin": {"Origin": "", "Sec-Fetch-Site": "same-site"},
    "says not where it comes from": {"Origin": "", "Sec-Fetch-Site": ""},
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_foreign_form_is_refused_though_it_knows_the_token(desk: Site, what: str) -> None:
    before = files(desk.out)
    answer = desk.form("pin", {"token": desk.token, "story": desk.key}, FOREIGN[what])
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers
    assert files(desk.out) == before


@pytest.mark.parametrize("fields", [{}, {"token": ""}, {"token": "x" * 43}], ids=["none", "empty", "wrong"])
def test_a_form_without_the_token_is_refused(desk: Site, fields: dict[str, str]) -> None:
    before = files(desk.out)
    assert desk.form("pin", {**fields, "story": desk.key}).status == 403
    assert files(desk.out) == before


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "[::1]:{port}",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example:{port}",
        "",
    ],
)
def test_a_foreign_host_is_refused_before_anything_is_shown(desk: Site, host: str) -> None:
    port = str(urlsplit(desk.address).port)
    answer = desk.ask("GET", "/", {"Host": host.format(port=port)})
    assert answer.status in (400, 421)
    assert "token" not in answer.text
    own = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{host.format(port=port)}"}
    refused = desk.ask("POST", "/do/pin", {"Host": host.format(port=port), **own}, b"token=" + desk.token.encode())
    assert refused.status in (400, 421)


def test_its_own_names_are_known(desk: Site) -> None:
    port = urlsplit(desk.address).port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}"):
        assert desk.ask("GET", "/", {"Host": host}).status == 200


def test_what_is_too_large_or_no_form_is_refused(desk: Site) -> None:
    before = files(desk.out)
    large = {"token": desk.token, "story": desk.key, "title": "长" * LIMIT}
    assert desk.form("retitle", large).status == 413
    own = {"Origin": desk.address.rstrip("/")}
    chunk = b"%x\r\n" % (LIMIT + 1) + b"a" * (LIMIT + 1) + b"\r\n0\r\n\r\n"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    chunked = {**own, **form, "Transfer-Encoding": "chunked"}
    with socket.create_connection(("127.0.0.1", urlsplit(desk.address).port or 0), timeout=20) as line:
        head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": desk.netloc, **chunked}.items())
        line.sendall(f"POST /do/pin HTTP/1.1\r\n{head}\r\n".encode() + chunk)
        assert b" 413 " in line.recv(200)
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        assert desk.ask("POST", "/do/pin", {**own, "Content-Type": kind}, b"{}").status == 415
    assert desk.ask("POST", "/do/pin", {**own, **form}, b"\xff=%ff&a").status in (400, 403)
    assert desk.ask("PUT", "/do/pin", own, b"").status == 405
    assert desk.ask("OPTIONS", "/do/pin", own).status == 405
    assert files(desk.out) == before


def test_reading_changes_nothing(desk: Site) -> None:
    before = files(desk.out)
    verbs = ("merge", "split", "pin", "promote", "drop", "move", "retitle", "reject", "undo", "publish")
    paths = [
        "/",
        f"/?story={desk.key}",
        "/?story=nothing&done=99",
        "/changes",
        "/history",
        "/learned",
        "/assets/htmx.min.js",
    ]
    for path in [*paths, *(f"/do/{verb}?story={desk.key}&token={desk.token}" for verb in verbs)]:
        assert desk.ask("GET", path).status in (200, 303), path
        assert desk.ask("HEAD", path).status in (200, 303, 405), path
    assert desk.ask("GET", "/../../etc/passwd").status == 404
    assert files(desk.out) == before


def test_every_answer_is_guarded(desk: Site) -> None:
    for answer in (
        desk.ask("GET", "/"),
        desk.ask("GET", "/nothing"),
        desk.ask("GET", "/", {"Host": "evil.example"}),
        desk.form("pin", {}),
        desk.ask("GET", "/assets/htmx.min.js"),
    ):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "set-cookie" not in answer.headers
    page = desk.page(f"/?story={desk.key}")
    assert not re.search(r"<[^>]+\s(?:style|on\w+)=", page)
    assert set(re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="([^"]+)"', page)) == {
        "/assets/htmx.min.js",
        "data:,",
    }


def test_a_hostile_article_is_text(desk: Site) -> None:
    truth = json.loads((ROOT / "samples" / "truth.json").read_text(encoding="utf-8"))
    known = {one["url"] for one in truth["days"][DAY]["articles"]}
    seen = ""
    for key in re.findall(r'id="s-([0-9a-f]{12})"', desk.page()):
        page = desk.page(f"/?story={key}")
        seen += page
        assert {href for href in re.findall(r'href="([^"]*)"', page) if href[0] not in "/#"} - {"data:,"} <= known
        assert len(re.findall("<script", page)) == 2
    assert truth["hostile"]["url"] in seen, "the hostile article was looked at"


def test_a_deed_is_answered_by_a_redirect_and_undone_by_another(desk: Site) -> None:
    answer = desk.form("pin", {"token": desk.token, "story": desk.key})
    assert answer.status == 303
    where = answer.headers["location"]
    assert where.startswith(f"/?story={desk.key}&done=")
    assert words_of("zh")["did_pin"].partition("{")[0] in desk.page(where.partition("#")[0])
    seq = re.search(r"done=(\d+)", where)
    assert seq
    assert desk.form("undo", {"token": desk.token, "event": seq[1]}).status == 303
    assert words_of("zh")["fresh"] in desk.page()


@pytest.mark.parametrize(
    ("verb", "fields", "said"),
    [
        ("pin", {"story": "no such story"}, words_of("zh")["no_story"]),
        ("pin", {}, words_of("zh")["no_form"]),
        ("merge", {"story": "x"}, words_of("zh")["no_story"]),
        ("undo", {"event": "9999"}, words_of("zh")["no_event"]),
        ("undo", {"event": "-1"}, words_of("zh")["no_form"]),
        ("undo", {"event": "٣"}, words_of("zh")["no_form"]),
        ("move", {"way": "sideways"}, words_of("zh")["no_form"]),
        ("promise", {}, words_of("zh")["no_form"]),
        ("retitle", {"title": "<script>alert(1)</script>"}, words_of("zh")["no_form"]),
    ],
)
def test_a_form_that_makes_no_sense_is_one_message(desk: Site, verb: str, fields: dict[str, str], said: str) -> None:
    before = desk.log
    answer = desk.form(verb, {"token": desk.token, **fields})
    assert answer.status == 422
    assert said in alert(answer)
    assert desk.log == before


@pytest.fixture
def own(desk: Site, tmp_path: Path) -> Iterator[Site]:
    """A desk of its own, for what the others must not see."""
    copy = tmp_path / "out"
    shutil.copytree(desk.out, copy)
    (copy / DAY / "edits.jsonl").unlink(missing_ok=True)
    with served(copy, DAY) as address:
        yield Site(address, copy)


def alert(answer: Answer) -> str:
    found = re.search(r'role="alert">(.*?)</div>', answer.text, re.S)
    assert found
    return html.unescape(found[1])


def test_what_is_damaged_under_an_open_desk_is_one_message(own: Site) -> None:
    token, key = own.token, own.key
    assert own.form("pin", {"token": token, "story": key}).status == 303
    path = own.out / DAY / "edits.jsonl"
    good = path.read_bytes()
    path.write_bytes(good + b"{}\n")
    for answer in (
        *(own.ask("GET", page) for page in ("/", "/changes", "/history", "/learned")),
        own.form("drop", {"token": token, "story": key}),
        own.form("publish", {"token": token, "draft": "0" * 64}),
    ):
        assert answer.status == 503
        assert "line 2 is damaged" in alert(answer)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    path.write_bytes(good)
    assert own.ask("GET", "/").status == 200
    path.unlink()
    path.mkdir()
    assert "cannot read" in alert(own.ask("GET", "/history"))
    path.rmdir()
    earlier = own.out / "2026-03-09"
    earlier.mkdir()
    (earlier / "brief.json").write_text("{}", encoding="utf-8")
    assert "2026-03-09/brief.json" in alert(own.ask("GET", "/"))
    shutil.rmtree(earlier)
    assert own.ask("GET", "/").status == 200
    lost = own.ask("GET", "/nothing")
    assert (lost.status, words_of("zh")["no_page"] in alert(lost)) == (404, True)


def test_only_what_was_seen_is_published_and_once(own: Site) -> None:
    def seen() -> str:
        found = re.search(r'name="draft" value="([0-9a-f]{64})"', own.page("/changes"))
        assert found
        return found[1]

    token, draft = own.token, seen()
    done = own.form("pin", {"token": token, "story": own.key})
    assert done.status == 303
    before = files(own.out)
    refused = own.form("publish", {"token": token, "draft": draft})
    assert (refused.status, words_of("zh")["no_draft"] in alert(refused)) == (422, True)
    assert 'id="publish-go"' in refused.text, "the changes as they are now, to look at"
    assert own.form("publish", {"token": token}).status == 422
    assert files(own.out) == before
    for _ in range(2):
        assert own.form("publish", {"token": token, "draft": seen()}).headers["location"] == "/?done=2"
    assert own.log.count(b"\n") == 2, "what is published already is not written down again"
    assert words_of("zh")["fresh"] in own.page()
    page = own.out / DAY / "brief.html"
    page.write_text("cut off", encoding="utf-8")
    assert words_of("zh")["half"] in own.page("/changes")
    assert own.form("publish", {"token": token, "draft": seen()}).status == 303
    assert words_of("zh")["fresh"] in own.page()
    assert page.read_bytes() != b"cut off"


FAULTS = {"empty": " ", "hidden": "甲\u200b乙", "title_long": "长" * 121}


@pytest.mark.parametrize("reason", FAULTS)
def test_a_title_is_refused_with_its_own_reason(desk: Site, reason: str) -> None:
    answer = desk.form("retitle", {"token": desk.token, "story": desk.key, "title": FAULTS[reason]})
    assert (answer.status, words_of("zh")[f"no_{reason}"] in alert(answer)) == (422, True)


def test_an_editors_title_is_text_and_no_markup(desk: Site) -> None:
    title = '<script>alert(1)</script>"><b>&amp;'
    key = desk.key
    done = desk.form("retitle", {"token": desk.token, "story": key, "title": title})
    assert done.status == 303
    for path in (done.headers["location"].partition("#")[0], "/changes", "/history"):
        page = desk.page(path)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&gt;&lt;b&gt;&amp;amp;" in page
    seq = re.search(r"done=(\d+)", done.headers["location"])
    assert seq
    assert desk.form("undo", {"token": desk.token, "event": seq[1]}).status == 303


def test_deeds_from_two_pages_at_once_are_all_kept(desk: Site) -> None:
    token = desk.token
    shown = re.findall(r'id="s-([0-9a-f]{12})"', desk.page())[:6]
    before = desk.log.count(b"\n")
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda key=key: answers.append(desk.form("pin", {"token": token, "story": key}).status))
        for key in shown
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * len(shown)
    assert desk.log.count(b"\n") == before + len(shown)
    for seq in range(before + 1, before + len(shown) + 1):
        assert desk.form("undo", {"token": token, "event": str(seq)}).status == 303


def test_an_edit_is_immediate(desk: Site) -> None:
    token, key = desk.token, desk.key
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        done = desk.form("pin", {"token": token, "story": key})
        desk.page(done.headers["location"].partition("#")[0])
        took.append(time.perf_counter() - begun)
        seq = re.search(r"done=(\d+)", done.headers["location"])
        assert seq
        desk.form("undo", {"token": token, "event": seq[1]})
    assert min(took) < 0.3


def test_it_starts_and_stops_as_it_should(desk: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "out"
    shutil.copytree(desk.out, copy)
    port = str(urlsplit(desk.address).port)
    assert run(["brief", "review", str(copy), "--port", port, "--no-open"]) == 2
    assert "--port" in capsys.readouterr().err
    assert run(["brief", "review", str(desk.out), "--no-open"]) == 2
    assert "a desk is open" in capsys.readouterr().err
    assert run(["brief", "review", str(tmp_path / "home"), "--no-open"]) == 2
    assert "build one with" in capsys.readouterr().err
    assert run(["brief", "review", str(copy), "--date", "10 March", "--no-open"]) == 2
    assert "YYYY-MM-DD" in capsys.readouterr().err
    for number, code in ((signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)):
        process = desk_process(copy, "--port", "0")
        assert process.stdout
        assert "http://127.0.0.1:" in process.stdout.readline()
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (code, "")


def test_htmx_is_the_one_that_was_read() -> None:
    data = (HTMX / "htmx.min.js").read_bytes()
    assert hashlib.sha256(data).hexdigest() in (HTMX / "README.md").read_text(encoding="utf-8")
    assert "Zero-Clause BSD" in (HTMX / "LICENSE").read_text(encoding="utf-8")


def test_both_languages_say_the_same_things() -> None:
    zh, en = words_of("zh"), words_of("en")
    assert {f"no_{reason}" for reason in (*REFUSALS, *LAPSES, "form", *FAULTS, "label", "label_long")} <= zh.keys()
    holes = {key: (set(re.findall(r"{\w+}", zh[key])), set(re.findall(r"{\w+}", en[key]))) for key in zh}
    assert {key: pair for key, pair in holes.items() if pair[0] != pair[1]}.keys() <= {"article"}
