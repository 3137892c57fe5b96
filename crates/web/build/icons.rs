//! The icons that some page shows, out of the design system's sprite.

use crate::words::Words;

/// The sprite with only the symbols whose names stand somewhere.
pub(crate) fn used(sprite: &str, words: &Words) -> String {
    let mut kept = String::from(r#"<svg xmlns="http://www.w3.org/2000/svg">"#);
    for symbol in sprite.split("<symbol").skip(1) {
        let Some((symbol, _)) = symbol.split_once("</symbol>") else { continue };
        let id = symbol.split_once("id=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(id, _)| id);
        if id.is_some_and(|id| words.has(id)) {
            kept.push_str("<symbol");
            kept.push_str(symbol);
            kept.push_str("</symbol>");
        }
    }
    kept.push_str("</svg>");
    kept
}
