//! Who may open which page and send which form: the types of the one table, `access.toml`. It is asked before the page
//! is; a route that the table lacks opens for nobody.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::Method;
use model::{Caller, Right};
use registry::Registry;

/// Whom a route is open to.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Openness {
    /// Also to people who have not signed in, or only half.
    Visitors,
    /// To people who have signed in and have one of these rights.
    Rights(Vec<Right>),
}

/// The words of the table that are no rights.
const VISITORS: [&str; 2] = ["everybody", "begun"];

type Routes = HashMap<String, HashMap<String, Vec<String>>>;

fn routes() -> Routes {
    toml::from_str(include_str!("../access.toml")).expect("access.toml is part of the program; a test reads it")
}

static TABLE: LazyLock<HashMap<(String, Method), Openness>> = LazyLock::new(|| {
    let method = |word: &str| if word == "post" { Method::POST } else { Method::GET };
    let one =
        |path: &str, (word, open_to): (String, Vec<String>)| ((path.to_owned(), method(&word)), openness(&open_to));
    let of_path = |(path, forms): (String, HashMap<String, Vec<String>>)| {
        forms.into_iter().map(|form| one(&path, form)).collect::<Vec<_>>()
    };
    routes().into_iter().flat_map(of_path).collect()
});

fn openness(open_to: &[String]) -> Openness {
    if open_to.iter().any(|word| VISITORS.contains(&word.as_str())) {
        return Openness::Visitors;
    }
    let right =
        |word: &String| Right::parse(word).unwrap_or_else(|| panic!("access.toml names {word}, which is no right"));
    Openness::Rights(open_to.iter().map(right).collect())
}

/// Whether somebody who signed in may come here as the organization that they act for.
pub(crate) fn is_open(registry: &Registry, caller: &Caller, path: &str, method: &Method) -> bool {
    let method = if *method == Method::HEAD { Method::GET } else { method.clone() };
    match TABLE.get(&(path.to_owned(), method)) {
        Some(Openness::Rights(rights)) => rights.iter().any(|right| registry.may_here(caller, *right)),
        Some(Openness::Visitors) => true,
        None => false,
    }
}

/// Where somebody is led whose form stood below no page: everything begins with a person.
const FIRST_PAGE: &str = "/find";

/// The route of the table that a path takes; empty when none does. What is written out goes before what stands for anything.
pub(crate) fn route_of(path: &str) -> &'static str {
    let stands_for_any = |part: &str| part.starts_with('{');
    let fits = |route: &&str| {
        let (parts, asked) = (route.split('/'), path.split('/'));
        parts.clone().count() == asked.clone().count()
            && parts.zip(asked).all(|(part, asked)| stands_for_any(part) || part == asked)
    };
    let routes = TABLE.keys().map(|(route, _)| route.as_str()).filter(fits);
    routes.min_by_key(|route| route.split('/').map(stands_for_any).collect::<Vec<bool>>()).unwrap_or_default()
}

/// The path of the page that can be asked for: this one, which the route matched; where that only takes forms, the nearest
/// above it. What no route matched is a page that says so.
pub(crate) fn page_path(path: &str, matched: &str) -> String {
    let (mut path, mut matched) = (path, matched);
    while !matched.is_empty() {
        if TABLE.contains_key(&(matched.to_owned(), Method::GET)) {
            return path.to_owned();
        }
        let above = |path| str::rsplit_once(path, '/').map_or("", |(above, _)| above);
        (path, matched) = (above(path), above(matched));
        if matched.is_empty() {
            return FIRST_PAGE.to_owned();
        }
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// The routes of a source: `.route("/find", get(form).post(search))` is two.
    fn routes_of(source: &str) -> Vec<(String, &'static str)> {
        let mut found = Vec::new();
        for after in source.split(".route(").skip(1) {
            let (name, rest) = after.trim_start().split_once(',').expect("a route has a path and a handler");
            let path = match name.trim().strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
                Some(path) => path.to_owned(),
                None => constant(source, name.trim()),
            };
            let handlers = rest.split(".route(").next().unwrap_or_default();
            let handlers = handlers.split(['\n', ';']).next().unwrap_or_default();
            for (word, method) in [("get(", "get"), ("post(", "post")] {
                if handlers.contains(word) {
                    found.push((path.clone(), method));
                }
            }
        }
        found
    }

    fn constant(source: &str, name: &str) -> String {
        let (_, after) =
            source.split_once(&format!("const {name}: &str = \"")).expect("a path with a name stands beside");
        after.split_once('"').expect("a text ends").0.to_owned()
    }

    /// The files of a folder and of the folders in it.
    fn files_in(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("the crate's folders can be read");
        let paths = entries.map(|entry| entry.expect("the crate's folders can be read").path());
        paths.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn the_table_has_every_route_and_no_other() {
        let mut built = BTreeSet::new();
        for path in files_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages")) {
            built.extend(routes_of(&fs::read_to_string(path).expect("a source is text")));
        }
        assert!(built.len() > 80, "{} routes were found", built.len());
        let table = routes();
        let named =
            table.iter().flat_map(|(path, forms)| forms.keys().map(move |method| (path.clone(), method.as_str())));
        let named: BTreeSet<(String, &str)> = named.collect();
        let missing: Vec<_> = built.difference(&named).collect();
        let superfluous: Vec<_> = named.difference(&built).collect();
        assert!(missing.is_empty() && superfluous.is_empty(), "missing: {missing:?}, superfluous: {superfluous:?}");
    }

    #[test]
    fn a_path_that_only_takes_forms_leads_to_the_page_above_it() {
        for (path, matched, page) in [
            ("/people/7/details", "/people/{id}/details", "/people/7/details"),
            ("/people/7/consent/withdraw", "/people/{id}/consent/withdraw", "/people/7/consent"),
            ("/people/7/facts/take-back", "/people/{id}/facts/take-back", "/people/7"),
            ("/maintenance-windows/7/order", "/maintenance-windows/{id}/order", "/maintenance-windows/7"),
            ("/people/new", "/people/new", "/find"),
            ("/", "/", "/"),
            ("/nowhere", "", "/nowhere"),
        ] {
            assert_eq!(page_path(path, matched), page);
        }
    }

    #[test]
    fn a_path_takes_the_route_that_the_pages_give_it() {
        for (path, route) in [
            ("/people/7", "/people/{id}"),
            ("/people/new", "/people/new"),
            ("/people/7/doses/new", "/people/{id}/doses/new"),
            ("/people/7/doses/9/undo", "/people/{id}/doses/{report}/undo"),
            ("/accounts/of/anna/contact", "/accounts/of/{username}/contact"),
            ("/", "/"),
            ("/nowhere", ""),
        ] {
            assert_eq!(route_of(path), route);
        }
    }

    #[test]
    fn every_word_of_the_table_is_known() {
        assert!(TABLE.len() > 80);
        for openness in TABLE.values() {
            assert!(*openness != Openness::Rights(Vec::new()), "a route that is open to nobody");
        }
    }

    #[test]
    fn routes_are_found_in_a_source() {
        let source = "const ASKED_AT: &str = \"/asked\";\n.route(ASKED_AT, get(a)).route(\"/b\", post(b))\n.route(\n\"/c\", get(c).post(d))";
        let found = routes_of(source);
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found[0], ("/asked".to_owned(), "get"));
    }
}
