//! `bluebonnet file put`: takes files into the spool, as the SFTP door does.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use model::{Channel, FileId, OrganizationId};
use spool::{Finished, Opening, Owner, Record, Spool, SpoolError};

use super::FilePlace;
use crate::ending::{Ending, Failure};
use crate::tables::{print_json, print_line};
use crate::{place, world};

/// Bytes read and written at a time.
const BUFFER_BYTES: usize = 256 * 1024;
/// The account in whose name operators put files.
const OPERATOR: &str = "operator";

/// Takes files for good; a node with the role `jobs` processes them
///
/// When the receipt is printed, the file is on this machine's disk and survives every crash. An upload that was cut off
/// goes on where it ended when the same command is given again. An empty file is refused. With the id of the
/// organization in place of its code the database is not needed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet file put march.hl7 --organization LCPG3000\n  bluebonnet file put march.csv.gz --organization LCPG3000 --json"
)]
pub(crate) struct Put {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The code or the id of the organization in whose name they come
    #[arg(long, value_name = "CODE")]
    organization: String,
    /// Puts it under another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    place: FilePlace,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Put {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let owner = Owner { organization_id: self.organization_id()?, account: OPERATOR.to_owned() };
        let spool = self.place.spool.open(&self.place.place)?;
        if self.name.is_some() && self.files.len() > 1 {
            return Err(Failure::Usage("--name is for one file".to_owned()));
        }
        let mut records = Vec::new();
        for path in &self.files {
            let own_name = path.file_name().unwrap_or_default().to_string_lossy();
            let record = put(&spool, &owner, path, self.name.as_deref().unwrap_or(&own_name))?;
            if !self.json {
                print_line(&format!("{}  {}", record.id, record.name))?;
            }
            records.push(record);
        }
        if self.json {
            print_json(&records)?;
        }
        Ok(Ending::Well)
    }

    fn organization_id(&self) -> Result<OrganizationId, Failure> {
        if let Ok(id) = self.organization.parse() {
            return Ok(id);
        }
        let registry = self.place.place.open()?;
        Ok(registry.operator(&place::admit(&registry)?, &self.organization)?.organization_id)
    }
}

fn put(spool: &Spool, owner: &Owner, path: &Path, name: &str) -> Result<Record, Failure> {
    let mut input = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let upload = spool.begin(owner, name, Opening::Resume)?;
    let mut offset = skip_same(&mut input, &upload)?;
    upload.set_size(offset)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = input.read(&mut buffer).with_context(|| format!("cannot read {}", path.display()))?;
        if count == 0 {
            break;
        }
        upload.write_at(&buffer[..count], offset)?;
        offset += count as u64;
    }
    if offset == 0 {
        upload.discard()?;
        let path = path.display();
        return Err(Failure::Refused(format!("{path} is empty and was not taken; there is nothing in it to process")));
    }
    let id = FileId(world::new_id());
    let finished = Finished { uploaded_as: name, name, id, channel: Channel::CommandLine, now: world::now() };
    Ok(upload.finish(&finished)?)
}

/// Passes over what an earlier upload of the same bytes left; gives where it ends.
fn skip_same(input: &mut File, upload: &spool::Upload) -> Result<u64, Failure> {
    let (mut own, mut there) = (vec![0; BUFFER_BYTES], vec![0; BUFFER_BYTES]);
    let mut offset = 0;
    loop {
        let kept = upload.read_at(&mut there, offset)?;
        if kept == 0 {
            return Ok(offset);
        }
        let is_same = input.read_exact(&mut own[..kept]).is_ok() && own[..kept] == there[..kept];
        if !is_same {
            std::io::Seek::rewind(input)?;
            return Ok(0);
        }
        offset += kept as u64;
    }
}

impl From<SpoolError> for Failure {
    fn from(error: SpoolError) -> Failure {
        match error {
            SpoolError::Disk { .. } | SpoolError::NotDurable { .. } | SpoolError::RecordInvalid { .. } => {
                Failure::Machine(error.into())
            }
            refused => Failure::Refused(refused.to_string()),
        }
    }
}
