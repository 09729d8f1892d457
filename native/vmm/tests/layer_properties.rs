//! Random layers against a model that is simple and slow: first all whiteouts of a layer, then its entries in order.

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use support::{
    archive::Archive,
    build,
    image::{Content, Image},
};

#[derive(Debug, Clone)]
enum Step {
    File(String, Vec<u8>),
    Directory(String, u32),
    HardLink(String, String),
    Whiteout(String),
    Opaque(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Model {
    Directory(u32),
    /// The content, and which file it is: hard links share it.
    File(Vec<u8>, u32),
}

type State = BTreeMap<String, Model>;

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "c-", "c"]), 1..4)
        .prop_map(|parts| parts.join("/"))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (path(), prop::collection::vec(any::<u8>(), 0..5000)).prop_map(|(path, data)| Step::File(path, data)),
        2 => (path(), 0u32..0o1000).prop_map(|(path, mode)| Step::Directory(path, mode)),
        2 => (path(), path()).prop_map(|(path, target)| Step::HardLink(path, target)),
        2 => path().prop_map(Step::Whiteout),
        1 => path().prop_map(Step::Opaque),
    ]
}

fn remove_below(state: &mut State, path: &str) {
    let prefix = format!("{path}/");
    state.retain(|other, _| !other.starts_with(&prefix));
}

fn remove(state: &mut State, path: &str) {
    remove_below(state, path);
    state.remove(path);
}

fn make_parents(state: &mut State, path: &str) {
    for (end, _) in path.match_indices('/') {
        let parent = &path[..end];
        if !matches!(state.get(parent), Some(Model::Directory(_))) {
            state.insert(parent.to_owned(), Model::Directory(0o755));
        }
    }
}

/// Applies a layer to the model; returns the steps that are possible, in order, as an archive.
fn apply(state: &mut State, layer: &[Step], next_file: &mut u32) -> Vec<u8> {
    for step in layer {
        match step {
            Step::Whiteout(path) => remove(state, path),
            Step::Opaque(path) => remove_below(state, path),
            _ => {}
        }
    }
    let mut archive = Archive::new();
    for step in layer {
        archive = match step {
            Step::Whiteout(path) => {
                let (parent, name) = path
                    .rsplit_once('/')
                    .map_or(("", path.as_str()), |(parent, name)| (parent, name));
                archive.file(&format!("{parent}/.wh.{name}"), b"")
            }
            Step::Opaque(path) => archive.file(&format!("{path}/.wh..wh..opq"), b""),
            Step::File(path, data) => {
                make_parents(state, path);
                remove(state, path);
                *next_file += 1;
                state.insert(path.clone(), Model::File(data.clone(), *next_file));
                archive.file(path, data)
            }
            Step::Directory(path, mode) => {
                make_parents(state, path);
                state.insert(path.clone(), Model::Directory(*mode));
                archive.directory(path, *mode)
            }
            Step::HardLink(path, target) => {
                let Some(file @ Model::File(..)) = state.get(target).cloned() else {
                    continue;
                };
                make_parents(state, path);
                if path != target {
                    remove(state, path);
                }
                state.insert(path.clone(), file);
                archive.hard_link(path, target)
            }
        };
    }
    archive.end()
}

fn assert_same(image: &Image, state: &State) {
    assert_eq!(
        image.paths(),
        state.keys().map(String::as_str).collect::<Vec<_>>()
    );
    let mut files: BTreeMap<u32, u64> = BTreeMap::new();
    for (path, model) in state {
        let node = image.get(path);
        match model {
            Model::Directory(mode) => assert_eq!(
                (&node.content, u32::from(node.mode)),
                (&Content::Directory, *mode),
                "{path}"
            ),
            Model::File(data, file) => {
                assert_eq!(node.content, Content::File(data.clone()), "{path}");
                assert_eq!(
                    *files.entry(*file).or_insert(node.nid),
                    node.nid,
                    "{path} is a link"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn layers_merge_as_in_the_model(layers in prop::collection::vec(prop::collection::vec(step(), 0..12), 1..4)) {
        let (mut state, mut next_file) = (State::new(), 0);
        let archives: Vec<_> = layers.iter().map(|layer| apply(&mut state, layer, &mut next_file)).collect();
        assert_same(&build(&archives).unwrap(), &state);
    }
}
