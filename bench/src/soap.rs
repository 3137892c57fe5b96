//! Clients of the web service: each sends, waits for the answer, and sends again, on a connection of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::http::{Answer, Client};
use crate::messages::{self, Asked};
use crate::program::Account;

/// Where the web service is on the server.
pub(crate) const PATH: &str = "/webservice";
/// Where a call is read and answered with one word.
pub(crate) const TAKEN_PATH: &str = "/taken";
/// Not counted at the beginning: the first password check, cold caches.
const WARM_UP: Duration = Duration::from_millis(1_000);

/// What clients send.
#[derive(Clone)]
pub(crate) enum Call {
    /// Reports: seven of ten about people that are known, three about new ones. Every message is another one.
    Report(Account),
    /// Questions about people that are known.
    Ask(Account, Asked),
    /// `connectivityTest`: what the server does without a registry behind it.
    Echo,
    /// `connectivityTest` at a closed gate.
    TurnedAway,
    /// The smallest page there is.
    Live,
    /// `connectivityTest` to a handler that reads it and says one word.
    Taken,
}

/// When clients call.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// Each again as soon as it has its answer: how much the server can do.
    Answered,
    /// So many calls a second by all of them together, at instants that have nothing to do with the answers, as callers come
    /// who know nothing of one another: how long they wait. A call that finds all clients waiting waits, too, and that counts.
    Arriving(u32),
}

/// The instants at which calls arrive, each taken once.
struct Arrivals {
    from: Instant,
    after: Vec<Duration>,
    next: AtomicUsize,
}

impl Arrivals {
    /// As a Poisson process has them, the same in every run.
    fn new(per_second: u32, from: Instant, until: Instant) -> Arrivals {
        let (mut after, mut place, lasts) = (Vec::new(), Duration::ZERO, until - from);
        while place < lasts {
            let chance = (messages::Dice::of(after.len() as u64).below(1_000_000) + 1) as f64 / 1e6;
            place += Duration::from_secs_f64(-chance.ln() / f64::from(per_second));
            after.push(place);
        }
        after.pop();
        Arrivals { from, after, next: AtomicUsize::new(0) }
    }

    fn take(&self) -> Option<Instant> {
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        self.after.get(place).map(|after| self.from + *after)
    }
}

/// Numbers of messages and people that no message has had yet.
pub(crate) struct Numbers {
    next_message: AtomicU64,
    known_people: AtomicU64,
}

impl Numbers {
    /// After so many messages about so many people.
    pub(crate) fn after(messages: u64, people: u64) -> Numbers {
        Numbers { next_message: AtomicU64::new(messages), known_people: AtomicU64::new(people) }
    }

    fn next_report(&self) -> String {
        let message = self.next_message.fetch_add(1, Ordering::Relaxed);
        let known_people = self.known_people.load(Ordering::Relaxed);
        let mut person = messages::person_of(message, known_people, messages::NEW_PEOPLE_PERCENT);
        if person == known_people {
            person = self.known_people.fetch_add(1, Ordering::Relaxed);
        }
        messages::report(message, person)
    }

    fn next_question(&self, asked: Asked) -> String {
        let message = self.next_message.fetch_add(1, Ordering::Relaxed);
        let person = messages::Dice::of(message).below(self.known_people.load(Ordering::Relaxed));
        messages::question(message, person, asked)
    }
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) answers: u64,
    pub(crate) per_second: f64,
    pub(crate) median: Duration,
    pub(crate) slowest_percent: Duration,
    /// Answers other than the plain good one, and the first of them.
    pub(crate) others: u64,
    pub(crate) first_other: Option<String>,
}

/// Lets clients call for so long.
///
/// # Errors
/// When a connection breaks.
pub(crate) async fn call(
    address: SocketAddr,
    call: &Call,
    numbers: &Arc<Numbers>,
    clients: usize,
    pace: Pace,
    duration: Duration,
) -> anyhow::Result<Seen> {
    let begun = Instant::now();
    let counted_from = begun + WARM_UP;
    let until = counted_from + duration;
    let arrivals = match pace {
        Pace::Answered => None,
        Pace::Arriving(per_second) => Some(Arc::new(Arrivals::new(per_second, begun, until))),
    };
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let (call, numbers, arrivals) = (call.clone(), numbers.clone(), arrivals.clone());
        tasks.spawn(async move {
            let sender = Sender::connect(address, call, numbers, arrivals).await?;
            sender.send(counted_from, until).await
        });
    }
    let mut times: Vec<Duration> = Vec::new();
    let (mut others, mut first_other) = (0, None);
    while let Some(sent) = tasks.join_next().await {
        let sent = sent??;
        times.extend(sent.times);
        others += sent.others;
        first_other = first_other.or(sent.first_other);
    }
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    Ok(Seen {
        answers: times.len() as u64,
        per_second: times.len() as f64 / duration.as_secs_f64(),
        median: at(0.5),
        slowest_percent: at(0.99),
        others,
        first_other,
    })
}

