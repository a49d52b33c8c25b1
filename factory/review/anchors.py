"""Comments and the lines they stand on: found again in a new version, quoted, sent to the agent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from msgspec.structs import replace

from factory.model import Anchor, Comment, CommentKind, CommentState, Handoff, Struct
from factory.review.following import Following

_NEAR = 40
"""Lines up and down within which the same text is taken for the same place."""
_NEAR_BLANK = 2
"""The same for a line without a word: a lone bracket is found everywhere."""
_ALIKE = 0.6
_MATCHED = 4_000_000
"""Lines of one version times lines of the other that are matched; past that, `place` must do."""
_COMPARED = 2_000
"""Characters of a text that are compared: a minified file must not take minutes."""
_QUOTED = 12
"""Lines of code quoted to the agent for one comment."""
_WORD = re.compile(r"\w")
_NUMBERED = re.compile(r"^\W{0,3}(\d{1,3})\s*[.:)\]-]\s*(.*)", re.DOTALL)

_ASKED = {
    CommentKind.DO: "Do this: ",
    CommentKind.QUESTION: "Answer this in your handoff: ",
    CommentKind.NOTE: "Keep in mind, nothing to change: ",
}


def place(
    anchor: Anchor, lines: Sequence[str], before: Sequence[str] | None = None
) -> Anchor | None:
    """Where an anchor stands in a new version of its file; None where its lines are gone.

    `before` is the version that it was made on: with it, lines are followed by what stands around
    them (`factory.review.following`). Without it, or where it says something else, they are looked
    for in this order: the same text near the old line, the same text in one place only, then the
    most similar lines near the old one, if at least 60 % alike. The anchor takes over the text
    that it then stands on. An anchor on a file or on the whole change stays as it is.
    """
    if not anchor.path or not anchor.line:
        return anchor
    if before is not None and excerpt(before, anchor) == anchor.text:
        return _followed(anchor, lines, before)
    wanted = anchor.text.split("\n")
    old = anchor.line - 1
    near = _NEAR if _WORD.search(anchor.text) else _NEAR_BLANK
    exact = [at for at in _starts(wanted[0], lines) if _stands(wanted, lines, at)]
    closest = min(exact, key=lambda at: abs(at - old), default=None)
    if closest is not None and (abs(closest - old) <= near or len(exact) == 1):
        return _at(anchor, closest, wanted)
    if near == _NEAR_BLANK:
        return None
    similar = _most_alike(anchor.text, len(wanted), old, lines)
    if similar is None:
        return None
    return _at(anchor, similar, lines[similar : similar + len(wanted)])


class Answer(Struct):
    """What became of the lines of a comment in the next version of their file."""

    anchor: Anchor
    """Where they stand, or what stands in their place; their file where they are gone."""
    changed: bool


def answer(anchor: Anchor, before: Sequence[str], after: Sequence[str]) -> Answer | None:
    """Follow the lines of an anchor from one version of its file to the next.

    Unlike `place`, it knows the version that the anchor was made on, so lines that read the same
    elsewhere are not taken for them. None where that version is not the anchor's.
    """
    first, last = anchor.line - 1, max(anchor.line, anchor.end)
    text = anchor.text.split("\n")
    if first < 0 or list(before[first:last]) != text:
        return None
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(old) * len(new) > _MATCHED:
        return None
    start, end, same = _carried(first, last, head, old, new)
    if same:
        return Answer(anchor=_at(anchor, start, text), changed=False)
    moved = _moved(text, before, after)
    if moved is not None:
        return Answer(anchor=_at(anchor, moved, text), changed=False)
    if end - start > len(text) + _QUOTED:
        near = _most_alike(anchor.text, len(text), start, after[:end])
        start = start if near is None else max(near, start)
        end = start + len(text)
    if start == end:
        return Answer(anchor=gone(anchor), changed=True)
    stands = replace(
        anchor, line=start + 1, end=end if end > start + 1 else 0,
        text="\n".join(after[start:end]),
    )  # fmt: skip
    return Answer(anchor=stands, changed=True)


def gone(anchor: Anchor) -> Anchor:
    """The anchor on its file: a line that it was never about would be a lie."""
    return replace(anchor, line=0, end=0)


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """How many lines both begin with."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(left), len(right)))


def _carried(
    first: int, last: int, head: int, old: Sequence[str], new: Sequence[str]
) -> tuple[int, int, bool]:
    """Where lines `first` … `last` (exclusive) of the old file are in the new, and if all are.

    `old` and `new` are what differs, from line `head` on.
    """
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    shift = len(new) - len(old)
    end_of_old = head + len(old)
    spans = [("equal", 0, head, 0, head)]
    spans += [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in blocks]
    far = max(last, end_of_old)
    spans.append(("equal", end_of_old, far, end_of_old + shift, far + shift))
    starts, ends, kept = [], [], 0
    for tag, a, b, c, d in spans:
        low, high = max(a, first), min(b, last)
        if low >= high:
            continue
        if tag == "equal":
            starts.append(c + low - a)
            ends.append(c + high - a)
            kept += high - low
        else:
            starts.append(c)
            ends.append(d)
    unbroken = max(ends) - min(starts) == last - first
    return min(starts), max(ends), kept == last - first and unbroken


