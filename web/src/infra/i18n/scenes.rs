//! The words of the gallery of scenes, and the scenes' own in Chinese; in English the lab says them.

/// Every string of the gallery.
#[derive(PartialEq, Debug)]
#[allow(missing_docs)]
pub struct SceneTexts {
    pub scenes: &'static str,
    pub scene: &'static str,
    pub hint: &'static str,
    pub open: &'static str,
    pub open_named: &'static str,
    pub copy: &'static str,
    pub copy_named: &'static str,
}

/// English.
pub const EN: SceneTexts = SceneTexts {
    scenes: "Scenes",
    scene: "Scene",
    hint: "labs made ready to show one thing; your own lab is kept",
    open: "Open",
    open_named: "Open: {0}",
    copy: "Copy link",
    copy_named: "Copy the link of: {0}",
};

/// Chinese.
pub const ZH: SceneTexts = SceneTexts {
    scenes: "场景",
    scene: "场景",
    hint: "为展示某一点而准备好的实验室；你自己的实验室会保留",
    open: "打开",
    open_named: "打开：{0}",
    copy: "复制链接",
    copy_named: "复制链接：{0}",
};

/// A scene's title and words in Chinese, by its name.
pub fn chinese(id: &str) -> Option<(&'static str, &'static str)> {
    SCENES.iter().find(|(scene, ..)| *scene == id).map(|(_, title, says)| (*title, *says))
}

/// Name, title, words.
#[rustfmt::skip]
const SCENES: &[(&str, &str, &str)] = &[
    ("first-election", "第一次选举", "三个成员刚刚启动，还没有领导者。看圆弧：最先走完的计时器先询问其他成员自己能否获胜（MsgPreVote），再请求投票（MsgVote）。按 r 逐条消息前进。"),
];
