//! Senders that retry through a maintenance window and its end: what the 503s cost beside the smallest page of the same
//! server, and how long it takes until everybody is served while questions are still answered.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::databases::Home;
use crate::http::Client;
use crate::messages::{self, Asked};
use crate::options::Options;
use crate::program::{Account, Program, Server};
use crate::soap::{PATH, submit_single_message};
use crate::table::{Goal, Row, Table};

/// People whom the questions are about.
const KNOWN_PEOPLE: u64 = 1_000;
/// How often somebody asks while the others come back.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// When the backlog must be gone.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs the story on each database and adds its rows.
///
/// # Errors
/// When the program or the database fails.
pub(crate) fn measure(options: &Options, program: &Program, folder: &Path, table: &mut Table) -> anyhow::Result<()> {
    for kind in options.databases() {
        let name = kind.name();
        eprintln!("{} senders through a window, on {name}", options.senders);
        let folder = tempfile::Builder::new().prefix("senders-").tempdir_in(folder)?;
        let Some(home) = Home::new(kind, folder.path())? else { continue };
        let account = program.settle(&home)?;
        let server = program.serve(&home)?;
        let clients = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let story = Story { options, program, home: &home, server: &server, account, name };
        clients.block_on(story.tell(table))?;
        server.stop()?;
    }
    Ok(())
}

struct Story<'a> {
    options: &'a Options,
    program: &'a Program,
    home: &'a Home,
    server: &'a Server,
    account: Account,
    name: &'a str,
}

/// What answers took, and what the server spent on them.
struct Cost {
    times: Vec<Duration>,
    processor: Duration,
    per_second: f64,
}

impl Cost {
    fn at(&self, share: f64) -> Duration {
        self.times.get((self.times.len() as f64 * share) as usize).copied().unwrap_or_default()
    }

    fn processor_each(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.times.len().max(1) as f64
    }
}

impl Story<'_> {
    async fn tell(&self, table: &mut Table) -> anyhow::Result<()> {
        self.fill().await?;
        let live = self.knock(Knock::Live).await?;
        let window = self.program.begin_window(self.home)?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let closed = self.knock(Knock::Report).await?;
        let (senders, every) = (self.options.senders, self.options.retry_seconds);
        let work = format!("503 to {senders} senders every {every} s, {}", self.name);
        let rival = "/livez of the same server, to the same senders".to_owned();
        let in_words = |cost: &Cost| {
            format!(
                "{:.0}/s, {:.0} us of processor each, p99 {:.1?}",
                cost.per_second,
                cost.processor_each(),
                cost.at(0.99)
            )
        };
        table.add(Row {
            work,
            rival,
            ours: in_words(&closed),
            theirs: in_words(&live),
            figure: closed.processor_each() / live.processor_each(),
            goal: Goal::RatioNoted,
        });
        self.open_again(&window, table).await
    }

    /// People that questions can be about.
    async fn fill(&self) -> anyhow::Result<()> {
        let mut client = Client::connect(self.server.address).await?;
        for person in 0..KNOWN_PEOPLE {
            let message = submit_single_message(&self.account, &messages::report(person, person));
            anyhow::ensure!(client.post(PATH, &message).await?.status == 200, "a report is taken");
        }
        Ok(())
    }

    /// Everybody knocks for as long as the window is to last, each at its own moment.
    async fn knock(&self, knock: Knock) -> anyhow::Result<Cost> {
        let begun = Instant::now();
        let until = begun + Duration::from_secs(self.options.window_seconds);
        let mut tasks = JoinSet::new();
        for sender in 0..self.options.senders {
            let knocker = self.knocker(sender, knock);
            tasks.spawn(async move { knocker.until(until).await });
        }
        let processor_before = self.server.processor_time();
        let mut times = Vec::new();
        while let Some(knocked) = tasks.join_next().await {
            times.extend(knocked??);
        }
        times.sort_unstable();
        let processor = self.server.processor_time().saturating_sub(processor_before);
        let per_second = times.len() as f64 / begun.elapsed().as_secs_f64();
        Ok(Cost { times, processor, per_second })
    }

    fn knocker(&self, sender: usize, knock: Knock) -> Knocker {
        let every = Duration::from_secs(self.options.retry_seconds);
        Knocker {
            address: self.server.address,
            message: Arc::new(submit_single_message(
                &self.account,
                &messages::report(KNOWN_PEOPLE + sender as u64, KNOWN_PEOPLE + sender as u64),
            )),
            first_after: every.mul_f64(sender as f64 / self.options.senders as f64),
            every,
            knock,
        }
    }

    /// The window ends while everybody goes on as before; somebody asks all the time.
    async fn open_again(&self, window: &str, table: &mut Table) -> anyhow::Result<()> {
        let served = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        for sender in 0..self.options.senders {
            let (knocker, served) = (self.knocker(sender, Knock::Report), served.clone());
            tasks.spawn(async move {
                knocker.until_served().await?;
                served.fetch_add(1, Ordering::Relaxed);
                anyhow::Ok(())
            });
        }
        tokio::time::sleep(Duration::from_secs(self.options.retry_seconds)).await;
        anyhow::ensure!(served.load(Ordering::Relaxed) == 0, "the door is closed");
        let begun = Instant::now();
        // The senders stand still while this runs; nobody asks yet.
        self.program.complete_window(self.home, window)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let asking = tokio::spawn(ask(self.server.address, self.account.clone(), is_over.clone()));
        let all = async {
            while let Some(ended) = tasks.join_next().await {
                ended??;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(PATIENCE, all).await.context("the backlog does not go")??;
        let gone = begun.elapsed();
        is_over.store(true, Ordering::Relaxed);
        let mut times = asking.await??;
        times.sort_unstable();
        let slowest = times.last().copied().unwrap_or_default();
        let senders = self.options.senders;
        table.add(Row {
            work: format!("backlog of {senders} senders after a window, {}", self.name),
            rival: String::new(),
            ours: format!("gone after {:.1} s", gone.as_secs_f64()),
            theirs: String::new(),
            figure: gone.as_secs_f64(),
            goal: Goal::Noted,
        });
        table.add(Row {
            work: format!("slowest of {} questions meanwhile, {}", times.len(), self.name),
            rival: String::new(),
            ours: format!("{:.3} s", slowest.as_secs_f64()),
            theirs: String::new(),
            figure: slowest.as_secs_f64(),
            goal: Goal::AtMost(1.0),
        });
        Ok(())
    }
}

/// What is knocked with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Knock {
    /// The smallest page there is.
    Live,
    /// A report.
    Report,
}

