"""``brief.eml``: one day as a message that a mail program can open and a mailer can send on.

Two alternatives, text and HTML; the HTML has its styles on its elements and is laid out in tables no wider than 600
pixels, since mail clients drop the rest. It loads nothing. It has no recipient, and its sender is a placeholder that
whoever sends it replaces. The message is a function of the ledger: its id comes from the ledger's digest, its date is
that of the newest article.
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from afterlore.brief.publish.edition import Edition
from afterlore.brief.publish.pages import templates
from afterlore.brief.publish.view import view
from afterlore.brief.publish.words import full_date, short_date, words_of
from afterlore.report import LIGHT, one_line

__all__ = ["message"]

_LONGEST = 120
"""Characters of the first story's title in the subject."""


def message(edition: Edition, ledger_digest: str) -> str:
    """The message as it travels (CRLF)."""
    day = view(edition)
    title = one_line(edition.title)
    made = EmailMessage(policy=SMTP)
    made["Subject"] = f"{title} {edition.date} | {one_line(edition.stories[0].title)[:_LONGEST]}"
    made["From"] = Address(display_name=title, username="brief", domain="afterlore.invalid")
    made["Date"] = day.moment.replace(microsecond=0)
    made["Message-ID"] = f"<{edition.date}.{ledger_digest[:32]}@afterlore.invalid>"
    made["X-Unsent"] = "1"
    data = {
        "day": day,
        "edition": edition,
        "words": words_of(edition.language),
        "ink": LIGHT,
        "full": lambda date: full_date(date, edition.language),
        "short": lambda date: short_date(date, edition.language),
    }
    found = templates().environment
    made.set_content(found.get_template("mail.txt").render(data), cte="base64")
    made.add_alternative(found.get_template("mail.html").render(data), subtype="html", cte="base64")
    made["Content-Language"] = edition.language
    made.set_boundary(f"=_{ledger_digest[:32]}")
    return made.as_bytes().decode("ascii")
