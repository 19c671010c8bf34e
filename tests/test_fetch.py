"""The fetcher, over real connections to a server on loopback."""

import gzip
import logging
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpcore2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterlore.core import FetchFailed, FetchRefused
from afterlore.web.address import AllowList, CheckedBackend, forbidden
from afterlore.web.cache import MemoryCache
from afterlore.web.fetch import Fetcher, Limits, decode
from afterlore.web.inflate import BadCompression, Inflater, TooLarge, gunzip
from afterlore.web.urls import canonical, redact
from loopback import HTML, Headers, Reply, Site, serve

QUICK = Limits(host_delay=0.0, read_seconds=5.0, total_seconds=20.0)
PAGE = "<html><body><p>星舟科技发布了新芯片。</p></body></html>"


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve()


@pytest.fixture
def other_site() -> Iterator[Site]:
    yield from serve()


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK) as made:
        yield made


def page(text: str = PAGE) -> Reply:
    return 200, HTML, text.encode()


# -- getting a page --------------------------------------------------------------------------------------


def test_a_page_comes_back_whole(site: Site, fetcher: Fetcher) -> None:
    site.routes["/a?x=1"] = page()
    got = fetcher.fetch(site.url("/a?x=1#part"))
    assert (got.url, got.status, got.body.decode(), got.media_type, got.charset, got.not_modified) == (
        site.url("/a?x=1"),
        200,
        PAGE,
        "text/html",
        "utf-8",
        False,
    )
    assert got.retrieved.tzinfo is not None
    assert fetcher.stats.bodies == 1
    asked = site.seen[-1][1]
    assert asked["user-agent"].startswith("afterlore/")
    assert asked["host"] == f"127.0.0.1:{site.port}"
    assert asked["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("validator", ["etag", "last-modified"])
def test_a_second_run_fetches_no_body(site: Site, validator: str) -> None:
    name, value, condition = {
        "etag": ("ETag", '"v1"', "if-none-match"),
        "last-modified": ("Last-Modified", "Tue, 09 Jun 2026 03:30:49 GMT", "if-modified-since"),
    }[validator]

    def route(_: Site, headers: Headers) -> Reply:
        if headers.get(condition) == value:
            return 304, {name: value}, b""
        return 200, {**HTML, name: value}, PAGE.encode()

    site.routes["/feed"] = route
    site.routes["/old"] = (301, {"Location": "/feed"}, b"")
    site.routes["/robots.txt"] = (200, {"Content-Type": "text/plain"}, b"User-agent: *\nAllow: /\n")
    cache = MemoryCache()
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, cache=cache) as first:
        before = first.fetch(site.url("/old"))
        assert first.stats.bodies == 1
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, cache=cache) as second:
        after = second.fetch(site.url("/old"))
        assert (second.stats.bodies, second.stats.not_modified, second.stats.bytes) == (0, 1, 0)
    assert after.not_modified
    assert (after.body, after.url, after.charset, after.retrieved) == (
        before.body,
        before.url,
        "utf-8",
        before.retrieved,
    )
    assert site.asked("/robots.txt") == 1


def test_offline_answers_from_the_cache_alone(site: Site) -> None:
    site.routes["/feed"] = page()
    site.routes["/old"] = (302, {"Location": "/feed"}, b"")
    cache = MemoryCache()
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, cache=cache) as online:
        online.fetch(site.url("/old"))
    asked = len(site.seen)
    with Fetcher(offline=True, cache=cache) as offline:
        got = offline.fetch(site.url("/old"))
        assert (got.body.decode(), got.url, got.not_modified) == (PAGE, site.url("/feed"), True)
        with pytest.raises(FetchRefused, match="offline") as caught:
            offline.fetch(site.url("/never"))
    assert caught.value.reason == "offline"
    assert len(site.seen) == asked


def test_no_store_is_obeyed(site: Site) -> None:
    site.routes["/a"] = (200, {**HTML, "Cache-Control": "no-store"}, PAGE.encode())
    cache = MemoryCache()
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, cache=cache) as fetcher:
        fetcher.fetch(site.url("/a"))
    assert cache.get(site.url("/a")) is None


