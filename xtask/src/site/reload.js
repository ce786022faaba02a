
// Of `cargo xtask run --watch` alone: loads the page anew once another build is served.
(() => {
  let known;
  const look = async () => {
    // A server that is being started anew does not answer.
    const answer = await fetch("/reload.txt", { cache: "no-store" }).catch(() => undefined);
    if (answer?.ok) {
      const build = await answer.text();
      if (known !== undefined && build !== known) return location.reload();
      known = build;
    }
    setTimeout(look, 1000);
  };
  look();
})();
