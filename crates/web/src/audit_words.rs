//! What the audit trail keeps in a few English words, as sentences in the visitor's language. What has no sentence is shown as it
//! is kept: reasons that people wrote, names of windows and data fixes.

use model::AuditAction;

use crate::languages::Language;

/// What stands in the trail before the facts that a system replaced.
const REPLACED: &str = "; replaced what was corrected on a page: ";

/// What was done.
pub(crate) fn action(action: AuditAction, language: Language) -> &'static str {
    language.text(&format!("audit.action_{}", action.word()))
}

/// The detail of a line.
pub(crate) fn sentence(detail: &str, language: Language) -> String {
    let (because, replaced) = match detail.split_once(REPLACED) {
        Some((because, replaced)) => (because, Some(replaced)),
        None => (detail, None),
    };
    let because = told(because, language).unwrap_or_else(|| because.to_owned());
    let Some(replaced) = replaced else { return because };
    let facts: Vec<&str> = replaced.split(", ").map(|fact| named(language, "person_fact", fact)).collect();
    format!("{because} {}", language.fill("audit.replaced", &[("facts", &facts.join(", "))]))
}

fn told(because: &str, language: Language) -> Option<String> {
    // Behind it stands by which weights and policy was decided.
    let plain = because.rsplit_once(" (").map_or(because, |(words, _)| words);
    let known = |words: &str| language.find_text(&format!("audit_detail.{words}")).map(str::to_owned);
    known(because).or_else(|| known(plain)).or_else(|| matched(plain, language)).or_else(|| many(plain, language))
}

/// `same name and birth date, but another sex`
fn matched(words: &str, language: Language) -> Option<String> {
    let words = words.strip_prefix("same ")?;
    let (facts, doubt) = match words.split_once(", but ") {
        Some((facts, doubt)) => (facts, Some(doubt)),
        None => (words.strip_suffix(", and nothing more").unwrap_or(words), None),
    };
    let facts = listed(facts, language);
    Some(match doubt {
        Some(doubt) => {
            let doubt = named(language, "audit_doubt", doubt);
            language.fill("audit.matched_in_doubt", &[("facts", &facts), ("doubt", doubt)])
        }
        None => language.fill("audit.matched", &[("facts", &facts)]),
    })
}

/// `2 people have the same name and birth date`
fn many(words: &str, language: Language) -> Option<String> {
    let (count, facts) = words.split_once(" people have the same ")?;
    Some(language.fill("audit.matched_many", &[("count", count), ("facts", &listed(facts, language))]))
}

/// `name, birth date and mother`, in the language.
fn listed(facts: &str, language: Language) -> String {
    let mut names: Vec<&str> =
        facts.split(", ").flat_map(|part| part.split(" and ")).map(|it| named(language, "audit_fact", it)).collect();
    let last = names.pop().unwrap_or_default();
    match names.is_empty() {
        true => last.to_owned(),
        false => language.fill("audit.listed", &[("facts", &names.join(", ")), ("last", last)]),
    }
}

fn named<'a>(language: Language, section: &str, word: &'a str) -> &'a str {
    language.find_text(&format!("{section}.{word}")).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trails_words_are_sentences_in_both_languages() {
        let replaced = format!("same name (13-1 careful){REPLACED}address, phone");
        for (detail, english, spanish) in [
            ("named by its id", "Entered on the person's page.", "Se anotó en la página de la persona."),
            ("on a page", "On a page.", "En una página."),
            ("nobody has similar details (13-1 careful)", "Nobody alike was known.", "No se conocía a nadie parecido."),
            (
                "same name, birth date and address or phone (13-1 careful)",
                "Found by the same name, birth date and address or phone.",
                "Se encontró por coincidir: nombre, fecha de nacimiento y dirección o teléfono.",
            ),
            (
                "same surname, but another first name (13-1 careful)",
                "The same surname, but another first name.",
                "Coincide: apellido; pero: otro nombre de pila.",
            ),
            (
                "2 people have the same name (13-1 careful)",
                "2 people have the same name.",
                "Coinciden 2 personas en: nombre.",
            ),
            (
                replaced.as_str(),
                "Found by the same name. Replaced what had been corrected on a page: address, phone.",
                "Se encontró por coincidir: nombre. Reemplazó lo que se había corregido en una página: dirección, teléfono.",
            ),
            ("the mother called (twice)", "the mother called (twice)", "the mother called (twice)"),
        ] {
            assert_eq!(sentence(detail, Language::English), english);
            assert_eq!(sentence(detail, Language::Spanish), spanish);
        }
    }
}
