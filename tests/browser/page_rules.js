/** What is wrong with the page as it is drawn now, as a list of sentences. Evaluated inside the page by the tests. */
() => {
  const wrong = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const say = (element) => `<${element.tagName.toLowerCase()} id="${element.id}" class="${element.className}">`;

  if (!document.documentElement.lang) wrong.push("the page has no language");
  if (!document.title.trim()) wrong.push("the page has no title");
  if (all("main").length !== 1) wrong.push("there is not exactly one main landmark");
  if (all("h1").length !== 1) wrong.push("there is not exactly one h1");
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) wrong.push(`the id ${id} is used twice`);
  for (const attribute of ["for", "aria-describedby", "aria-labelledby"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(/\s+/)) {
        if (!document.getElementById(id)) wrong.push(`${say(element)} ${attribute} names nothing: ${id}`);
      }
    }
  }

  const labelled = (element) => {
    const by = element.getAttribute("aria-labelledby");
    const label = by ? document.getElementById(by)?.textContent : element.getAttribute("aria-label");
    const labels = [...(element.labels ?? [])].map(({ textContent }) => textContent).join(" ");
    return (label || labels || element.textContent || "").trim();
  };
  for (const element of all("a, button, select, input:not([type=hidden]), [role=meter], [role=region], [role=log], dialog")) {
    const isField = element.matches("input, select");
    if (!(isField ? [...element.labels].length || element.ariaLabel : labelled(element))) wrong.push(`${say(element)} has no name`);
  }
  for (const element of all("button, select, input[type=text]")) {
    const { height, width } = element.getBoundingClientRect();
    if (height < 24 || width < 24) wrong.push(`${say(element)} is too small to hit`);
  }

  const channels = (colour) => {
    const found = colour.match(/[\d.]+/g).map(Number);
    return { rgb: found.slice(0, 3), alpha: found[3] ?? 1 };
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { rgb, alpha } = channels(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return rgb;
    }
    return [255, 255, 255];
  };
  for (const element of all("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!hasText || element.matches("script, option, noscript *, :disabled")) continue;
    const [lighter, darker] = [channels(getComputedStyle(element).color).rgb, background(element)].map(luminance).sort((a, b) => b - a);
    const contrast = (lighter + 0.05) / (darker + 0.05);
    if (contrast < 4.5) wrong.push(`${say(element)} has a contrast of ${contrast.toFixed(2)}`);
  }

  const excess = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (excess > 0) wrong.push(`the page is ${excess} px wider than the screen`);
  return wrong;
}
