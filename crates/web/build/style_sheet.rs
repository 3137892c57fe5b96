//! The rules of the design system's style sheet that some page uses. The whole is half a megabyte; a first view
//! has room for a tenth of it.

use crate::words::Words;

/// Fonts that pages use: upright and bold for everything, italic for remarks.
const FONTS: [&str; 3] =
    ["sourcesanspro-regular-webfont", "sourcesanspro-bold-webfont", "sourcesanspro-italic-webfont"];
/// Headings are set in the font of the text, so that one family is loaded.
const SERIF: &str = "Merriweather Web,Georgia,Cambria,Times New Roman,Times,serif";
const SANS: &str = "Source Sans Pro Web,Helvetica Neue,Helvetica,Roboto,Arial,sans-serif";

/// A minified style sheet without the rules that no page uses.
pub(crate) fn used(css: &str, words: &Words) -> String {
    keep(css, words).replace(SERIF, SANS)
}

fn keep(css: &str, words: &Words) -> String {
    let mut kept = String::new();
    let mut rest = css;
    while let Some((statement, after)) = next_statement(rest) {
        rest = after;
        match statement {
            Statement::Plain(text) => kept.push_str(text),
            Statement::Block { head, body } if is_group(head) => {
                let inner = keep(body, words);
                if !inner.is_empty() {
                    push_block(&mut kept, head, &inner);
                }
            }
            Statement::Block { head, body } if head.starts_with("@font-face") => {
                if FONTS.iter().any(|font| body.contains(font)) {
                    push_block(&mut kept, head, body);
                }
            }
            Statement::Block { head, body } if head.starts_with('@') => push_block(&mut kept, head, body),
            Statement::Block { head, body } => {
                let selectors: Vec<&str> = split_selectors(head).filter(|one| is_used(one, words)).collect();
                if !selectors.is_empty() {
                    push_block(&mut kept, &selectors.join(","), body);
                }
            }
        }
    }
    kept
}

/// Rewrites every `url(...)` of a file to what `served` makes of it; data in place is left.
pub(crate) fn with_urls(css: &str, mut served: impl FnMut(&str) -> String) -> String {
    let mut written = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("url(") {
        let (url, after) = after.split_once(')').expect("a url ends");
        let bare = url.trim_matches(['"', '\'']);
        written.push_str(before);
        written.push_str("url(");
        if bare.starts_with("data:") || bare.is_empty() {
            written.push_str(url);
        } else {
            written.push_str(&served(bare));
        }
        written.push(')');
        rest = after;
    }
    written.push_str(rest);
    written
}

enum Statement<'c> {
    /// `@charset "UTF-8";` and comments.
    Plain(&'c str),
    /// Selectors or an at-rule, and what stands in braces.
    Block { head: &'c str, body: &'c str },
}

fn next_statement(css: &str) -> Option<(Statement<'_>, &str)> {
    let css = css.trim_start();
    if css.is_empty() {
        return None;
    }
    if css.starts_with("/*") {
        let end = css.find("*/").map_or(css.len(), |end| end + 2);
        return Some((Statement::Plain(&css[..end]), &css[end..]));
    }
    let mut depth = 0_usize;
    let mut quote = None;
    let mut opened = 0;
    let mut is_escaped = false;
    for (at, byte) in css.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' | b'\'' => match quote {
                Some(open) if open == byte => quote = None,
                Some(_) => {}
                None => quote = Some(byte),
            },
            _ if quote.is_some() => {}
            b';' if depth == 0 => return Some((Statement::Plain(&css[..=at]), &css[at + 1..])),
            b'{' => {
                if depth == 0 {
                    opened = at;
                }
                depth += 1;
            }
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    let block = Statement::Block { head: css[..opened].trim(), body: &css[opened + 1..at] };
                    return Some((block, &css[at + 1..]));
                }
            }
            _ => {}
        }
    }
    None
}

fn is_group(head: &str) -> bool {
    ["@media", "@supports", "@layer"].iter().any(|group| head.starts_with(group))
}

fn push_block(css: &mut String, head: &str, body: &str) {
    css.push_str(head);
    css.push('{');
    css.push_str(body);
    css.push('}');
}

/// The selectors of a list; commas in parentheses separate nothing.
fn split_selectors(head: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    head.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    })
}

/// Whether every class of a selector is used. What stands in `:not(...)` need not be.
fn is_used(selector: &str, words: &Words) -> bool {
    let selector = without_negations(selector);
    let mut rest = selector.as_str();
    while let Some((_, after)) = rest.split_once('.') {
        let mut class = String::new();
        let mut letters = after.char_indices().peekable();
        let mut end = after.len();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => class.extend(letters.next().map(|(_, escaped)| escaped)),
                letter if letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_') => class.push(letter),
                _ => {
                    end = at;
                    break;
                }
            }
        }
        if !words.uses_class(&class) {
            return false;
        }
        rest = &after[end..];
    }
    true
}

fn without_negations(selector: &str) -> String {
    let mut kept = String::new();
    let mut rest = selector;
    while let Some((before, after)) = rest.split_once(":not(") {
        kept.push_str(before);
        let mut depth = 1;
        let end = after.find(|letter| {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    kept.push_str(rest);
    kept
}
