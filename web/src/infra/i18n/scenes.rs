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
    ("split-vote", "选票瓜分", "领导者 etcd-0 已停止，稍后另外两个成员的计时器同时走完。各自投给自己并拒绝对方，所以这个任期没有人获胜。按 r，直到下一次长短不同的超时分出结果。"),
    ("leader-crash", "领导者崩溃，留下未提交的条目", "etcd-0 把 \"x = lost\" 写进了自己的日志，还没有传给任何人就崩溃了。按播放：其他成员选出领导者，在同一位置写入 \"x = kept\"。7 秒后 etcd-0 回来，看它的日志格改变颜色。"),
    ("minority-partition", "领导者落在分区的少数一侧", "etcd-0 仍是领导者，但只有 etcd-1 听得到它：它接受的内容停留在提交标记之上，另外三个成员则选出自己的领导者（这里关闭了 check-quorum，否则它一秒后就会退位）。8 秒后网络恢复，从未提交的条目被覆盖。"),
    ("figure-7", "图 7：跟随者日志的六种差异", "etcd-0 即将领导任期 8；etcd-1 到 etcd-6 是 Raft 论文中的跟随者 (a) 到 (f)，前面有七个配置条目。按 r，看 MsgApp 如何带着提示被拒绝、退回更早处重试，然后覆盖。"),
    ("figure-8", "图 8：为何只计算当前任期的条目", "etcd-0 到 etcd-4 是 Raft 论文中的 S1 到 S5。1.2 秒时 S1 领导任期 4，任期 2 的条目已在多数成员上，但它并不提交：2.2 秒时 S5 当选并覆盖了它。退回 1.2 秒、取消断开，它就会随任期 4 的条目一起提交。"),
    ("snapshot", "用快照追赶的跟随者", "etcd-2 被断开期间，其他成员继续写入、做了快照并丢弃旧条目。6 秒后它回来：它缺少的条目已不存在，所以领导者对它的进度变为 StateSnapshot，发出 MsgSnap。"),
    ("joint-change", "一次从三个成员到五个", "一个条目加入两个投票成员。在领导者自动追加的第二个条目之前，每个决定都需要旧的三个成员与新的五个成员各自的多数。etcd 自己的命令每次只加一个成员；它的 Raft 却能做到这一点。"),
    ("torn-write", "日志中被撕裂的写入", "etcd-1 的磁盘写到一半断电：一条较长的记录只写成了两个扇区。看它的预写日志末尾。4 秒时它重新启动，会切掉撕裂的记录，领导者再次发送该条目。"),
    ("pre-vote", "预投票保护稳定的领导者", "etcd-2 听不到任何人。它的计时器一次次走完，但有了预投票，它先询问而从不提高任期，所以 8 秒后回来时没有人受到打扰。在实验室文件中设 preVote: false 可以看到区别。"),
];