def test_an_error_status_says_what_it_means(site: Site, fetcher: Fetcher) -> None:
    site.routes["/gone"] = (410, {}, b"")
    with pytest.raises(FetchFailed, match="taken down") as caught:
        fetcher.fetch(site.url("/gone"))
    assert caught.value.status == 410


def test_cookies_are_not_kept_and_the_environment_is_not_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    site.routes["/a"] = (200, {**HTML, "Set-Cookie": "id=1"}, PAGE.encode())
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK) as fresh:
        fresh.fetch(site.url("/a"))
        fresh.fetch(site.url("/a"))
    assert all("cookie" not in headers for _, headers in site.seen)


def test_credentials_stay_with_their_host(site: Site, other_site: Site, fetcher: Fetcher) -> None:
    site.routes["/private"] = (302, {"Location": other_site.url("/a")}, b"")
    other_site.routes["/a"] = page()
    got = fetcher.fetch(f"http://ann:s3cret@127.0.0.1:{site.port}/private")
    assert site.seen[-1][1]["authorization"] == "Basic YW5uOnMzY3JldA=="
    assert "authorization" not in other_site.seen[-1][1]
    assert "s3cret" not in got.url


# -- addresses -------------------------------------------------------------------------------------------

INSIDE = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://017700000001:{port}/",
    "http://0:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00::1]/",
    "http://[fe80::1]/",
    "http://100.64.0.1/",
    "http://10.1.2.3/",
    "http://192.168.1.1/",
    "http://172.16.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
]


@pytest.mark.parametrize("url", INSIDE)
def test_inside_addresses_are_refused_and_logged(site: Site, url: str, caplog: pytest.LogCaptureFixture) -> None:
    with Fetcher(limits=QUICK) as fetcher, caplog.at_level(logging.WARNING, "afterlore.web"):
        with pytest.raises(FetchRefused) as caught:
            fetcher.fetch(url.format(port=site.port))
        assert fetcher.stats.refused == 1
    assert caught.value.reason == "address"
    assert "--allow-host" in str(caught.value)
    assert not site.seen
    assert [record.name for record in caplog.records] == ["afterlore.web"]


