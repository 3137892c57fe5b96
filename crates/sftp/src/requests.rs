//! The requests of a session, one by one.
//!
//! # Source
//! draft-ietf-secsh-filexfer-02, section 6; OpenSSH's PROTOCOL, section 4, for the extensions.

use russh_sftp::extensions::{FSYNC, LIMITS};
use russh_sftp::protocol::{
    Attrs, ExtendedReply, File, FileAttributes, Handle, Name, OpenFlags, Packet, Read, StatusCode, VERSION, Version,
};

use crate::attributes::Entry;
use crate::handles::{Handles, Open};
use crate::limits::{DATA_BYTES_MAXIMUM, HANDLES_MAXIMUM, LISTED_AT_ONCE, PACKET_BYTES_MAXIMUM};
use crate::outgoing::Answer;
use crate::places::Place;
use crate::refusals::Refusal;
use crate::tree::Tree;

const POSIX_RENAME: &str = "posix-rename@openssh.com";

/// One client at work in its tree.
pub(crate) struct Requests {
    tree: Tree,
    handles: Handles,
    has_begun: bool,
}

impl Requests {
    pub(crate) fn new(tree: Tree) -> Requests {
        Requests { tree, handles: Handles::default(), has_begun: false }
    }

    /// Answers a request. Works on the disk: call it where that may block.
    pub(crate) fn answer(&mut self, request: Packet) -> Answer {
        if let Packet::Read(read) = &request {
            return self.read(read).unwrap_or_else(|refusal| Answer::Ready(refusal.packet(read.id)));
        }
        let id = request.get_request_id();
        let answered = match request {
            Packet::Init(_) => self.begin(),
            _ if !self.has_begun => Err(Refusal::unreadable("the session begins with INIT")),
            request => self.follow(request),
        };
        Answer::Ready(answered.unwrap_or_else(|refusal| refusal.packet(id)))
    }

    fn begin(&mut self) -> Result<Packet, Refusal> {
        if std::mem::replace(&mut self.has_begun, true) {
            return Err(Refusal::unreadable("the session has begun already"));
        }
        let extensions = [(POSIX_RENAME, "1"), (FSYNC, "1"), (LIMITS, "1")];
        let extensions = extensions.map(|(name, version)| (name.to_owned(), version.to_owned())).into();
        Ok(Packet::Version(Version { version: VERSION, extensions }))
    }

    fn follow(&mut self, request: Packet) -> Result<Packet, Refusal> {
        let id = request.get_request_id();
        match request {
            Packet::RealPath(request) => Ok(self.real_path(id, &request.path)),
            Packet::Stat(request) => self.stat(id, &request.path),
            Packet::Lstat(request) => self.stat(id, &request.path),
            Packet::Fstat(request) => self.stat_open(id, &request.handle),
            Packet::OpenDir(request) => self.open_folder(id, &request.path),
            Packet::ReadDir(request) => self.read_folder(id, &request.handle),
            Packet::Open(request) => self.open(id, &request.filename, request.pflags),
            Packet::Write(request) => {
                let upload = match self.handles.find(&request.handle)? {
                    Open::Upload(upload) => upload,
                    Open::File { .. } | Open::Folder { .. } => {
                        return Err(Refusal::denied("the handle is not open for writing"));
                    }
                };
                self.tree.write(upload, &request.data, request.offset)?;
                Ok(ok(id))
            }
            Packet::Close(request) => match self.handles.take(&request.handle)? {
                Open::Upload(upload) => self.tree.close(*upload).map(|()| ok(id)),
                Open::File { .. } | Open::Folder { .. } => Ok(ok(id)),
            },
            Packet::SetStat(request) => self.set_attributes(id, &request.path, &request.attrs),
            Packet::FSetStat(request) => self.set_attributes_open(id, &request.handle, &request.attrs),
            Packet::Rename(request) => self.rename(id, &request.oldpath, &request.newpath),
            Packet::Remove(request) => {
                self.tree.check_open()?;
                self.tree.remove(&Place::parse(&request.filename)?)?;
                Ok(ok(id))
            }
            Packet::MkDir(request) => match Place::parse(&request.path) {
                Ok(place @ (Place::Root | Place::Folder(_))) => {
                    Err(Refusal::failed(format!("{} is there already", place.path())))
                }
                _ => Err(Refusal::denied("there are /inbox, /outbox and /archive; folders cannot be made")),
            },
            Packet::RmDir(_) => Err(Refusal::denied("folders cannot be removed")),
            Packet::ReadLink(_) | Packet::Symlink(_) => Err(Refusal::unsupported("there are no links here")),
            Packet::Extended(request) => self.extended(id, &request.request, &request.data),
            _ => Err(Refusal::unsupported("there is no such request")),
        }
    }

    fn real_path(&self, id: u32, path: &str) -> Packet {
        // A path that names nothing is told as it was written; whatever is done with it says why not.
        let canonical = Place::parse(path).map_or_else(|_| path.to_owned(), |place| place.path());
        Packet::Name(Name { id, files: vec![File::dummy(canonical)] })
    }

    fn stat(&self, id: u32, path: &str) -> Result<Packet, Refusal> {
        let entry = self.tree.find(&Place::parse(path)?)?;
        Ok(attributes(id, entry.attributes()))
    }

    fn stat_open(&mut self, id: u32, handle: &str) -> Result<Packet, Refusal> {
        Ok(match self.handles.find(handle)? {
            Open::Upload(upload) => {
                let place = Place::parse(&format!("/inbox/{}", upload.name()))?;
                let size = upload.size();
                let entry = self.tree.find(&place)?;
                attributes(id, Entry { size, ..entry }.attributes())
            }
            Open::File { entry, .. } => attributes(id, entry.attributes()),
            Open::Folder { attributes: folder, .. } => attributes(id, folder.clone()),
        })
    }

