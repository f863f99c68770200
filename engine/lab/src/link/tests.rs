use super::*;
use crate::action::{Action, Entry, Fault};
use crate::file::NodeSpec;

fn shared() -> Shared {
    let entry = |at, action| Entry { at: SimTime::from_secs(at), after: Some(EventNumber(at * 100)), action };
    let file = LabFile {
        name: "shop".into(),
        nodes: vec![NodeSpec { labels: vec![("zone".into(), "a".into())], ..NodeSpec::usual("node-1") }],
        journal: vec![
            entry(3, Action::Kubectl { session: 0, line: "kubectl get pods".into(), stdin: None }),
            entry(4, Action::Apply { text: "apiVersion: v1\nkind: Namespace\n".repeat(40) }),
            entry(9, Action::Fault(Fault::Crash("etcd-0".into()))),
        ],
        ..LabFile::default()
    };
    Shared { file, cursor: EventNumber(1234), now: SimTime::from_millis(12_345), hash: 0x1234_5678_9abc_def0 }
}

#[test]
fn round_trips_in_a_fragment_and_in_a_url() {
    let link = encode(&shared());
    assert!(link.starts_with("#cl2."), "{link}");
    assert_eq!(decode(&link), Ok(shared()));
    assert_eq!(decode(&format!("https://example.org/lab/?embed=1{link}")), Ok(shared()));
}

#[test]
fn links_of_the_first_version_are_read() {
    // Made by the version that wrote them: `clusterlab link` of this lab.
    const OLD: &str = "#cl1.jdYrCgJRFAbg83Pm3osPREQMBjHbBBF34DoGLMJFFyDCQSyCWcE00aBmw4CPFQy4BR0mWaYYRW4QJk3-NvDx1I46CtCuKfB-AYSPHg-G4wmhn_dW7dm_VvOikvC2KRFRNdthkuiQVhAqJu2eK89tVEOguaBMXT6LYwNLw8ppl31rEdxb1105MUSQ9XvVRGLYIzo_XvtLHKcnfAE";
    let yaml = include_str!("old.yaml");
    let shared = decode(OLD).expect("an old link");
    assert_eq!(shared.file, LabFile::parse_yaml(yaml).expect("its lab file"));
    assert!(shared.file.control_plane && shared.file.etcd == crate::EtcdSpec::default());
    let new = encode(&shared);
    assert!(new.starts_with("#cl2."));
    assert_eq!(decode(&new), Ok(shared));
}

#[test]
fn the_dictionary_earns_its_keep() {
    let manifest = String::from_utf8(include_bytes!("dictionary.txt")[1400..2890].to_vec()).unwrap();
    let file = LabFile { manifests: vec![manifest], ..LabFile::default() };
    let link = encode(&Shared { file, ..shared() });
    assert!(link.len() < 120, "{} characters", link.len());
}

#[test]
fn every_damage_is_an_error_and_never_a_panic() {
    let link = encode(&shared());
    for cut in 0..link.len() {
        assert!(decode(&link[..cut]).is_err(), "cut at {cut}");
    }
    for i in 5..link.len() {
        let mut bytes = link.clone().into_bytes();
        bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
        // Some damage still reads as a lab; none may panic.
        let _ = decode(&String::from_utf8(bytes).unwrap());
    }
    assert_eq!(decode("hello"), Err(LinkError::NotALink));
    assert_eq!(decode("#cl9.AAAA"), Err(LinkError::UnknownVersion("cl9".into())));
    assert!(matches!(decode("#cl1.%%%"), Err(LinkError::BadCharacter(_))));
}

#[test]
fn bombs_do_not_go_off() {
    let bomb = deflate::compress(&vec![0u8; 64 << 20]);
    let link = format!("#cl1.{}", URL_SAFE_NO_PAD.encode(bomb));
    assert_eq!(decode(&link), Err(LinkError::TooLarge));
}
