//! `bluebonnet account`: who may sign in.

mod keys;
mod second_factor;

use std::io::BufRead;

use clap::{Args, Subcommand};
use model::{AccountId, AccountKind, OrganizationId, Role};
use registry::{Admission, NewAccount, Registry};
use serde_json::json;

use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{Table, print_json, print_line};
use crate::times::moment;
use crate::world;

/// Adds, lists and deactivates accounts, gives them passwords, and resets second factors
#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    Add(Add),
    List(List),
    Password(Password),
    /// Stops an account: nobody signs in with it any more; a running node takes it up within seconds
    #[command(after_help = "Examples:\n  bluebonnet account deactivate rgarza")]
    Deactivate(Switch),
    /// Lets a deactivated account be used again; a running node takes it up within seconds
    #[command(after_help = "Examples:\n  bluebonnet account activate rgarza")]
    Activate(Switch),
    /// Lifts the lock of an account after wrong passwords, keys or codes; a running node takes it up within seconds
    #[command(after_help = "Examples:\n  bluebonnet account unlock littlecreek-ehr")]
    Unlock(Unlock),
    ResetSecondFactor(second_factor::ResetSecondFactor),
    #[command(subcommand)]
    Key(keys::Key),
}

/// Adds an account; its password is made up and printed once, unless it comes on standard input
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet account add littlecreek-second --organization LCPG3000\n  bluebonnet account add rgarza --organization LCPG3000 --kind web_user --role full_access_clinician --full-name \"Rosa Garza\" --email rosa@clinic.example\n  printf '%s' \"$SECRET\" | bluebonnet account add littlecreek-second --organization LCPG3000 --password-stdin"
)]
pub(crate) struct Add {
    /// The user name; unique without case
    username: String,
    /// The code of its organization, for which and for whose sites it may speak
    #[arg(long, value_name = "CODE")]
    organization: String,
    /// web_service for a program, web_user for a person
    #[arg(long, default_value = "web_service", value_parser = parse_kind)]
    kind: AccountKind,
    /// A person's role: full_access_clinician, view_only, ... (docs/using/roles.md)
    #[arg(long, value_parser = parse_role)]
    role: Option<Role>,
    /// A person's name
    #[arg(long, value_name = "NAME", default_value = "")]
    full_name: String,
    /// Where to reach the person, or the contact of the program
    #[arg(long, default_value = "")]
    email: String,
    #[command(flatten)]
    password: PasswordSource,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Gives an account another password; the old one stops working within seconds, sessions end, and a lock is lifted
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet account password littlecreek-ehr\n  \
                  printf '%s' \"$SECRET\" | bluebonnet account password littlecreek-ehr --password-stdin")]
pub(crate) struct Password {
    /// The user name
    username: String,
    #[command(flatten)]
    password: PasswordSource,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Args)]
struct PasswordSource {
    /// Reads the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

/// Lists accounts
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet account list\n  \
                  bluebonnet account list --json")]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Which account is deactivated or activated.
#[derive(Debug, Args)]
pub(crate) struct Switch {
    /// The user name
    username: String,
    #[command(flatten)]
    place: Place,
}

/// Whose lock is lifted.
#[derive(Debug, Args)]
pub(crate) struct Unlock {
    /// The user name
    username: String,
    #[command(flatten)]
    place: Place,
}

fn parse_kind(word: &str) -> Result<AccountKind, String> {
    AccountKind::parse(&word.replace('-', "_")).ok_or_else(|| "the kinds are web_service and web_user".to_owned())
}

fn parse_role(word: &str) -> Result<Role, String> {
    let words = || Role::ALL.map(Role::word).join(", ");
    Role::parse(&word.replace('-', "_")).ok_or_else(|| format!("the roles are {}", words()))
}

impl Account {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Account::Add(command) => command.run(),
            Account::List(command) => command.run(),
            Account::Password(command) => command.run(),
            Account::Deactivate(command) => command.run(false),
            Account::Activate(command) => command.run(true),
            Account::Unlock(command) => command.run(),
            Account::ResetSecondFactor(command) => command.run(),
            Account::Key(command) => command.run(),
        }
    }
}

