use super::*;
use proptest::prelude::*;
use simple_dns::ResourceRecord;
use simple_dns::rdata::{A, AAAA, CNAME, NS, SRV};

const NAME: &str = "app.test";

fn record(name: &'static str, data: RData<'static>) -> ResourceRecord<'static> {
    ResourceRecord::new(Name::new(name).unwrap(), CLASS::IN, 60, data)
}

fn v4(text: &str) -> RData<'static> {
    RData::A(A { address: text.parse::<std::net::Ipv4Addr>().unwrap().into() })
}

fn v6(text: &str) -> RData<'static> {
    RData::AAAA(AAAA { address: text.parse::<std::net::Ipv6Addr>().unwrap().into() })
}

fn alias(to: &'static str) -> RData<'static> {
    RData::CNAME(CNAME(Name::new(to).unwrap()))
}

fn service(port: u16, target: &'static str) -> RData<'static> {
    RData::SRV(SRV { priority: 1, weight: 10, port, target: Name::new(target).unwrap() })
}

fn reply(ask: Ask, answers: Vec<ResourceRecord<'static>>, more: Vec<ResourceRecord<'static>>) -> Vec<u8> {
    let mut packet = Packet::new_reply(7);
    let name = if ask == Ask::Srv { "_web._tcp.test" } else { NAME };
    packet.questions.push(Question::new(
        Name::new(name).unwrap(),
        QTYPE::TYPE(ask.of()),
        QCLASS::CLASS(CLASS::IN),
        false,
    ));
    packet.answers = answers;
    packet.additional_records = more;
    packet.build_bytes_vec_compressed().unwrap()
}

fn read(bytes: &[u8]) -> Result<Vec<Record>, Fault> {
    answer(bytes, NAME, Ask::A, 512)
}

#[test]
fn a_question_is_haproxys_byte_for_byte() {
    let seen = "561e0100000100000000000103617070047465737400001c00010000290200000000000000";
    let ours = question(0x561e, NAME, Ask::Aaaa, 512).unwrap();
    assert_eq!(ours.iter().map(|b| format!("{b:02x}")).collect::<String>(), seen);
    assert_eq!(question(1, "a b", Ask::A, 512), None);
    assert_eq!(question(1, "", Ask::A, 512), None);
    assert_eq!(question(1, &"a.".repeat(128), Ask::A, 512), None);
    assert!(question(1, "_web._tcp.test.", Ask::Srv, 512).is_some());
}

#[test]
fn addresses_and_aliases() {
    let two = reply(Ask::A, vec![record(NAME, v4("10.0.0.1")), record(NAME, v4("10.0.0.2"))], vec![]);
    let address = |text: &str| Record::Address(text.parse().unwrap());
    assert_eq!(id_of(&two), Some(7));
    assert_eq!(read(&two), Ok(vec![address("10.0.0.1"), address("10.0.0.2")]));
    assert_eq!(answer(&two, "APP.test.", Ask::A, 512).unwrap().len(), 2, "names have no case");
    let over = vec![
        record(NAME, alias("b.test")),
        record("b.test", alias("c.test")),
        record("c.test", v4("10.0.0.3")),
    ];
    assert_eq!(read(&reply(Ask::A, over, vec![])), Ok(vec![address("10.0.0.3")]));
    let six = reply(Ask::Aaaa, vec![record(NAME, v6("::5"))], vec![]);
    assert_eq!(answer(&six, NAME, Ask::Aaaa, 512), Ok(vec![address("::5")]));
}

#[test]
fn services_with_and_without_their_addresses() {
    let owner = "_web._tcp.test";
    let answers = vec![record(owner, service(8001, "w1.test")), record(owner, service(8002, "w2.test"))];
    let bytes = reply(Ask::Srv, answers, vec![record("w2.test", v4("10.0.0.9"))]);
    let found = answer(&bytes, owner, Ask::Srv, 512).unwrap();
    let of = |target: &str, port, address: Option<&str>| Record::Service {
        target: target.to_owned(),
        port,
        weight: 10,
        address: address.map(|a| a.parse().unwrap()),
    };
    assert_eq!(found, [of("w1.test", 8001, None), of("w2.test", 8002, Some("10.0.0.9"))]);
}

#[test]
fn the_order_is_haproxys() {
    // As Debian's haproxy 2.6.12 handed them to eight and six servers.
    let mut last: Vec<u8> = (31..=38).collect();
    last.sort_by_key(|n| Record::Address(IpAddr::from([127, 0, 0, *n])).order());
    assert_eq!(last, [38, 32, 37, 34, 36, 33, 31, 35]);
    let mut targets: Vec<String> = (1..=6).map(|n| format!("w{n}.test")).collect();
    targets.sort_by_key(|t| Record::Service { target: t.clone(), port: 0, weight: 0, address: None }.order());
    assert_eq!(targets, ["w4.test", "w3.test", "w1.test", "w2.test", "w6.test", "w5.test"]);
}

#[test]
fn faults_have_haproxys_names() {
    let good = reply(Ask::A, vec![record(NAME, v4("10.0.0.1"))], vec![]);
    let with = |at: usize, bits: u8| {
        let mut bytes = good.clone();
        bytes[at] |= bits;
        read(&bytes)
    };
    assert_eq!(with(3, 3), Err(Fault::NxDomain));
    assert_eq!(with(3, 5), Err(Fault::Refused));
    assert_eq!(with(3, 2), Err(Fault::Other));
    assert_eq!(with(2, 2), Err(Fault::Truncated));
    assert_eq!(with(5, 2), Err(Fault::Invalid), "three questions");
    assert_eq!(with(6, 1), Err(Fault::Invalid), "more records than fit");
    assert_eq!(read(&reply(Ask::A, vec![], vec![])), Err(Fault::Empty));
    assert_eq!(read(&good[..20]), Err(Fault::Invalid));
    assert_eq!(answer(&good, "other.test", Ask::A, 512), Err(Fault::Invalid));
    assert_eq!(answer(&good, NAME, Ask::Aaaa, 512), Err(Fault::Late), "the other family was asked for");
    assert_eq!(read(&reply(Ask::A, vec![record("evil.test", v4("10.0.0.1"))], vec![])), Err(Fault::Invalid));
    assert_eq!(read(&reply(Ask::A, vec![record(NAME, alias("b.test"))], vec![])), Err(Fault::Alias));
    let elsewhere = vec![record(NAME, alias("b.test")), record("c.test", v4("10.0.0.1"))];
    assert_eq!(read(&reply(Ask::A, elsewhere, vec![])), Err(Fault::Alias));
    let other = RData::NS(NS(Name::new("ns.test").unwrap()));
    assert_eq!(read(&reply(Ask::A, vec![record(NAME, other)], vec![])), Err(Fault::Other));
    assert_eq!(id_of(&question(1, NAME, Ask::A, 512).unwrap()), None, "a question is no answer");
    assert_eq!(id_of(b"s"), None);
}

#[test]
fn a_name_that_points_at_itself_ends() {
    let mut bytes = reply(Ask::A, vec![record(NAME, v4("10.0.0.1"))], vec![]);
    // The answer's name becomes a pointer to itself.
    let at = 12 + NAME.len() + 2 + 4;
    bytes[at..at + 2].copy_from_slice(&[0xc0, at as u8]);
    assert_eq!(read(&bytes), Err(Fault::Invalid));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = (id_of(&bytes), read(&bytes));
    }

    #[test]
    fn a_damaged_answer_is_read_or_refused(
        at in 0usize..120, value in any::<u8>(), cut in 0usize..200, ask in 0usize..3,
    ) {
        let ask = [Ask::A, Ask::Aaaa, Ask::Srv][ask];
        let answers = vec![
            record(NAME, alias("b.test")),
            record("b.test", v4("10.0.0.1")),
            record("b.test", v6("::1")),
            record("_web._tcp.test", service(1, "w1.test")),
        ];
        let mut bytes = reply(ask, answers, vec![record("w1.test", v4("10.0.0.9"))]);
        let len = bytes.len();
        bytes[at % len] = value;
        bytes.truncate(cut.max(1));
        if let Ok(records) = answer(&bytes, NAME, ask, 4_096) {
            prop_assert!(!records.is_empty());
            for record in records {
                let _ = record.order();
            }
        }
    }
}
