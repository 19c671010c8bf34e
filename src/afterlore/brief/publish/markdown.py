"""From the ledger to Markdown in the reference form. Everything on the page stands in the ledger."""

from afterlore.brief.publish.document import Document, Link, Story, escape, render, safe_address
from afterlore.brief.publish.edition import Edition, StoryEntry

__all__ = ["document", "markdown"]


def markdown(edition: Edition) -> str:
    """The day's ``brief.md``."""
    return render(document(edition))


def document(edition: Edition) -> Document:
    """The day in the reference form, its stories in the ledger's order."""
    articles = {article.id: article for article in edition.articles}
    claims = {claim.id: claim.text for claim in edition.claims}

    def link(article: str, label: str) -> Link:
        return Link(label=escape(label), address=safe_address(articles[article].url))

    def story(entry: StoryEntry) -> Story:
        insight = "".join(_spaced(claims[claim]) for claim in entry.insight).strip()
        return Story(
            title=escape(entry.title),
            category=escape(entry.category),
            sources=tuple(link(article, articles[article].outlet) for article in entry.articles),
            insight=(escape(insight),),
            bullets=tuple(escape(f"{bullet.label}：{claims[bullet.claim]}") for bullet in entry.bullets),
        )

    return Document(
        title=edition.title,
        date=edition.date,
        stories=tuple(story(entry) for entry in edition.stories),
        others=tuple(link(other.article, other.title) for other in edition.others),
    )


def _spaced(sentence: str) -> str:
    """English sentences are set apart by a space, Chinese ones by nothing."""
    return sentence if sentence[-1:] in "。！？…”」』）" else f"{sentence} "