impl Add {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let password = self.password.read()?;
        let new = NewAccount {
            id: AccountId(world::new_id()),
            organization_code: self.organization.clone(),
            kind: self.kind,
            username: self.username,
            password: password.clone(),
            salt: world::random_bytes(),
            full_name: self.full_name,
            email: self.email,
            role: self.role,
        };
        let added = registry.add_account(&admission, new)?;
        // Told first: whatever fails from here on, the account is there.
        self.password.print(&added.username, &password, "added", self.json)?;
        record(&registry, &admission, added.organization_id, format!("added account {}", added.username))?;
        Ok(Ending::Well)
    }
}

impl Password {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let password = self.password.read()?;
        registry.set_password(&admission, &self.username, &password, world::random_bytes())?;
        // Told first: whatever fails from here on, the old one works no more.
        self.password.print(&self.username, &password, "changed", self.json)?;
        registry.lift_locks(&admission, &self.username, world::now())?;
        record_of(&registry, &admission, &self.username, "set the password of account")?;
        Ok(Ending::Well)
    }
}

impl PasswordSource {
    fn read(self) -> Result<String, Failure> {
        if !self.password_stdin {
            return Ok(world::random_password());
        }
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Tells the password when nobody knows it yet.
    fn print(self, username: &str, password: &str, done: &str, json: bool) -> Result<(), Failure> {
        let told = (!self.password_stdin).then_some(password);
        if json {
            print_json(&json!({ "user": username, "password": told, "done": done }))?;
        } else {
            print_line(&format!("{done} {username}"))?;
            if let Some(password) = told {
                print_line(&format!("password: {password}"))?;
                print_line("It is shown this once; `bluebonnet account password` makes another.")?;
            }
        }
        Ok(())
    }
}

impl List {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let organizations = registry.organizations(&admission);
        let code_of = |id| organizations.iter().find(|known| known.id == id).map_or("", |known| known.code.as_str());
        let accounts = registry.accounts(&admission)?;
        let ids: Vec<_> = accounts.iter().map(|account| account.id).collect();
        let last_uses = registry.last_uses(&admission, &ids)?;
        if self.json {
            let list: Vec<_> = accounts
                .iter()
                .map(|account| {
                    json!({
                        "user": account.username,
                        "kind": account.kind.word(),
                        "organization": code_of(account.organization_id),
                        "role": account.role.map(Role::word),
                        "full_name": account.full_name,
                        "email": account.email,
                        "is_active": account.is_active,
                        "last_used_at": last_uses.get(&account.id).map(ToString::to_string),
                    })
                })
                .collect();
            print_json(&list)?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["USER", "KIND", "ORGANIZATION", "ROLE", "NAME", "STATE", "LAST USED"]);
        for account in accounts {
            table.row([
                account.username,
                account.kind.word().to_owned(),
                code_of(account.organization_id).to_owned(),
                account.role.map_or("", Role::word).to_owned(),
                account.full_name,
                if account.is_active { "active" } else { "deactivated" }.to_owned(),
                last_uses.get(&account.id).map_or_else(|| "never".to_owned(), |at| moment(&registry, *at)),
            ]);
        }
        table.print_or("no account yet")?;
        Ok(Ending::Well)
    }
}

impl Switch {
    fn run(self, is_active: bool) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        registry.set_account_active(&admission, &self.username, is_active)?;
        let word = if is_active { "activated" } else { "deactivated" };
        record_of(&registry, &admission, &self.username, &format!("{word} account"))?;
        print_line(&format!("{word} {}", self.username))?;
        Ok(Ending::Well)
    }
}

impl Unlock {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let account = registry.lift_locks(&admission, &self.username, world::now())?;
        record(
            &registry,
            &admission,
            account.organization_id,
            format!("lifted the lock of account {}", account.username),
        )?;
        print_line(&format!("unlocked {}", account.username))?;
        print_line("an address from which many accounts were tried stays locked for a quarter of an hour")?;
        Ok(Ending::Well)
    }
}

fn record_of(registry: &Registry, admission: &Admission, username: &str, what: &str) -> Result<(), Failure> {
    let accounts = registry.accounts(admission)?;
    let Some(account) = accounts.iter().find(|account| account.username.eq_ignore_ascii_case(username)) else {
        return Ok(());
    };
    record(registry, admission, account.organization_id, format!("{what} {}", account.username))
}

fn record(registry: &Registry, admission: &Admission, id: OrganizationId, what: String) -> Result<(), Failure> {
    let organizations = registry.organizations(admission);
    let code = organizations.iter().find(|known| known.id == id).map(|known| known.code.clone()).unwrap_or_default();
    super::record(registry, admission, id, &code, what)
}
