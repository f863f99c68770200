// Loads the page's program. A file of its own, because the content security policy allows no inline scripts.

// Called by the program when it panics (web/src/infra/panic.rs). After that nothing in WebAssembly runs again,
// so this is plain JavaScript. The lab was autosaved and is restored by a reload.
window.clusterlabBroke = (report) => {
  if (document.getElementById("broke")) return;
  const dialog = document.createElement("dialog");
  dialog.id = "broke";
  dialog.setAttribute("aria-labelledby", "broke-title");
  const say = (tag, text) => {
    const element = document.createElement(tag);
    element.textContent = text;
    dialog.append(element);
    return element;
  };
  const chinese = document.documentElement.lang.startsWith("zh");
  say("h2", chinese ? "出错了" : "Something broke").id = "broke-title";
  say("p", chinese ? "你的实验室已保存，重新加载会恢复它。" : "Your lab is saved; reloading restores it.");
  say("pre", report);
  say("button", chinese ? "复制报告" : "Copy report").onclick = () =>
    navigator.clipboard?.writeText(`${report}\n${navigator.userAgent}\n${localStorage.getItem("clusterlab.lab") ?? ""}`);
  const reload = say("button", chinese ? "重新加载" : "Reload");
  reload.className = "primary";
  reload.onclick = () => location.reload();
  document.body.append(dialog);
  dialog.showModal();
};

try {
  const { default: init } = await import("../clusterlab-web.js");
  await init({ module_or_path: new URL("../clusterlab-web_bg.wasm", import.meta.url) });
} catch (error) {
  const text = document.getElementById("loading-text");
  if (text) {
    text.setAttribute("role", "alert");
    text.textContent =
      typeof WebAssembly === "object"
        ? `The cluster could not be loaded: ${error}. Reload the page, or try a newer browser.`
        : "This browser has no WebAssembly, which Cluster Lab runs on. Try a newer browser.";
  }
  console.error(error);
}
