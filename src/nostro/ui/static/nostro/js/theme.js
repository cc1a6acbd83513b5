/* The kept theme and navigation width, set before the first paint. A classic script on purpose. */
(() => {
  const root = document.documentElement;
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage may be switched off
    }
  };
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.bsTheme = kept("nostro-theme") || (dark ? "dark" : "light");
  if (kept("nostro-nav")) root.dataset.nav = kept("nostro-nav");
})();
