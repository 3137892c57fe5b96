//! The way on which a vaccine goes into the body: by mouth, into the nose, or through the skin. A route and a body site
//! that belong to another way were chosen by mistake.

use model::Cvx;

use crate::{CodeSets, Vaccine};

/// The way on which a vaccine goes into the body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// It is swallowed.
    Mouth,
    /// It is sprayed.
    Nose,
    /// It is injected, or scratched in.
    Skin,
}

/// Vaccines that are swallowed and whose names do not say so: rotavirus, cholera.
///
/// # Source
/// CDC, Epidemiology and Prevention of Vaccine-Preventable Diseases, 14th edition, vaccine administration; FDA's label of
/// Vaxchora.
const SWALLOWED: [u16; 5] = [74, 116, 119, 173, 174];

impl Way {
    /// The way of a route (NCIT, HL70162); `None` for one that tells of none, or of no vaccine's.
    pub fn of_route(code: &str) -> Option<Way> {
        Some(match code {
            "C38288" | "PO" => Way::Mouth,
            "C38284" | "NS" => Way::Nose,
            "C28161" | "IM" | "C38238" | "ID" | "C38299" | "SC" | "C38676" => Way::Skin,
            _ => return None,
        })
    }

    /// The way of a body site (HL70163) at which vaccines are given.
    pub fn of_body_site(code: &str) -> Option<Way> {
        Some(match code {
            "MO" => Way::Mouth,
            "BN" | "LN" | "RN" => Way::Nose,
            "LA" | "LD" | "LG" | "LLFA" | "LT" | "LVL" | "RA" | "RD" | "RG" | "RLFA" | "RT" | "RVL" | "BU" | "LUA"
            | "RUA" => Way::Skin,
            _ => return None,
        })
    }
}

impl CodeSets {
    /// The way of a vaccine; `None` for what is no single product, or none that is known.
    pub fn way_of_vaccine(&self, cvx: Cvx) -> Option<Way> {
        let vaccine = self.vaccine(cvx).filter(|vaccine| !vaccine.is_unspecified && !vaccine.is_non_vaccine)?;
        Some(if SWALLOWED.contains(&cvx.0) || is_named(vaccine, "oral") || vaccine.short_name.starts_with("OPV") {
            Way::Mouth
        } else if is_named(vaccine, "nasal") || is_named(vaccine, "intranasal") {
            Way::Nose
        } else {
            Way::Skin
        })
    }
}

/// Whether a word stands in one of the names of a vaccine.
fn is_named(vaccine: &Vaccine, word: &str) -> bool {
    let has_word = |name: &String| {
        name.split(|letter: char| !letter.is_alphanumeric()).any(|found| found.eq_ignore_ascii_case(word))
    };
    [&vaccine.short_name, &vaccine.full_name].into_iter().any(has_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vaccines_go_their_ways() {
        for (cvx, way) in [
            (2, Some(Way::Mouth)),
            (25, Some(Way::Mouth)),
            (119, Some(Way::Mouth)),
            (143, Some(Way::Mouth)),
            (174, Some(Way::Mouth)),
            (111, Some(Way::Nose)),
            (149, Some(Way::Nose)),
            (8, Some(Way::Skin)),
            (43, Some(Way::Skin)),
            (126, Some(Way::Skin)),
            (122, None),
            (998, None),
        ] {
            assert_eq!(CodeSets::builtin().way_of_vaccine(Cvx(cvx)), way, "CVX {cvx}");
        }
        assert_eq!(
            (Way::of_route("PO"), Way::of_route("C38284"), Way::of_route("OTH")),
            (Some(Way::Mouth), Some(Way::Nose), None)
        );
    }
}