/// One sender: it tries every so many seconds, whatever it is told, over a connection that it keeps.
struct Knocker {
    address: SocketAddr,
    message: Arc<String>,
    first_after: Duration,
    every: Duration,
    knock: Knock,
}

impl Knocker {
    /// Tries until an instant; gives what each answer took.
    async fn until(self, until: Instant) -> anyhow::Result<Vec<Duration>> {
        let mut times = Vec::new();
        let mut client = None;
        tokio::time::sleep(self.first_after).await;
        while Instant::now() < until {
            let begun = Instant::now();
            let status = self.once(&mut client).await?;
            let wanted = if self.knock == Knock::Live { 200 } else { 503 };
            anyhow::ensure!(status == wanted, "{status} instead of {wanted}");
            times.push(begun.elapsed());
            tokio::time::sleep(self.every).await;
        }
        Ok(times)
    }

    async fn until_served(self) -> anyhow::Result<()> {
        let mut client = None;
        tokio::time::sleep(self.first_after).await;
        while self.once(&mut client).await? == 503 {
            tokio::time::sleep(self.every).await;
        }
        Ok(())
    }

    /// Tries once: again on a new connection when the server has closed the one that was kept.
    async fn once(&self, client: &mut Option<Client>) -> anyhow::Result<u16> {
        if let Some(open) = client
            && let Ok(status) = self.send(open).await
        {
            return Ok(status);
        }
        let mut new = Client::connect(self.address).await?;
        let status = self.send(&mut new).await?;
        *client = Some(new);
        Ok(status)
    }

    async fn send(&self, client: &mut Client) -> anyhow::Result<u16> {
        let answer = match self.knock {
            Knock::Live => client.get("/livez").await?,
            Knock::Report => client.post(PATH, &self.message).await?,
        };
        anyhow::ensure!(answer.status != 200 || answer.contains("alive") || answer.contains("MSA|A"), "no answer");
        Ok(answer.status)
    }
}

/// Asks about people that are known; gives what each answer took. While the door is closed nobody answers.
async fn ask(address: SocketAddr, account: Account, is_over: Arc<AtomicBool>) -> anyhow::Result<Vec<Duration>> {
    let mut client = Client::connect(address).await?;
    let mut times = Vec::new();
    let mut number = 0;
    while !is_over.load(Ordering::Relaxed) {
        number += 1;
        let question = messages::question(10_000_000 + number, number % KNOWN_PEOPLE, Asked::History);
        let begun = Instant::now();
        let status = client.post(PATH, &submit_single_message(&account, &question)).await?.status;
        if status == 200 {
            times.push(begun.elapsed());
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
    Ok(times)
}
