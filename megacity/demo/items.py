"""An item of a demo bank as its author hands it in."""

from exams.drafts import DraftText, ItemDraft
from exams.models import ItemVersion
from megacity.demo.bank import BankItem


def draft_of(item: BankItem) -> ItemDraft:
    """The item as a draft; its parameters are guesses, not calibrated."""
    texts = {
        language: DraftText(text.stem, tuple(text.options), text.explanation) for language, text in item.texts.items()
    }
    source = ItemVersion.Source.ASSUMED
    return ItemDraft(texts=texts, key=item.key, a=item.a, b=item.b, c=item.c, source=source, assets=dict(item.assets))
