// Show an answer's Markdown while it is being written, in the shape that the server's HTML of it will have.
//
// Safe by construction: nothing but elements named here, and text as text; links, images and tags stay what was typed,
// and a mark is an empty chip, since its number is known at the end only. Only blocks that changed are drawn anew.

const MOST_LEVELS = 20; // of quotes and lists within each other, as the server has it
const BULLET = /^(\s*)([-*+]|\d{1,9}[.)])\s+/;
const FENCE = /^\s{0,3}(`{3,}|~{3,})/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)(?:\s+#+)?\s*$/;
const ROW = /^\s{0,3}\|/;
const RULE = /^\s*\|?[\s:|-]*-[\s:|-]*$/;
const QUOTE = /^\s{0,3}>\s?/;
const INLINE =
  /\\([!-/:-@[-`{-~])|(`+)([\s\S]*?[^`])\2(?!`)|(\*\*|__)(?=\S)|(\*\*|__)|(\*|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}]))|\[\^?\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\]|【\d[^】\n]*】|\[([^[\]\n]*)\]\([^()\s]*\)/gu;

const make = (name, ...children) => {
  const element = document.createElement(name);
  element.append(...children);
  return element;
};

export class StreamedText {
  constructor(place) {
    this.place = place;
    this.text = "";
    this.drawn = [];
    this.frame = 0;
  }

  add(text) {
    this.text += text;
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  end() {
    cancelAnimationFrame(this.frame);
    if (this.text) this.draw();
  }

  draw() {
    this.frame = 0;
    const blocks = splitBlocks(this.text.split("\n"));
    blocks.forEach((lines, at) => {
      const source = lines.join("\n");
      if (this.drawn[at] === source) return;
      this.drawn[at] = source;
      const block = drawBlock(lines, 0);
      const before = this.place.children[at];
      if (before) before.replaceWith(block);
      else this.place.append(block);
    });
    while (this.place.children.length > blocks.length) this.place.lastElementChild.remove();
    this.drawn.length = blocks.length;
  }
}

const kindOf = (line) => {
  if (FENCE.test(line)) return "fence";
  if (HEADING.test(line)) return "heading";
  if (BULLET.test(line)) return "list";
  if (ROW.test(line)) return "table";
  return QUOTE.test(line) ? "quote" : "paragraph";
};

// Lines into blocks; a blank line ends what is neither a list that goes on nor code.
export const splitBlocks = (lines) => {
  const blocks = [];
  let [kind, fence, blank] = ["", "", true];
  for (const line of lines) {
    const open = blocks.at(-1);
    if (fence) {
      open.push(line);
      if (line.trim().startsWith(fence)) [fence, kind, blank] = ["", "", true];
    } else if (!line.trim()) {
      if (kind === "list") open.push(line);
      blank = true;
    } else {
      const next = kindOf(line);
      const inside = kind === "list" && (/^\s{2,}/.test(line) || next === "list" || (!blank && next === "paragraph"));
      const sameBlock = inside || (!blank && next === kind && kind !== "heading");
      if (sameBlock) open.push(line);
      else blocks.push([line]);
      if (!sameBlock) kind = next;
      if (next === "fence" && !inside) fence = FENCE.exec(line)[1];
      blank = false;
    }
  }
  return blocks;
};

const drawBlock = (lines, level) => {
  switch (level < MOST_LEVELS ? kindOf(lines[0]) : "paragraph") {
    case "fence":
      return make("pre", make("code", withoutFence(lines)));
    case "heading": {
      const [, marks, text] = HEADING.exec(lines[0]);
      return make(`h${marks.length}`, ...inline(text));
    }
    case "list":
      return drawList(lines, level + 1);
    case "table":
      return lines.length > 1 && RULE.test(lines[1]) ? drawTable(lines) : make("p", ...inline(lines.join("\n")));
    case "quote":
      return make("blockquote", ...splitBlocks(lines.map((line) => line.replace(QUOTE, ""))).map((block) => drawBlock(block, level + 1)));
    default:
      return make("p", ...inline(lines.join("\n")));
  }
};

const withoutFence = ([first, ...rest]) => {
  const fence = FENCE.exec(first)[1];
  if (rest.at(-1)?.trim().startsWith(fence)) rest.pop();
  return rest.length ? `${rest.join("\n")}\n` : "";
};

const drawList = (lines, level) => {
  const [, indent, marker] = BULLET.exec(lines[0]);
  const list = make(/\d/.test(marker) ? "ol" : "ul");
  if (/\d/.test(marker) && parseInt(marker, 10) !== 1) list.start = parseInt(marker, 10);
  const items = [];
  for (const line of lines) {
    const bullet = BULLET.exec(line);
    if (bullet && bullet[1].length <= indent.length + 1) items.push([line.slice(bullet[0].length)]);
    else items.at(-1).push(line.replace(/^\s{1,4}/, ""));
  }
  const loose = items.some((item, at) => item.some((line, row) => !line.trim() && (at < items.length - 1 || row < item.length - 1)));
  for (const item of items) list.append(make("li", ...drawItem(item, loose, level)));
  return list;
};

const drawItem = (lines, loose, level) =>
  splitBlocks(lines).flatMap((block) =>
    kindOf(block[0]) === "paragraph" && !loose ? inline(block.join("\n")) : [drawBlock(block, level)],
  );

const cells = (row) => row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

const drawTable = ([head, , ...rows]) => {
  const line = (row, name) => make("tr", ...cells(row).map((cell) => make(name, ...inline(cell))));
  return make("table", make("thead", line(head, "th")), make("tbody", ...rows.map((row) => line(row, "td"))));
};

const chip = () => {
  const mark = make("span", "\u2007"); // as wide as a figure
  mark.className = "citation coming";
  return mark;
};

// What is emphasised but not closed yet is emphasised up to the end.
const inline = (text) => {
  const open = [{ marks: "", nodes: [] }];
  const close = () => {
    const { marks, nodes } = open.pop();
    open.at(-1).nodes.push(make(marks.length === 2 ? "strong" : "em", ...nodes));
  };
  let done = 0;
  for (const match of text.matchAll(INLINE)) {
    const put = (node) => open.at(-1).nodes.push(node);
    if (match.index > done) put(text.slice(done, match.index));
    done = match.index + match[0].length;
    const [all, escaped, , code, opening, closing, single, link] = match;
    const emphasis = opening ?? closing ?? single;
    if (escaped) put(escaped);
    else if (code !== undefined) put(make("code", code.trim() || code));
    else if (link !== undefined) put(link);
    else if (!emphasis) put(chip());
    else if (open.at(-1).marks === emphasis) close();
    else if (/^\s|^$/.test(text.slice(done, done + 1))) put(all);
    else open.push({ marks: emphasis, nodes: [] });
  }
  if (done < text.length) open.at(-1).nodes.push(text.slice(done));
  while (open.length > 1) close();
  return open[0].nodes;
};
