//! Which bytes go when a statement or one item of a list goes.

use oxc_ast::ast::Program;
use oxc_span::Span;

/// Bytes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    start: usize,
    end: usize,
    /// Whether the lines that it empties go as well.
    lines: bool,
}

impl Range {
    fn bytes(start: u32, end: u32) -> Self {
        Self {
            start: usize::try_from(start).unwrap_or(usize::MAX),
            end: usize::try_from(end).unwrap_or(usize::MAX),
            lines: false,
        }
    }

    /// The text without these bytes.
    pub(super) fn cut(self, text: &str) -> String {
        let (before, after) = (
            text.get(..self.start).unwrap_or(text),
            text.get(self.end..).unwrap_or_default(),
        );
        if !self.lines {
            return format!("{before}{after}");
        }
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let own_line = before.get(line_start..).unwrap_or_default().trim().is_empty();
        let rest = after.split('\n').next().unwrap_or_default().trim();
        if !own_line || !(rest.is_empty() || rest == ";" || rest.starts_with("//")) {
            return format!("{before}{after}");
        }
        let before = before.get(..line_start).unwrap_or_default();
        let mut after = after.split_once('\n').map_or("", |(_, next)| next);
        // One of two blank lines goes, and none stays at the beginning or the end.
        if before.is_empty() || before.ends_with("\n\n") || before.ends_with("\n\r\n") {
            after = after
                .strip_prefix('\n')
                .or_else(|| after.strip_prefix("\r\n"))
                .unwrap_or(after);
        }
        if after.is_empty() {
            let kept = before.trim_end();
            let ending = before.get(kept.len()..).unwrap_or_default();
            let first_end = ending.find('\n').map_or(ending.len(), |at| at + 1);
            return format!("{kept}{}", ending.get(..first_end).unwrap_or_default());
        }
        format!("{before}{after}")
    }
}

/// A whole statement with the comments that stand directly above it.
pub(super) fn statement(program: &Program<'_>, span: Span) -> Range {
    let text = program.source_text;
    let mut start = span.start;
    for comment in program
        .comments
        .iter()
        .rev()
        .filter(|comment| comment.span.end <= span.start)
    {
        let between = between(text, comment.span.end, start);
        if !between.trim().is_empty() || between.matches('\n').count() > 1 {
            break;
        }
        // A comment behind other code belongs to that code.
        let line = before(text, comment.span.start).rsplit('\n').next().unwrap_or_default();
        if !line.trim().is_empty() {
            break;
        }
        start = comment.span.start;
    }
    Range {
        lines: true,
        ..Range::bytes(start, span.end)
    }
}

/// One item of a list with the comma that parts it from its neighbour; `None` when it is the only one.
pub(super) fn item(spans: &[Span], at: usize) -> Option<Range> {
    let own = spans.get(at)?;
    match (
        spans.get(at + 1),
        at.checked_sub(1).and_then(|before| spans.get(before)),
    ) {
        (Some(next), _) => Some(Range::bytes(own.start, next.start)),
        (None, Some(previous)) => Some(Range::bytes(previous.end, own.end)),
        (None, None) => None,
    }
}

fn between(text: &str, start: u32, end: u32) -> &str {
    let place = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    text.get(place(start)..place(end)).unwrap_or_default()
}

fn before(text: &str, end: u32) -> &str {
    between(text, 0, end)
}
