//! What the pages cost: the weight of a first view, and the time of finding a person and of opening a record, as one
//! person sees them who has signed in. The time is that of the whole call on this machine; the server's own is less.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use registry::AuthenticatorKey;

use crate::http::Client;
use crate::messages::sought;
use crate::program::{NURSE, PASSWORD};

/// Searches, and records opened, that are timed.
const SAMPLES: usize = 200;
/// Those before them, which are not.
const WARM_UP: usize = 20;

/// What was measured.
pub(crate) struct Seen {
    /// Bytes of the form to find somebody, with everything that a browser fetches for it the first time.
    pub(crate) first_view_bytes: usize,
    /// Of each search, from the form that is sent to the list, two calls.
    pub(crate) find: Vec<Duration>,
    /// Of each record.
    pub(crate) person: Vec<Duration>,
}

/// Signs in and looks at people.
///
/// # Errors
/// When the server does not answer as it should.
pub(crate) async fn see(address: std::net::SocketAddr, known_people: u64) -> anyhow::Result<Seen> {
    let mut nurse = Nurse { client: Client::connect(address).await?, cookies: HashMap::new(), token: String::new() };
    nurse.sign_in().await?;
    let mut seen = Seen { first_view_bytes: nurse.first_view().await?, find: Vec::new(), person: Vec::new() };
    for sample in 0..SAMPLES + WARM_UP {
        let number = (sample as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) % known_people;
        let (family, given, birth) = sought(number);
        let begun = Instant::now();
        let (year, month, day) = birth;
        let form = format!(
            "family={}&given={}&birth_month={month}&birth_day={day}&birth_year={year}",
            encoded(&family),
            encoded(&given)
        );
        let list = nurse.post("/find", &form).await?;
        let list = nurse.get(&list).await?;
        let find = begun.elapsed();
        let record = between(&list, "<h3><a class=\"usa-link\" href=\"", "\"").context("nobody was found")?.to_owned();
        let begun = Instant::now();
        let page = nurse.get(&record).await?;
        let person = begun.elapsed();
        ensure!(page.contains("bb-person"), "a record was opened");
        if sample >= WARM_UP {
            seen.find.push(find);
            seen.person.push(person);
        }
    }
    Ok(seen)
}

/// The time that 95 of 100 do not exceed.
pub(crate) fn slowest_twentieth(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() * 95 / 100]
}

/// Somebody with a browser.
struct Nurse {
    client: Client,
    cookies: HashMap<String, String>,
    token: String,
}

impl Nurse {
    /// Password, then the authenticator app, which is set up at this first time.
    async fn sign_in(&mut self) -> anyhow::Result<()> {
        self.get("/sign-in").await?;
        self.post("/sign-in", &format!("username={NURSE}&password={}", encoded(PASSWORD))).await?;
        let page = self.get("/sign-in/set-up").await?;
        let key = between(&page, "<code class=\"bb-key\">", "</code>").context("a key to set up")?;
        #[expect(clippy::disallowed_methods, reason = "an authenticator app has a clock")]
        let now = jiff::Timestamp::now();
        let code = AuthenticatorKey::new(key_bytes(key).context("the key has 32 letters")?).code(now);
        self.post("/sign-in/set-up", &format!("code={code}")).await?;
        self.get("/find").await?;
        Ok(())
    }

    async fn first_view(&mut self) -> anyhow::Result<usize> {
        let page = self.get("/find").await?;
        let mut bytes = page.len();
        let linked: Vec<String> = page
            .split(['"', '#'])
            .filter(|part| part.starts_with("/assets/") && !part.contains("licenses"))
            .map(str::to_owned)
            .collect();
        let mut fetched: Vec<String> = Vec::new();
        for path in linked {
            if fetched.contains(&path) {
                continue;
            }
            bytes += self.client.get_packed(&path).await?.body.len();
            fetched.push(path);
        }
        // The fonts that the style sheet names for upright and bold text.
        let sheet = fetched.iter().find(|path| path.contains("/uswds-")).context("a style sheet")?.clone();
        let sheet = String::from_utf8_lossy(self.client.get(&sheet).await?.body).into_owned();
        for face in ["regular", "bold"] {
            let name = format!("sourcesanspro-{face}-webfont");
            let font = sheet.split(['(', ')']).find(|part| part.contains(&name)).context("a font")?.to_owned();
            bytes += self.client.get_packed(&format!("/assets/{font}")).await?.body.len();
        }
        Ok(bytes)
    }

    async fn get(&mut self, path: &str) -> anyhow::Result<String> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", self.cookie());
        let (status, page) = self.exchange(&head).await?;
        ensure!(status == 200, "{path} answered {status}");
        if let Some(token) = between(&page, "name=\"form_token\" value=\"", "\"") {
            self.token = token.to_owned();
        }
        Ok(page)
    }

    /// Sends a form; gives where it leads.
    async fn post(&mut self, path: &str, fields: &str) -> anyhow::Result<String> {
        let body = format!("form_token={}&{fields}", self.token);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.cookie(),
            body.len()
        );
        let (status, _) = self.exchange(&head).await?;
        ensure!(status == 303, "the form of {path} was answered {status}");
        self.cookies.remove("location").context("a form leads somewhere")
    }

    async fn exchange(&mut self, request: &str) -> anyhow::Result<(u16, String)> {
        let answer = self.client.send(request).await?;
        for line in answer.head.lines() {
            let Some((name, value)) = line.split_once(": ") else { continue };
            if name.eq_ignore_ascii_case("set-cookie")
                && let Some((name, value)) = value.split(';').next().and_then(|pair| pair.split_once('='))
            {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            if name.eq_ignore_ascii_case("location") {
                self.cookies.insert("location".to_owned(), value.to_owned());
            }
        }
        Ok((answer.status, String::from_utf8_lossy(answer.body).into_owned()))
    }

    fn cookie(&self) -> String {
        let pairs = self.cookies.iter().filter(|(name, _)| *name != "location");
        let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The bytes of a key as an app reads it (RFC 4648, base 32).
fn key_bytes(text: &str) -> Option<[u8; 20]> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let values: Option<Vec<u16>> = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| Some(LETTERS.find(letter)? as u16))
        .collect();
    let values = values?;
    let bit = |place: usize| values[place / 5] >> (4 - place % 5) & 1;
    (values.len() == 32)
        .then(|| std::array::from_fn(|byte| (0..8).fold(0, |sum, place| sum << 1 | bit(byte * 8 + place) as u8)))
}
