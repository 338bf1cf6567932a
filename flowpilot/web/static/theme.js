// Before anything is painted: the theme that was chosen here, else the system's.
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