    fn open_folder(&mut self, id: u32, path: &str) -> Result<Packet, Refusal> {
        self.tree.check_open()?;
        self.handles.check_room()?;
        let place = Place::parse(path)?;
        let entries = self.tree.list(&place)?;
        let owner = self.tree.organization_code();
        let untold: Vec<File> = entries.iter().map(|entry| entry.listed(owner)).collect();
        let attributes = self.tree.find(&place)?.attributes();
        let handle = self.handles.add(Open::Folder { attributes, untold: untold.into_iter() })?;
        Ok(Packet::Handle(Handle { id, handle }))
    }

    fn read_folder(&mut self, id: u32, handle: &str) -> Result<Packet, Refusal> {
        let Open::Folder { untold, .. } = self.handles.find(handle)? else {
            return Err(Refusal::failed("the handle is not that of a folder"));
        };
        let files: Vec<File> = untold.by_ref().take(LISTED_AT_ONCE).collect();
        if files.is_empty() { Err(Refusal::end()) } else { Ok(Packet::Name(Name { id, files })) }
    }

    fn open(&mut self, id: u32, path: &str, flags: OpenFlags) -> Result<Packet, Refusal> {
        self.tree.check_open()?;
        self.handles.check_room()?;
        let place = Place::parse(path)?;
        let writes = OpenFlags::WRITE | OpenFlags::APPEND | OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let open = if flags.intersects(writes) {
            if !flags.intersects(OpenFlags::WRITE | OpenFlags::APPEND) {
                return Err(Refusal::failed("the flags ask for a file to be made, and not for it to be written"));
            }
            Open::Upload(Box::new(self.tree.begin(&place, flags)?))
        } else if flags.contains(OpenFlags::READ) {
            let (entry, file) = self.tree.open(&place)?;
            Open::File { entry: Box::new(entry), file }
        } else {
            return Err(Refusal::failed("the flags ask neither for reading nor for writing"));
        };
        let handle = self.handles.add(open)?;
        Ok(Packet::Handle(Handle { id, handle }))
    }

    fn read(&mut self, read: &Read) -> Result<Answer, Refusal> {
        match self.handles.find(&read.handle)? {
            Open::File { file, .. } => {
                Ok(Answer::Read { id: read.id, file: file.clone(), offset: read.offset, length: read.len })
            }
            Open::Upload(_) | Open::Folder { .. } => Err(Refusal::denied("the handle is not open for reading")),
        }
    }

    /// Times and rights are accepted and stay as they are: clients set them after every upload.
    fn set_attributes(&mut self, id: u32, path: &str, wanted: &FileAttributes) -> Result<Packet, Refusal> {
        let place = Place::parse(path)?;
        let entry = self.tree.find(&place)?;
        if wanted.size.is_some_and(|size| size != entry.size) {
            return Err(Refusal::denied("the size of a file is changed by who has it open"));
        }
        Ok(ok(id))
    }

    fn set_attributes_open(&mut self, id: u32, handle: &str, wanted: &FileAttributes) -> Result<Packet, Refusal> {
        match (self.handles.find(handle)?, wanted.size) {
            (Open::Upload(upload), Some(size)) => upload.cut(size)?,
            (Open::File { .. } | Open::Folder { .. }, Some(_)) => {
                return Err(Refusal::denied("the handle is not open for writing"));
            }
            (_, None) => {}
        }
        Ok(ok(id))
    }

    fn rename(&mut self, id: u32, from: &str, to: &str) -> Result<Packet, Refusal> {
        self.tree.check_open()?;
        let (from, to) = (Place::parse(from)?, Place::parse(to)?);
        self.tree.rename(&from, &to)?;
        Ok(ok(id))
    }

    fn extended(&mut self, id: u32, request: &str, data: &[u8]) -> Result<Packet, Refusal> {
        match request {
            POSIX_RENAME => {
                let (from, rest) = string(data)?;
                let (to, _) = string(rest)?;
                self.rename(id, from, to)
            }
            FSYNC => {
                let (handle, _) = string(data)?;
                if let Open::Upload(upload) = self.handles.find(handle)? {
                    upload.sync()?;
                }
                Ok(ok(id))
            }
            LIMITS => {
                let limits = [PACKET_BYTES_MAXIMUM, DATA_BYTES_MAXIMUM, DATA_BYTES_MAXIMUM, HANDLES_MAXIMUM];
                let data = limits.map(|limit| (limit as u64).to_be_bytes()).concat();
                Ok(Packet::ExtendedReply(ExtendedReply { id, data }))
            }
            _ => Err(Refusal::unsupported(format!("there is no extension {request:?} here"))),
        }
    }
}

fn ok(id: u32) -> Packet {
    Packet::status(id, StatusCode::Ok, "OK", "en")
}

fn attributes(id: u32, attrs: FileAttributes) -> Packet {
    Packet::Attrs(Attrs { id, attrs })
}

/// A string of the protocol at the beginning of an extension's data, and what follows it.
fn string(data: &[u8]) -> Result<(&str, &[u8]), Refusal> {
    let unreadable = || Refusal::unreadable("the request breaks off");
    let (length, rest) = data.split_first_chunk().ok_or_else(unreadable)?;
    let (text, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(unreadable)?;
    let text = std::str::from_utf8(text).map_err(|_| Refusal::denied("the name is not UTF-8 text"))?;
    Ok((text, rest))
}