def _moved(text: Sequence[str], before: Sequence[str], after: Sequence[str]) -> int | None:
    """Where lines stand that were moved as they are: one place more than before, and distinct."""
    if not _WORD.search("\n".join(text)):
        return None
    old = sum(1 for at in _starts(text[0], before) if _stands(text, before, at))
    new = [at for at in _starts(text[0], after) if _stands(text, after, at)]
    return new[0] if old == 1 and len(new) == 1 else None


def _followed(anchor: Anchor, lines: Sequence[str], before: Sequence[str]) -> Anchor | None:
    last = max(anchor.end, anchor.line)
    found = Following(before, lines).span(anchor.line - 1, last - 1)
    return _at(anchor, found[0], lines[found[0] : found[1] + 1]) if found else None


def excerpt(lines: Sequence[str], anchor: Anchor) -> str:
    """The lines of a file that an anchor names, for its `text`; empty where it names none."""
    if not anchor.line:
        return ""
    return "\n".join(lines[anchor.line - 1 : max(anchor.line, anchor.end)])


def feedback(comments: Sequence[Comment], remark: str) -> str:
    """What the agent is told when a change is sent back: every comment, numbered, with its lines.

    Empty where there is nothing to say.
    """
    remark = remark.strip()
    if not comments and not remark:
        return ""
    said = ["The developer has read your change and sends it back."]
    if remark:
        said.append(remark)
    said += [_point(number, comment) for number, comment in enumerate(comments, start=1)]
    if comments:
        said.append(
            "Go through every number. In the findings of your handoff write one line for each, "
            "beginning with its number: what you changed, your answer, or why you left it. "
            "Change nothing that is not asked for."
        )
    return "\n\n".join(said) + "\n"


def replied(comments: Sequence[Comment], handoff: Handoff) -> tuple[Comment, ...]:
    """The comments that `feedback` numbered, with what the handoff says under each number.

    A question that got a reply is answered. Whether a *do* was addressed is for the diff to say.
    """
    replies: dict[int, str] = {}
    for finding in handoff.findings:
        if found := _NUMBERED.match(finding):
            replies.setdefault(int(found[1]), found[2].strip())
    return tuple(
        _answered(comment, replies.get(number, ""))
        for number, comment in enumerate(comments, start=1)
    )


def _answered(comment: Comment, reply: str) -> Comment:
    if not reply:
        return comment
    is_question = comment.kind is CommentKind.QUESTION
    state = CommentState.ANSWERED if is_question else comment.state
    return replace(comment, reply=reply, state=state)


def _point(number: int, comment: Comment) -> str:
    quoted = _quote(comment.anchor.text)
    asked = _ASKED[comment.kind] + comment.text.strip().replace("\n", "\n   ")
    again = comment.first and comment.first < comment.round
    still = f" (still open from round {comment.first})" if again else ""
    return f"{number}. {_where(comment.anchor)}{still}\n{quoted}   {asked}"


def _where(anchor: Anchor) -> str:
    if not anchor.path:
        return "the whole change"
    if not anchor.line:
        return anchor.path
    span = f"{anchor.line}-{anchor.end}" if anchor.end > anchor.line else str(anchor.line)
    return f"{anchor.path}:{span}" + ("" if anchor.new else " (before your change)")


def _quote(text: str) -> str:
    lines = text.split("\n") if text else []
    shown = [f"   > {line}" for line in lines[:_QUOTED]]
    if len(lines) > _QUOTED:
        shown.append(f"   > … {len(lines) - _QUOTED} more lines")
    return "".join(f"{line}\n" for line in shown)


def _starts(first: str, lines: Sequence[str]) -> Iterator[int]:
    at = -1
    while True:
        try:
            at = lines.index(first, at + 1)
        except ValueError:
            return
        yield at


def _stands(wanted: Sequence[str], lines: Sequence[str], at: int) -> bool:
    return list(lines[at : at + len(wanted)]) == list(wanted)


def _most_alike(text: str, count: int, old: int, lines: Sequence[str]) -> int | None:
    """The start of the most similar `count` lines near the old place, the nearest of equals."""
    best, at = _ALIKE, None
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(text[:_COMPARED])
    window = range(max(0, old - _NEAR), min(len(lines) - count, old + _NEAR) + 1)
    for start in sorted(window, key=lambda start: abs(start - old)):
        matcher.set_seq1("\n".join(lines[start : start + count])[:_COMPARED])
        if matcher.real_quick_ratio() < best or matcher.quick_ratio() < best:
            continue
        ratio = matcher.ratio()
        if ratio > best or (at is None and ratio >= best):
            best, at = ratio, start
    return at


def _at(anchor: Anchor, start: int, lines: Sequence[str]) -> Anchor:
    end = start + len(lines) if anchor.end else 0
    return replace(anchor, line=start + 1, end=end, text="\n".join(lines))
