//! Questions to name servers and their answers (RFC 1035, 2782, 6891). The library reads and writes the messages; what of an
//! answer is accepted, and how a refusal is called, is HAProxy's (`resolvers` in the manual, 5.3.2; `show resolvers`).
use crate::base::xxhash::xxh32;
use simple_dns::rdata::{OPT, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use std::net::IpAddr;

/// The length of a message's head; a shorter datagram is no message.
const HEAD: usize = 12;
/// The shortest record (`DNS_MIN_RECORD_SIZE`): more records than fit into the accepted size are a lie.
const MIN_RECORD: usize = 8;
/// A name has at most so many bytes (RFC 1035, 2.3.4).
const MAX_NAME: usize = 255;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    A,
    Aaaa,
    Srv,
}

impl Ask {
    /// The record type's number.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Ask::A => 1,
            Ask::Aaaa => 28,
            Ask::Srv => 33,
        }
    }

    const fn of(self) -> TYPE {
        match self {
            Ask::A => TYPE::A,
            Ask::Aaaa => TYPE::AAAA,
            Ask::Srv => TYPE::SRV,
        }
    }
}

/// One record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    Address(IpAddr),
    Service {
        target: String,
        port: u16,
        weight: u16,
        /// The target's address, where the answer brought it along.
        address: Option<IpAddr>,
    },
}

impl Record {
    /// HAProxy keeps records in the order of this hash, and servers take them in that order.
    #[must_use]
    pub fn order(&self) -> u32 {
        match self {
            Record::Address(IpAddr::V4(ip)) => xxh32(&ip.octets(), 1),
            Record::Address(IpAddr::V6(ip)) => xxh32(&ip.octets(), 28),
            Record::Service { target, .. } => {
                let mut labels = Vec::with_capacity(target.len() + 1);
                for label in target.split('.') {
                    labels.push(label.len() as u8);
                    labels.extend_from_slice(label.as_bytes());
                }
                xxh32(&labels, 33)
            }
        }
    }
}

/// Why an answer is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be read, or answers something else.
    Invalid,
    /// It answers an earlier question for the name: the other family's.
    Late,
    NxDomain,
    Refused,
    /// No record at all.
    Empty,
    /// The chain of aliases ends without an address.
    Alias,
    Truncated,
    /// Another error of the server, or no record that was asked for.
    Other,
}

/// Whether a name can be asked for: labels of 1 to 63 bytes, 255 in all, of the characters HAProxy takes.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    name.len() + 2 <= MAX_NAME && name.split('.').all(fits)
}

/// A question as HAProxy asks it: recursion wanted, and how large an answer may be. `None` for what is no name.
#[must_use]
pub fn question(id: u16, name: &str, ask: Ask, accepted: u16) -> Option<Vec<u8>> {
    if !is_name(name) {
        return None;
    }
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(name.strip_suffix('.').unwrap_or(name)).ok()?;
    packet.questions.push(Question::new(name, QTYPE::TYPE(ask.of()), QCLASS::CLASS(CLASS::IN), false));
    *packet.opt_mut() = Some(OPT { opt_codes: Vec::new(), udp_packet_size: accepted, version: 0 });
    packet.build_bytes_vec().ok()
}

/// The id of an answer: whose it is, also of one that is cut off. `None` for a question.
#[must_use]
pub fn id_of(bytes: &[u8]) -> Option<u16> {
    let answers = bytes.get(2).is_none_or(|flags| flags & 0x80 != 0);
    let id = u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]);
    answers.then_some(id)
}