struct Sender {
    client: Client,
    call: Call,
    numbers: Arc<Numbers>,
    arrivals: Option<Arc<Arrivals>>,
    /// What calls for the echo send: it is the same each time, so it is worded once.
    echo: String,
}

#[derive(Default)]
struct Sent {
    times: Vec<Duration>,
    others: u64,
    first_other: Option<String>,
}

impl Sender {
    async fn connect(
        address: SocketAddr,
        call: Call,
        numbers: Arc<Numbers>,
        arrivals: Option<Arc<Arrivals>>,
    ) -> anyhow::Result<Sender> {
        let echo = envelope("<urn:connectivityTest><urn:echoBack>hello</urn:echoBack></urn:connectivityTest>");
        Ok(Sender { client: Client::connect(address).await?, call, numbers, arrivals, echo })
    }

    async fn send(mut self, counted_from: Instant, until: Instant) -> anyhow::Result<Sent> {
        let mut sent = Sent::default();
        // A message that is made is also sent, so that everybody it is about is known afterwards.
        while let Some(due) = self.due(until) {
            let message = self.message();
            // Who arrives waits from when they come; who calls again begins now.
            let begun = match &self.arrivals {
                Some(_) => {
                    tokio::time::sleep_until(due.into()).await;
                    due
                }
                None => Instant::now(),
            };
            let answer = match (&self.call, &message) {
                (Call::Live, _) => self.client.get("/livez").await,
                (Call::Taken, _) => self.client.post(TAKEN_PATH, &self.echo).await,
                (_, Some(envelope)) => self.client.post(PATH, envelope).await,
                (_, None) => self.client.post(PATH, &self.echo).await,
            };
            let answer = answer.context("call the server")?;
            let (status, text) = match self.call {
                Call::Report(_) => (200, "MSA|AA|"),
                Call::Ask(..) => (200, "|OK|"),
                Call::Echo => (200, "connectivityTestResponse"),
                Call::TurnedAway => (503, ""),
                Call::Live | Call::Taken => (200, "alive"),
            };
            if answer.status != status || !answer.contains(text) {
                sent.others += 1;
                sent.first_other.get_or_insert_with(|| in_short(&answer));
            }
            let ended = Instant::now();
            if begun >= counted_from && (ended <= until || self.arrivals.is_some()) {
                sent.times.push(ended - begun);
            }
        }
        Ok(sent)
    }

    /// When the next call is due; `None` when there is none any more.
    fn due(&self, until: Instant) -> Option<Instant> {
        match &self.arrivals {
            Some(arrivals) => arrivals.take(),
            None => Some(Instant::now()).filter(|now| *now < until),
        }
    }

    /// The next message in its envelope; `None` when no message is sent.
    fn message(&self) -> Option<String> {
        match &self.call {
            Call::Report(account) => Some(submit_single_message(account, &self.numbers.next_report())),
            Call::Ask(account, asked) => Some(submit_single_message(account, &self.numbers.next_question(*asked))),
            Call::Echo | Call::TurnedAway | Call::Live | Call::Taken => None,
        }
    }
}

/// Status and, of an HL7 answer, what follows its header.
fn in_short(answer: &Answer<'_>) -> String {
    let body = String::from_utf8_lossy(answer.body);
    let from = body.find("MSA|").unwrap_or_default();
    format!("{} {}", answer.status, body[from..].chars().take(160).collect::<String>())
}

pub(crate) fn submit_single_message(account: &Account, message: &str) -> String {
    let mut operation = String::with_capacity(message.len() + 512);
    let Account { username, password, facility_id } = account;
    operation.push_str("<urn:submitSingleMessage>");
    for (name, value) in [("username", username), ("password", password), ("facilityID", facility_id)] {
        operation.push_str(&format!("<urn:{name}>{value}</urn:{name}>"));
    }
    operation.push_str("<urn:hl7Message>");
    for character in message.chars() {
        match character {
            '&' => operation.push_str("&amp;"),
            '<' => operation.push_str("&lt;"),
            '\r' => operation.push_str("&#xD;"),
            plain => operation.push(plain),
        }
    }
    operation.push_str("</urn:hl7Message></urn:submitSingleMessage>");
    envelope(&operation)
}

fn envelope(operation: &str) -> String {
    format!(
        "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:urn=\"urn:cdc:iisb:2011\">\
         <soap:Body>{operation}</soap:Body></soap:Envelope>"
    )
}