@pytest.mark.parametrize("target", [*INSIDE[:9], INSIDE[12], "file:///etc/passwd", "ftp://example.com/", "gopher://x/"])
def test_a_redirect_to_an_inside_address_is_refused(site: Site, other_site: Site, target: str) -> None:
    site.routes["/start"] = (302, {"Location": target.format(port=other_site.port)}, b"")
    with (
        Fetcher(allow_hosts=[f"127.0.0.1:{site.port}"], limits=QUICK) as fetcher,
        pytest.raises(FetchRefused) as caught,
    ):
        fetcher.fetch(site.url("/start"))
    assert caught.value.reason in ("address", "scheme")
    assert site.asked("/start") == 1
    assert not other_site.seen


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a.example/x", "javascript:alert(1)", "/just/a/path", "http://", "http://a b\n/"],
)
def test_other_schemes_are_refused(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(FetchRefused) as caught:
        fetcher.fetch(url)
    assert caught.value.reason == "scheme"


class Rebinding:
    """A name server whose answer changes after each question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


def test_a_rebinding_name_is_connected_at_the_checked_address(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        connected.append(address)
        raise OSError("unreachable in this test")

    monkeypatch.setattr(socket, "create_connection", connect)
    resolver = Rebinding(["8.8.8.8"], ["127.0.0.1"])
    with (
        Fetcher(limits=QUICK, resolver=resolver, robots=False) as fetcher,
        pytest.raises(FetchFailed, match="unreachable in this test"),
    ):
        fetcher.fetch(site.url("/", host="rebind.example"))
    assert connected == [("8.8.8.8", site.port)]
    assert resolver.asked == 1


def test_a_rebinding_name_is_refused_when_it_turns_private(site: Site) -> None:
    resolver = Rebinding(["8.8.8.8", "127.0.0.1"])
    with (
        Fetcher(limits=QUICK, resolver=resolver, robots=False) as fetcher,
        pytest.raises(FetchRefused, match="loopback"),
    ):
        fetcher.fetch(site.url("/", host="rebind.example"))
    assert not site.seen


def test_the_host_header_names_the_host_not_the_address(site: Site) -> None:
    site.routes["/a"] = page()
    resolver = Rebinding(["127.0.0.1"], ["10.0.0.1"])
    name = "news.example"
    with Fetcher(limits=QUICK, resolver=resolver, allow_hosts=[name], robots=False) as fetcher:
        assert fetcher.fetch(site.url("/a", host=name)).status == 200
    assert resolver.asked == 1
    assert site.seen[-1][1]["host"] == f"{name}:{site.port}"


def test_the_allow_list_is_by_host_or_host_and_port() -> None:
    allow = AllowList(["Feeds.Example", "127.0.0.1:80", "[::1]:8080", "::2"])
    assert ("feeds.example", 443) in allow
    assert ("127.0.0.1", 80) in allow
    assert ("127.0.0.1", 81) not in allow
    assert ("::1", 8080) in allow
    assert ("::1", 80) not in allow
    assert ("[::2]", 1) in allow
    assert ("evil.feeds.example", 443) not in allow


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert forbidden(address) is None


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_the_same_in_every_dress(address: object) -> None:
    assert (forbidden(f"::ffff:{address}") is None) == (forbidden(str(address)) is None)


def test_text_that_is_no_address_is_forbidden() -> None:
    assert forbidden("metadata") == "not an IP address"


# -- limits ----------------------------------------------------------------------------------------------


def test_a_large_page_is_refused_before_it_is_read(site: Site, fetcher: Fetcher) -> None:
    site.routes["/big"] = (200, {**HTML, "Content-Length": str(40 * 1024 * 1024)}, b"x" * 1000)
    with pytest.raises(FetchRefused, match="41,943,040") as caught:
        fetcher.fetch(site.url("/big"))
    assert caught.value.reason == "size"
    assert fetcher.stats.bytes == 0


def test_a_large_page_without_a_length_is_cut_off_at_the_limit(site: Site, fetcher: Fetcher) -> None:
    body = b"".join(b"10000\r\n" + b"x" * 65536 + b"\r\n" for _ in range(640))
    site.routes["/chunked"] = (200, {**HTML, "Transfer-Encoding": "chunked"}, body)
    with pytest.raises(FetchRefused) as caught:
        fetcher.fetch(site.url("/chunked"))
    assert caught.value.reason == "size"
    assert fetcher.stats.bytes <= 6 * 1024 * 1024


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_decompression_bomb_is_refused(site: Site, fetcher: Fetcher, encoding: str) -> None:
    zeros = b"\0" * (50 * 1024 * 1024)
    bomb = gzip.compress(zeros, 9) if encoding == "gzip" else zlib.compress(zeros, 9)
    assert len(bomb) < 100_000
    site.routes["/bomb"] = (200, {**HTML, "Content-Encoding": encoding}, bomb)
    with pytest.raises(FetchRefused, match="after decompression") as caught:
        fetcher.fetch(site.url("/bomb"))
    assert caught.value.reason == "size"


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "raw deflate"])
def test_compressed_pages_are_read(site: Site, fetcher: Fetcher, encoding: str) -> None:
    raw = zlib.compressobj(wbits=-15)
    body = {
        "deflate": zlib.compress(PAGE.encode()),
        "raw deflate": raw.compress(PAGE.encode()) + raw.flush(),
    }.get(encoding, gzip.compress(PAGE.encode()))
    site.routes["/a"] = (200, {**HTML, "Content-Encoding": encoding.removeprefix("raw ")}, body)
    assert fetcher.fetch(site.url("/a")).body.decode() == PAGE


def test_half_a_compressed_page_is_not_taken_for_a_page(site: Site, fetcher: Fetcher) -> None:
    body = gzip.compress(PAGE.encode() * 50)
    site.routes["/half"] = (200, {**HTML, "Content-Encoding": "gzip"}, body[: len(body) // 2])
    with pytest.raises(FetchFailed, match="end early"):
        fetcher.fetch(site.url("/half"))


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Content-Encoding": "br"}, "not asked for"),
        ({"Content-Encoding": "gzip, gzip"}, "not asked for"),
        ({"Content-Type": "video/mp4"}, "video/mp4"),
        ({"Content-Type": "application/pdf"}, "not a page or a feed"),
    ],
)
def test_what_cannot_be_read_is_refused(site: Site, fetcher: Fetcher, headers: Headers, words: str) -> None:
    site.routes["/a"] = (200, headers, b"....")
    with pytest.raises(FetchRefused, match=words) as caught:
        fetcher.fetch(site.url("/a"))
    assert caught.value.reason == "type"


def test_redirects_end(site: Site, fetcher: Fetcher) -> None:
    site.routes["/loop"] = (302, {"Location": "/loop"}, b"")
    with pytest.raises(FetchRefused) as caught:
        fetcher.fetch(site.url("/loop"))
    assert caught.value.reason == "redirects"
    assert site.asked("/loop") == 6


def test_five_redirects_are_followed(site: Site, fetcher: Fetcher) -> None:
    for number in range(5):
        site.routes[f"/{number}"] = (307, {"Location": f"{number + 1}"}, b"")
    site.routes["/5"] = page()
    assert fetcher.fetch(site.url("/0")).url == site.url("/5")


def test_a_silent_server_times_out(site: Site) -> None:
    release = threading.Event()

    def silent(_: Site, __: Headers) -> Reply:
        release.wait(20)
        return page()

    site.routes["/slow"] = silent
    limits = Limits(host_delay=0.0, read_seconds=0.2, retries=0)
    with (
        Fetcher(allow_hosts=["127.0.0.1"], limits=limits) as fetcher,
        pytest.raises(FetchFailed, match="no answer in time"),
    ):
        fetcher.fetch(site.url("/slow"))
    release.set()


def test_a_dripping_server_is_cut_off_by_the_total_time() -> None:
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not stop.wait(0.02):
                connection.sendall(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    limits = Limits(host_delay=0.0, read_seconds=5.0, total_seconds=0.5, retries=0)
    with (
        Fetcher(allow_hosts=["127.0.0.1"], limits=limits, robots=False) as fetcher,
        pytest.raises(FetchFailed, match="no answer in time"),
    ):
        fetcher.fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    stop.set()
    thread.join()
    listener.close()


def test_close_ends_a_fetch_of_another_thread(site: Site) -> None:
    arrived, release = threading.Event(), threading.Event()

    def silent(_: Site, __: Headers) -> Reply:
        arrived.set()
        release.wait(20)
        return page()

    site.routes["/slow"] = silent
    fetcher = Fetcher(allow_hosts=["127.0.0.1"], limits=Limits(host_delay=0.0), robots=False)
    failures: list[FetchFailed] = []

    def work() -> None:
        try:
            fetcher.fetch(site.url("/slow"))
        except FetchFailed as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert arrived.wait(10)
    fetcher.close()
    thread.join(10)
    release.set()
    assert not thread.is_alive()
    assert len(failures) == 1
    with pytest.raises(FetchFailed, match="stopped"):
        fetcher.fetch(site.url("/slow"))


def test_a_dropped_connection_is_tried_again() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        first, _ = listener.accept()
        first.recv(1000)
        first.close()
        second, _ = listener.accept()
        with second:
            second.recv(1000)
            second.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    thread = threading.Thread(target=answer)
    thread.start()
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, robots=False) as fetcher:
        assert fetcher.fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/").body == b"ok"
    thread.join()
    listener.close()


def test_a_short_body_is_not_taken_for_a_page(site: Site, fetcher: Fetcher) -> None:
    site.routes["/a"] = (200, {**HTML, "Content-Length": "500", "Connection": "close"}, b"half")
    with pytest.raises(FetchFailed, match="connection broke"):
        fetcher.fetch(site.url("/a"))


# -- manners ---------------------------------------------------------------------------------------------


class Busy:
    """Busy for the first so many requests."""

    def __init__(self, times: int, retry_after: str, status: int = 503) -> None:
        self.left, self.retry_after, self.status = times, retry_after, status

    def __call__(self, _: Site, __: Headers) -> Reply:
        self.left -= 1
        return page() if self.left < 0 else (self.status, {"Retry-After": self.retry_after}, b"")


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_respected(site: Site, status: int) -> None:
    slept: list[float] = []
    site.routes["/busy"] = Busy(2, "7", status)
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, robots=False, sleep=slept.append) as fetcher:
        assert fetcher.fetch(site.url("/busy")).status == 200
    assert site.asked("/busy") == 3
    assert slept
    assert 6 < slept[0] <= 7


def test_retry_after_may_be_a_date(site: Site) -> None:
    slept: list[float] = []
    now = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)
    site.routes["/busy"] = Busy(1, format_datetime(now + timedelta(seconds=9), usegmt=True))
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, robots=False, sleep=slept.append, now=lambda: now) as fetcher:
        fetcher.fetch(site.url("/busy"))
    assert len(slept) == 1
    assert 8 < slept[0] <= 9


def test_a_long_retry_after_fails_at_once(site: Site) -> None:
    slept: list[float] = []
    site.routes["/busy"] = Busy(1, "3600")
    with (
        Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, robots=False, sleep=slept.append) as fetcher,
        pytest.raises(FetchFailed, match="3600 s") as caught,
    ):
        fetcher.fetch(site.url("/busy"))
    assert caught.value.status == 503
    assert site.asked("/busy") == 1
    assert not slept


def test_retries_end(site: Site) -> None:
    site.routes["/busy"] = Busy(99, "1")
    with (
        Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, robots=False, sleep=lambda _: None) as fetcher,
        pytest.raises(FetchFailed, match="again and again"),
    ):
        fetcher.fetch(site.url("/busy"))
    assert site.asked("/busy") == 3


def test_one_host_is_asked_with_pauses(site: Site) -> None:
    slept: list[float] = []
    site.routes["/a"] = page()
    limits = Limits(host_delay=10.0)
    with Fetcher(allow_hosts=["127.0.0.1"], limits=limits, robots=False, sleep=slept.append) as fetcher:
        for _ in range(3):
            fetcher.fetch(site.url("/a"))
    assert len(slept) == 2
    assert 9 < slept[0] <= 10
    assert 19 < slept[1] <= 20


def test_robots_are_obeyed(site: Site, fetcher: Fetcher) -> None:
    site.routes["/robots.txt"] = (
        200,
        {"Content-Type": "text/plain"},
        b"User-agent: *\nDisallow: /private/\nUser-agent: afterlore\nDisallow: /ours/\nAllow: /\n",
    )
    site.routes["/private/a"] = site.routes["/ours/a"] = page()
    with pytest.raises(FetchRefused) as caught:
        fetcher.fetch(site.url("/ours/a"))
    assert caught.value.reason == "robots"
    assert fetcher.fetch(site.url("/private/a")).status == 200
    assert site.asked("/ours/a") == 0
    assert site.asked("/robots.txt") == 1


def test_robots_are_asked_of_the_site_that_a_redirect_leads_to(site: Site, other_site: Site, fetcher: Fetcher) -> None:
    site.routes["/go"] = (302, {"Location": other_site.url("/secret")}, b"")
    other_site.routes["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /")
    with pytest.raises(FetchRefused, match="robots"):
        fetcher.fetch(site.url("/go"))
    assert other_site.asked("/secret") == 0


@pytest.mark.parametrize(("status", "open_"), [(404, True), (403, True), (500, False), (503, False)])
def test_robots_that_cannot_be_read(site: Site, status: int, open_: bool) -> None:
    site.routes["/robots.txt"] = (status, {}, b"User-agent: *\nDisallow: /")
    site.routes["/a"] = page()
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK, sleep=lambda _: None) as fetcher:
        if open_:
            assert fetcher.fetch(site.url("/a")).status == 200
        else:
            with pytest.raises(FetchRefused, match="counts as closed"):
                fetcher.fetch(site.url("/a"))
            assert site.asked("/a") == 0


def test_a_long_robots_file_is_read_up_to_the_limit(site: Site, fetcher: Fetcher) -> None:
    rules = b"User-agent: *\nDisallow: /no\n" + b"# filler\n" * 100_000 + b"Disallow: /\n"
    site.routes["/robots.txt"] = (200, {}, rules)
    site.routes["/yes"] = site.routes["/no"] = page()
    assert fetcher.fetch(site.url("/yes")).status == 200
    with pytest.raises(FetchRefused, match="robots"):
        fetcher.fetch(site.url("/no"))


def test_a_dead_host_is_asked_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Fetcher(allow_hosts=["127.0.0.1"], limits=QUICK) as fetcher:
        for path in "ab":
            with pytest.raises(FetchFailed, match="no connection"):
                fetcher.fetch(f"http://127.0.0.1:{port}/{path}")
        assert fetcher.stats.requests == 1


def test_secrets_are_not_logged(fetcher: Fetcher, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(FetchRefused) as caught:
        fetcher.fetch("ftp://ann:hunter2@a.example/feed?key=abc123&page=2")
    assert "hunter2" not in caplog.text + str(caught.value)
    assert "abc123" not in caplog.text + str(caught.value)
    assert "page=2" in caplog.text


def test_many_threads_share_a_fetcher(site: Site, fetcher: Fetcher) -> None:
    for number in range(24):
        site.routes[f"/{number}"] = page(f"<p>第{number}页</p>")
    bodies: dict[int, str] = {}

    def work(number: int) -> None:
        bodies[number] = fetcher.fetch(site.url(f"/{number}")).body.decode()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == {number: f"<p>第{number}页</p>" for number in range(24)}
    assert fetcher.stats.bodies == 24
    assert site.asked("/robots.txt") == 1


def test_an_aborted_backend_has_nothing_open(site: Site) -> None:
    site.routes["/a"] = page()
    backend = CheckedBackend(AllowList(["127.0.0.1"]))
    stream = backend.connect_tcp("127.0.0.1", site.port)
    backend.abort()
    assert stream.read(10, 5) == b""
    stream.close()
    with pytest.raises(httpcore2.ConnectError, match="stopped"):
        backend.connect_tcp("127.0.0.1", site.port)


# -- decompression and decoding --------------------------------------------------------------------------


@given(st.binary(max_size=3000), st.integers(1, 400), st.sampled_from(["identity", "gzip", "deflate"]))
def test_inflating_undoes_compressing_at_any_chunk_size(data: bytes, size: int, encoding: str) -> None:
    packed = {"identity": bytes, "gzip": gzip.compress, "deflate": zlib.compress}[encoding](data)
    inflater = Inflater(encoding, 3000)
    for start in range(0, len(packed), size):
        inflater.feed(packed[start : start + size])
    assert inflater.finish() == data


@given(st.binary(min_size=1, max_size=2000))
def test_the_limit_is_exact(data: bytes) -> None:
    packed = gzip.compress(data)
    assert gunzip(packed, len(data)) == data
    with pytest.raises(TooLarge):
        gunzip(packed, len(data) - 1)


def test_gzip_members_are_joined_and_rubbish_is_named() -> None:
    assert gunzip(gzip.compress(b"ab") + gzip.compress(b"cd") + b"\0\0", 100) == b"abcd"
    with pytest.raises(BadCompression):
        gunzip(b"\x1f\x8b rubbish", 100)


CHINESE = "星舟科技今天发布了第三代推理芯片，公司表示，这个芯片的功耗只有上一代的一半，可以在手机上使用。"
TRADITIONAL = "星舟科技今天發佈了第三代推理晶片，這個晶片的功耗只有上一代的一半，我們可以在手機上使用，會議時間不變。"


@pytest.mark.parametrize("declared", [None, "utf-8", "gbk", "gb2312", "iso-8859-1", "big5", "no-such", "idna", "utf-7"])
@pytest.mark.parametrize("actual", ["utf-8", "gb18030", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("where", ["header", "meta", "xml"])
def test_a_wrong_charset_is_found_out(declared: str | None, actual: str, where: str) -> None:
    if declared == "big5" and actual == "gb18030":
        pytest.skip("two encodings of Chinese that both fit: the declaration decides, right or wrong")
    meta = {"meta": f'<meta charset="{declared}">', "xml": f'<?xml version="1.0" encoding="{declared}"?>'}
    text = f"{meta.get(where, '')}<p>{CHINESE}</p>"
    assert decode(text.encode(actual), declared if where == "header" else None) == text


@pytest.mark.parametrize("declared", ["big5", "iso-8859-1", None])
def test_traditional_chinese(declared: str | None) -> None:
    assert decode(TRADITIONAL.encode("big5"), declared) == TRADITIONAL


@pytest.mark.parametrize(
    ("text", "actual", "declared"),
    [
        ("Société Générale a annoncé un résultat élevé à Zürich.", "cp1252", "iso-8859-1"),
        ("Société Générale a annoncé un résultat élevé à Zürich.", "cp1252", "windows-1252"),
        ("新しい半導体を発表した。来月から販売する。", "shift_jis", "shift_jis"),
        ("新しい半導体を発表した。来月から販売する。", "euc_jp", "euc-jp"),
        ("新しい半導体を発表した。", "iso2022_jp", "iso-2022-jp"),
        ("새로운 반도체를 발표했다.", "euc_kr", "euc-kr"),
        ("Новый чип представлен сегодня.", "cp1251", "windows-1251"),
    ],
)
def test_a_right_declaration_is_believed(text: str, actual: str, declared: str) -> None:
    assert decode(text.encode(actual), declared) == text


def test_a_damaged_page_is_still_read_in_its_encoding() -> None:
    body = (CHINESE * 5).encode()
    damaged = body[:31] + body[32:]
    assert decode(damaged, "utf-8").count("\ufffd") <= 3
    assert decode(damaged, "utf-8").endswith(CHINESE)


@given(st.binary(max_size=400), st.none() | st.text(max_size=20) | st.sampled_from(["gbk", "utf-16", "hex", "zlib"]))
def test_decoding_never_raises(body: bytes, hint: str | None) -> None:
    assert isinstance(decode(body, hint), str)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300).filter(lambda t: not t.startswith("\ufeff")))
def test_utf8_needs_no_declaration(text: str) -> None:
    body = text.encode()
    if not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        assert decode(body) == text


# -- addresses as text -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.COM:80/A?b=2&a=1#top", "http://example.com/A?a=1&b=2"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com/?utm_source=x&utm_medium=y&id=7", "https://example.com/?id=7"),
        ("https://example.com/a?from=timeline&spm=1.2&fbclid=z", "https://example.com/a"),
        ("https://example.com/list?from=20", "https://example.com/list?from=20"),
        ("https://ann:pw@example.com:8443/a", "https://example.com:8443/a"),
        (
            "http://mp.weixin.qq.com/s?__biz=MzA&amp;mid=26&amp;idx=1&amp;sn=ab&amp;chksm=cd&amp;scene=27#wechat_redirect",
            "https://mp.weixin.qq.com/s?__biz=MzA&idx=1&mid=26&sn=ab",
        ),
        (
            "https://mp.weixin.qq.com/s?src=11&timestamp=1&ver=2&signature=a*b&new=1",
            "https://mp.weixin.qq.com/s?new=1&signature=a*b&src=11&timestamp=1&ver=2",
        ),
        ("https://mp.weixin.qq.com/s/AbC-d_9?scene=1&poc_token=x", "https://mp.weixin.qq.com/s/AbC-d_9"),
        ("https://例子.测试/新闻?词=%CE%C4", "https://xn--fsqu00a.xn--0zwm56d/%E6%96%B0%E9%97%BB?%E8%AF%8D=%CE%C4"),
        ("https://[2001:DB8::1]:443/x", "https://[2001:db8::1]/x"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("https://example.com:port/", "https://example.com:port/"),
    ],
)
def test_canonical(url: str, expected: str) -> None:
    assert canonical(url) == expected


_PIECES = st.lists(
    st.sampled_from([*"aZ09%2F&=?#/.:@-_~+ 中ü[]\\;\n\t", "utm_", "amp;", "from=", "%zz", "http://", "..", "::"]),
    max_size=30,
).map("".join)


@settings(max_examples=400)
@given(st.sampled_from(["http://", "HTTPS://", "https://mp.weixin.qq.com/", "http://exämple.com:80/", ""]), _PIECES)
def test_canonical_is_idempotent(start: str, rest: str) -> None:
    once = canonical(start + rest)
    assert canonical(once) == once


@given(st.permutations(["a=1", "b=2", "c", "utm_source=x", "d=%E4"]))
def test_canonical_does_not_care_for_the_order_of_the_query(pairs: list[str]) -> None:
    assert canonical("https://a.example/x?" + "&".join(pairs)) == "https://a.example/x?a=1&b=2&c&d=%E4"


def test_redact() -> None:
    assert redact("https://u:p@a.example/x?access_token=1&q=2&api_key=3") == (
        "https://***@a.example/x?access_token=***&q=2&api_key=***"
    )
