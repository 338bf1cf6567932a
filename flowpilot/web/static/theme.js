// Runs before anything is painted: applies the theme chosen in this browser, or the system's.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = localStorage.getItem("flowpilot-theme");
    document.documentElement.dataset.bsTheme = chosen ?? (system.matches ? "dark" : "light");
  };
  system.addEventListener("change", () => {
    apply();
    document.dispatchEvent(new Event("theme"));
  });
  apply();
})();
