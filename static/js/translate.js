// Texts in the reader's language, as Django's JavaScriptCatalog has them. The page loads that for every language but
// English; without it each text stays as it is written.

const catalogue = globalThis.django ?? {};

export const gettext = catalogue.gettext ?? ((text) => text);

export const ngettext = catalogue.ngettext ?? ((one, many, count) => (count === 1 ? one : many));

// interpolate("%(count)s of %(total)s", { count: 3, total: 7 }, true), or interpolate("%s of %s", [3, 7]).
export const interpolate =
  catalogue.interpolate ??
  ((format, values, named) => {
    if (named) return format.replace(/%\(\w+\)s/g, (mark) => String(values[mark.slice(2, -2)]));
    const left = [...values];
    return format.replace(/%s/g, () => String(left.shift()));
  });

// Dates and numbers are written by Intl, in the language of the page.
export const language = document.documentElement.lang || "en";
