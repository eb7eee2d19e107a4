//! Tells a Rust file's code, comments and literals apart, so that no check trips over prose.

/// What a piece of a Rust file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    Comment,
    /// A string or a character.
    Literal,
}

/// `text` with everything that is not of `kind` blanked out, byte for byte: nothing moves.
pub(super) fn only(kind: Kind, text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for (piece_kind, piece) in pieces(text) {
        if piece_kind == kind {
            kept.push_str(piece);
        } else {
            kept.extend(piece.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        }
    }
    kept
}

/// The strings in `text` without what opens them, each with the line it begins in.
pub(super) fn strings(text: &str) -> Vec<(usize, &str)> {
    let mut line = 1;
    let mut strings = Vec::new();
    for (kind, piece) in pieces(text) {
        if kind == Kind::Literal {
            let quoted = piece.trim_start_matches(['b', 'c', 'r', '#']);
            strings.push((line, quoted.trim_start_matches('"')));
        }
        line += piece.matches('\n').count();
    }
    strings
}

/// `text` up to its module of unit tests, which is the last thing in a file.
pub(super) fn without_tests(text: &str) -> &str {
    let tests = only(Kind::Code, text).find("\nmod tests {");
    tests.map_or(text, |at| &text[..at])
}

/// `text` cut up, in order and without gaps.
fn pieces(text: &str) -> Vec<(Kind, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (kind, length) = first_piece(rest);
        let (piece, after) = rest.split_at(length);
        pieces.push((kind, piece));
        rest = after;
    }
    pieces
}

/// Kind and length of the piece at the start of `text`, which is not empty.
fn first_piece(text: &str) -> (Kind, usize) {
    if text.starts_with("//") {
        (Kind::Comment, text.find('\n').unwrap_or(text.len()))
    } else if text.starts_with("/*") {
        (Kind::Comment, block_comment(text.as_bytes()))
    } else if let Some(length) = string(text).or_else(|| character(text)) {
        (Kind::Literal, length)
    } else {
        (Kind::Code, word(text))
    }
}

/// Length of the block comment at the start of `text`, with those in it: they nest.
fn block_comment(text: &[u8]) -> usize {
    let mut length = 2;
    loop {
        match &text[length..] {
            [] => return length,
            [b'*', b'/', ..] => return length + 2,
            inner @ [b'/', b'*', ..] => length += block_comment(inner),
            _ => length += 1,
        }
    }
}

/// Length of the string at the start of `text`, raw or not, if there is one.
fn string(text: &str) -> Option<usize> {
    let string = text.strip_prefix(['b', 'c']).unwrap_or(text);
    let Some(raw) = string.strip_prefix('r') else {
        let content = string.strip_prefix('"')?;
        return Some(text.len() - content.len() + length_to('"', content));
    };
    let quoted = raw.trim_start_matches('#');
    let content = quoted.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(raw.len() - quoted.len()));
    let length = content.find(&end).map_or(content.len(), |at| at + end.len());
    Some(text.len() - content.len() + length)
}

/// Length of the character at the start of `text`. A quote alone begins a lifetime or a label.
fn character(text: &str) -> Option<usize> {
    let content = text.strip_prefix('\'')?;
    let mut chars = content.chars();
    let is_character = chars.next()? == '\\' || chars.next()? == '\'';
    is_character.then(|| text.len() - content.len() + length_to('\'', content))
}

/// How far it is through the next `quote` that no backslash escapes.
fn length_to(quote: char, content: &str) -> usize {
    let mut chars = content.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return at + quote.len_utf8();
        }
        if c == '\\' {
            chars.next();
        }
    }
    content.len()
}

/// Length of the word at the start of `text`, or of its first character.
fn word(text: &str) -> usize {
    let word = text.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    match text.len() - word.len() {
        0 => text.chars().next().map_or(0, char::len_utf8),
        length => length,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, only, strings, without_tests};

    /// What is left as code, with blanks closed up.
    fn code(text: &str) -> String {
        only(Kind::Code, text).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        assert_eq!(code("a // b\nc /* d /* e */ f */ g"), "a c g");
        assert_eq!(
            code(r##"a("b\"c", r#"d"e"#, b"f", br"\", 'g', '\'', b'h')"##),
            "a( , , , , , , b )"
        );
    }

    #[test]
    fn lifetimes_and_raw_names_are_code() {
        let text = "fn r#type<'a>(name: &'a str) -> &'static str";
        assert_eq!(code(text), text);
    }

    #[test]
    fn what_is_blanked_out_moves_nothing() {
        let text = "/* ä\n */ let é = \"ü\\\n\";\n";
        let code = only(Kind::Code, text);
        assert_eq!(code.len(), text.len());
        assert_eq!(code.find("let"), text.find("let"));
        assert_eq!(code.lines().count(), text.lines().count());
    }

    #[test]
    fn a_string_is_found_in_the_line_it_begins_in() {
        let text = "f(\n  \"one\ntwo\",\n  r#\"three\"#)";
        assert_eq!(strings(text), [(2, "one\ntwo\""), (4, "three\"#")]);
    }

    #[test]
    fn unit_tests_are_cut_off_and_a_string_that_looks_like_them_is_not() {
        assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests {\n}\n"), "a\n#[cfg(test)]");
        assert_eq!(without_tests("a(\"\nmod tests {\")"), "a(\"\nmod tests {\")");
    }
}