/// Reads the answer to a question for `name`. Its id was looked at before.
///
/// # Errors
/// What is wrong with it.
pub fn answer(bytes: &[u8], name: &str, ask: Ask, accepted: u16) -> Result<Vec<Record>, Fault> {
    let head = bytes.get(..HEAD).ok_or(Fault::Invalid)?;
    if head[2] & 0x02 != 0 {
        return Err(Fault::Truncated);
    }
    let count = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
    let code = RCODE::from(u16::from(head[3] & 0x0f));
    // Only an error may come without its question.
    if count(4) == 1 {
        check_question(bytes, name, ask)?;
    } else if code == RCODE::NoError || count(4) > 1 {
        return Err(Fault::Invalid);
    }
    match code {
        RCODE::NoError => {}
        RCODE::NameError => return Err(Fault::NxDomain),
        RCODE::Refused => return Err(Fault::Refused),
        _ => return Err(Fault::Other),
    }
    if count(6) == 0 {
        return Err(Fault::Empty);
    }
    if usize::from(count(6)) > usize::from(accepted).saturating_sub(HEAD) / MIN_RECORD {
        return Err(Fault::Invalid);
    }
    let packet = Packet::parse(bytes).map_err(|_| Fault::Invalid)?;
    records(&packet, name)
}

/// Whether the question that stands in the answer is ours. It is read alone: an error's other sections do not matter.
fn check_question(bytes: &[u8], name: &str, ask: Ask) -> Result<(), Fault> {
    let mut alone = bytes.to_vec();
    alone[6..HEAD].fill(0);
    let packet = Packet::parse(&alone).map_err(|_| Fault::Invalid)?;
    let asked = packet.questions.first().ok_or(Fault::Invalid)?;
    if !same(&asked.qname.to_string(), name) {
        return Err(Fault::Invalid);
    }
    if asked.qtype != QTYPE::TYPE(ask.of()) { Err(Fault::Late) } else { Ok(()) }
}

/// The records that belong to the name, or to what its aliases lead to.
fn records(packet: &Packet<'_>, name: &str) -> Result<Vec<Record>, Fault> {
    let mut found = Vec::new();
    let mut expected = name.to_owned();
    for (at, record) in packet.answers.iter().enumerate() {
        if record.class != CLASS::IN {
            return Err(Fault::Invalid);
        }
        let service = matches!(record.rdata, RData::SRV(_));
        if !service && !same(&record.name.to_string(), &expected) {
            return Err(if expected == name { Fault::Invalid } else { Fault::Alias });
        }
        match &record.rdata {
            RData::A(a) => found.push(Record::Address(IpAddr::from(a.address.to_be_bytes()))),
            RData::AAAA(a) => found.push(Record::Address(IpAddr::from(a.address.to_be_bytes()))),
            RData::CNAME(alias) => {
                // An alias at the end leads nowhere: the name has only addresses of the other family.
                if at + 1 == packet.answers.len() {
                    return Err(Fault::Alias);
                }
                expected = alias.0.to_string();
            }
            RData::SRV(srv) => found.push(Record::Service {
                target: srv.target.to_string(),
                port: srv.port,
                weight: srv.weight,
                address: beside(packet, &srv.target),
            }),
            _ => {}
        }
    }
    // A name that cannot be asked for cannot be a server's.
    found.retain(|r| !matches!(r, Record::Service { target, .. } if !is_name(target)));
    if found.is_empty() { Err(Fault::Other) } else { Ok(found) }
}

/// The address of a target among the additional records.
fn beside(packet: &Packet<'_>, target: &Name<'_>) -> Option<IpAddr> {
    let target = target.to_string();
    packet.additional_records.iter().filter(|r| same(&r.name.to_string(), &target)).find_map(|r| {
        match &r.rdata {
            RData::A(a) => Some(IpAddr::from(a.address.to_be_bytes())),
            RData::AAAA(a) => Some(IpAddr::from(a.address.to_be_bytes())),
            _ => None,
        }
    })
}

/// Names are the same whatever the case, and with or without the last dot.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.strip_suffix('.').unwrap_or(a).eq_ignore_ascii_case(b.strip_suffix('.').unwrap_or(b))
}

#[cfg(test)]
mod tests;
