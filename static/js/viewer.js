// Reading a document: what is shown and how large is remembered, the quote is scrolled to, keys turn the pages.

const STEP = { "[": "prev", "]": "next" };
const SIZES = ["fit", "100", "150", "200"];
const TRIES = 3; // to load a picture that others' pictures are in the way of
const PAUSE = 4000; // ms between them
const narrow = matchMedia("(max-width: 59.99rem)");

const reader = document.querySelector(".reader");
const pane = document.querySelector(".pane-picture");
const picture = document.querySelector(".page-picture");
const chosen = (name) => reader.querySelector(`input[name="${name}"]:checked`)?.value;

// Where storage is closed, choices last for one page.
const remembered = (name) => {
  try {
    return localStorage.getItem(`viewer-${name}`);
  } catch {
    return null;
  }
};
const remember = (name, value) => {
  try {
    localStorage.setItem(`viewer-${name}`, value);
  } catch {
    // Nothing is lost by it.
  }
};

const choose = (name, value) => {
  const input = reader.querySelector(`input[name="${name}"][value="${CSS.escape(value)}"]`);
  if (!input) return false;
  input.checked = true;
  return true;
};

// A larger picture is fetched only when it is looked at in that size.
const fetchSize = () => {
  if (!picture) return;
  const zoom = chosen("zoom");
  const wide = chosen("view") === "picture" ? "62rem" : "min(55vw, 54rem)";
  picture.sizes = zoom === "fit" ? `(min-width: 60rem) ${wide}, 100vw` : `${Math.round((picture.width * Number(zoom)) / 100)}px`;
};

// The middle of a mark into the middle of its pane, or of the window where the pane does not scroll.
const bringIntoView = (element) => element?.scrollIntoView({ block: "center", inline: "center" });

const rankWanted = () => /^#match-(\d+)$/.exec(location.hash)?.[1];

const showMarks = () => {
  const rank = rankWanted();
  for (const mark of reader.querySelectorAll(".found-mark")) mark.classList.toggle("here", mark.dataset.rank === rank);
  for (const place of reader.querySelectorAll(".found-places a[data-here]")) {
    if (!place.hash.endsWith(`-${rank}`)) place.removeAttribute("aria-current");
    else place.setAttribute("aria-current", "true");
  }
  const list = reader.querySelector(".found-places");
  const listed = list?.querySelector("[aria-current]") ?? list?.querySelector("[data-here]");
  if (listed) list.scrollTop = listed.offsetTop - list.offsetTop - listed.offsetHeight;
  const selector = rank ? `[data-rank="${rank}"]` : ".quote-mark";
  const text = rank ? document.getElementById(`match-${rank}`) : document.getElementById("quote");
  if (text?.checkVisibility()) bringIntoView(text);
  const onPicture = pane?.checkVisibility() && pane.querySelector(`.page-marks ${selector}`);
  if (onPicture) bringIntoView(onPicture.firstElementChild);
};

const zoomBy = (step) => {
  const place = SIZES.indexOf(chosen("zoom")) + step;
  if (place < 0 || place >= SIZES.length) return;
  choose("zoom", SIZES[place]);
  keepZoom();
};

const keepZoom = () => {
  remember("zoom", chosen("zoom"));
  fetchSize();
  showMarks();
};

const keepView = () => {
  remember(narrow.matches ? "view-narrow" : "view", chosen("view"));
  fetchSize();
  showMarks();
};

const key = (event) => {
  const typing = event.target.closest?.('input:not([type="radio"]), textarea, select, dialog');
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.isComposing || typing) return;
  // On some keyboards the brackets are typed with Alt.
  const page = STEP[event.key] && reader.querySelector(`a[rel="${STEP[event.key]}"]`);
  if (page) page.click();
  else if (event.altKey || !picture) return;
  else if (event.key === "+" || event.key === "=") zoomBy(1);
  else if (event.key === "-") zoomBy(-1);
  else return;
  event.preventDefault();
};

const watchPicture = () => {
  let tries = 1;
  const failed = () => {
    if (tries >= TRIES) {
      reader.classList.add("no-picture");
      choose("view", "text");
      document.getElementById("picture-failed").hidden = false;
      showMarks();
      return;
    }
    tries += 1;
    setTimeout(() => {
      picture.removeAttribute("srcset"); // the smallest is the likeliest to be at hand
      picture.src = `${picture.src.split("&")[0]}&again=${tries}`;
    }, PAUSE);
  };
  picture.addEventListener("error", failed);
  if (picture.complete && picture.naturalWidth === 0 && picture.currentSrc) failed();
};

const start = () => {
  const view = remembered(narrow.matches ? "view-narrow" : "view");
  if (view) choose("view", view);
  choose("zoom", remembered("zoom") ?? "fit");
  fetchSize();
  if (picture) watchPicture();
  reader.addEventListener("change", ({ target }) => {
    if (target.name === "zoom") keepZoom();
    if (target.name === "view") keepView();
  });
  narrow.addEventListener("change", showMarks);
  addEventListener("hashchange", showMarks);
  document.addEventListener("keydown", key);
  showMarks();
};

if (reader) start();
