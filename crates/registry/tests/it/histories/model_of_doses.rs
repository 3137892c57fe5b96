//! A simple model of which reports are of one dose: written from the rules in words, for the few vaccines of the histories,
//! and with nothing of the registry's own code.

/// What a sender last said of one of its doses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Said {
    pub(super) sender: usize,
    pub(super) slot: usize,
    pub(super) cvx: u16,
    pub(super) day: i32,
    pub(super) is_given: bool,
    pub(super) lot: Option<&'static str>,
    pub(super) is_deleted: bool,
}

impl Said {
    /// What stands when this is said after that: a lot that is not said again stays, while the vaccine does.
    pub(super) fn after(self, before: Option<Said>) -> Said {
        let kept = before.filter(|before| before.cvx == self.cvx).and_then(|before| before.lot);
        Said { lot: self.lot.or(kept), ..self }
    }

    fn diseases(&self) -> &'static str {
        match self.cvx {
            20 | 107 => "D",
            8 | 45 => "H",
            110 => "DHP",
            other => panic!("the model does not know CVX {other}"),
        }
    }

    fn is_family(&self) -> bool {
        matches!(self.cvx, 107 | 45)
    }

    /// Whether this protects against all that the other does.
    fn holds(&self, other: &Said) -> bool {
        other.diseases().chars().all(|disease| self.diseases().contains(disease))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// One dose.
    One,
    /// A reviewer would be asked.
    Perhaps,
    /// Two doses.
    Two,
    /// Nothing to do with each other.
    Strangers,
}

fn answer(one: &Said, other: &Said) -> Answer {
    if !one.diseases().chars().any(|disease| other.diseases().contains(disease)) {
        return Answer::Strangers;
    }
    let apart = (one.day - other.day).abs();
    let is_one_sender = one.sender == other.sender;
    let given = [one, other].iter().filter(|said| said.is_given).count();
    let are_lots_two = one.lot.zip(other.lot).is_some_and(|(one, other)| one != other);
    let is_lot_one = one.lot.is_some() && one.lot == other.lot;
    let is_product_same = one.cvx == other.cvx;
    if apart > 23 {
        return Answer::Two;
    }
    if apart == 0 {
        return match given {
            2 if is_one_sender && (!is_product_same || are_lots_two) => Answer::Two,
            2 if are_lots_two && !is_product_same && !one.is_family() && !other.is_family() => Answer::Two,
            2 if are_lots_two => Answer::Perhaps,
            _ => Answer::One,
        };
    }
    match given {
        2 if is_lot_one && is_product_same => return Answer::Perhaps,
        2 => return Answer::Two,
        0 if is_one_sender => return Answer::Two,
        _ if is_one_sender => return Answer::Perhaps,
        _ => {}
    }
    if one.diseases() != other.diseases() {
        return Answer::Perhaps;
    }
    if are_lots_two {
        return Answer::Two;
    }
    let near = match (given, is_product_same) {
        (0, _) => 1,
        (_, true) => 23,
        (_, false) => 2,
    };
    if is_lot_one || apart <= near { Answer::One } else { Answer::Perhaps }
}

/// The vaccinations, each as the sender and slot of its reports, the best report first and the rest sorted.
pub(super) fn vaccinations(said: &[Said]) -> Vec<Vec<(usize, usize)>> {
    let mut best_first: Vec<&Said> = said.iter().collect();
    best_first.sort_by(|one, other| {
        let merit = |said: &Said| {
            let products = (said.is_given, !said.is_family(), said.diseases().len(), said.lot.is_some());
            (products, said.cvx, -said.day, said.lot, (said.sender, said.slot))
        };
        merit(other).cmp(&merit(one))
    });
    let mut found: Vec<Vec<&Said>> = Vec::new();
    for report in best_first {
        let joins = |group: &[&Said]| {
            let is_free = group.iter().all(|member| answer(report, member) != Answer::Two);
            is_free
                && answer(report, group[0]) == Answer::One
                && (group[0].holds(report) || is_told(report, group[0], &found))
        };
        let fitting = (0..found.len()).filter(|at| joins(&found[*at]));
        let nearest = fitting.min_by_key(|at| {
            let lead = found[*at][0];
            ((lead.day - report.day).abs(), lead.cvx != report.cvx, lead.diseases().len())
        });
        match nearest {
            Some(at) => found[at].push(report),
            None => found.push(vec![report]),
        }
    }
    let key = |said: &&Said| (said.sender, said.slot);
    let mut all: Vec<Vec<(usize, usize)>> = found
        .iter()
        .map(|group| {
            let mut rest: Vec<_> = group[1..].iter().map(key).collect();
            rest.sort_unstable();
            std::iter::once(key(&group[0])).chain(rest).collect()
        })
        .collect();
    all.sort();
    all
}

/// Whether others tell, component by component, all that a combination says of that day; the component is one of them.
fn is_told(combination: &Said, component: &Said, found: &[Vec<&Said>]) -> bool {
    let parts = || {
        let leads = found.iter().map(|group| group[0]);
        leads.filter(|lead| {
            lead.day == combination.day && combination.holds(lead) && answer(combination, lead) == Answer::One
        })
    };
    let is_covered = |disease| parts().any(|part| part.diseases().contains(disease));
    combination.holds(component) && combination.diseases().chars().all(is_covered)
}
